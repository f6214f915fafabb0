import Figures
import Files
import Foundation
import Gallery
import Plot
import Spec
import Traces
import Words

/// A figure of a plan, ready to be laid out for the numbers of its cells.
struct FigureDrawing: Sendable {
  let source: any FigureSource
  let wanted: ReportSpec.Figure
  let style: FigureStyle
  let figure: Plan.Figure
  /// What the prompt or dataset is called.
  let title: String
  /// Names of the models that it shows, one by one.
  let models: [String]
  /// The same, with the checkpoints of a run under one name.
  let called: [String]
  /// Names of models that it lacks.
  let absent: [String]
  let hasLatex: Bool

  /// Lays it out in some style.
  ///
  /// - Throws: As `FigureSource.draw`.
  func layOut(_ shown: [Numbers], _ style: FigureStyle) throws -> DrawnFigure {
    var drawn = try source.draw(wanted.kind, shown, options: wanted.options, style: style)
    drawn.take(wanted, of: title, models: called, label: figure.label)
    if !absent.isEmpty {
      // What is drawn must not pass for all that the spec names.
      drawn.caption += " Without \(Wording.enumeration(absent)), for which these numbers are missing."
    }
    let longest = FigureFloat(drawn, id: figure.id).longestCaption
    if drawn.caption.count > longest, hasLatex {
      drawn.notes.append(
        "the caption has \(Wording.grouped(drawn.caption.count)) characters, and the page has room for about "
          + "\(Wording.grouped(longest)) below the figure: in LaTeX the rest is a paragraph behind the float; "
          + "give it a shorter caption, or less height")
    }
    return drawn
  }
}

extension FigureStage {
  /// Whether the numbers that a page lists are made again for each page: those of thousands of figures take most of the memory.
  ///
  /// A report and a single page show all figures together and have few.
  var isLean: Bool { !spec.output.report && plan.figures.count > Gallery.mostOnOnePage }

  /// The cells of a figure that have the numbers it needs, and why the others lack them.
  func drawable(
    _ figure: Plan.Figure, _ known: [Result<WrittenNumbers, Diagnostic>]
  ) -> (own: [WrittenNumbers], cells: [Int], missing: [(cell: Int, problem: Diagnostic)]) {
    var found: (own: [WrittenNumbers], cells: [Int], missing: [(cell: Int, problem: Diagnostic)]) = ([], [], [])
    for cell in figure.cells {
      switch numbers(known[cell], for: figure) {
      case .failure(let problem): found.missing.append((cell, problem))
      case .success(let numbers):
        found.own.append(numbers)
        found.cells.append(cell)
      }
    }
    return found
  }

  /// The numbers of a cell, if they are what a figure shows.
  private func numbers(
    _ found: Result<WrittenNumbers, Diagnostic>, for figure: Plan.Figure
  ) -> Result<WrittenNumbers, Diagnostic> {
    found.flatMap { numbers in
      guard let problem = numbers.unwatched, spec.figures[figure.figure].showsWatched else { return .success(numbers) }
      return .failure(problem)
    }
  }

  /// How a figure is drawn for the cells that it shows.
  func drawing(_ figure: Plan.Figure, of cells: [Int], without missing: [Int]) -> FigureDrawing {
    let wanted = spec.figures[figure.figure]
    let style = spec.style(of: wanted, models: cells.map { plan.cells[$0].model })
    let models = names(of: cells)
    return FigureDrawing(
      source: source, wanted: wanted, style: style, figure: figure, title: spec.title(of: figure.subject),
      models: models,
      // The checkpoints of a run have one name together.
      called: style.steps.map { ["\($0[0].run), \($0.phrase)"] } ?? models, absent: names(of: missing),
      hasLatex: formats.contains("tex"))
  }

  /// Lays figures out once more for what their pages show beside them.
  func details(
    _ numbers: [Result<WrittenNumbers, Diagnostic>]
  ) -> @Sendable (_ id: String) throws -> FigureDetail {
    let places = Dictionary(plan.figures.enumerated().map { ($1.id, $0) }) { first, _ in first }
    return { id in
      guard let place = places[id] else {
        throw Diagnostic(place: id, "no figure of the plan", category: .internalFault)
      }
      let figure = plan.figures[place]
      let (own, cells, missing) = drawable(figure, numbers)
      let drawing = drawing(figure, of: cells, without: missing.map(\.cell))
      return FigureDetail(
        try drawing.layOut(own.map { try $0.numbers.read() }, drawing.style), id: id, hasLatex: drawing.hasLatex)
    }
  }
}

extension DrawnFigure {
  /// Takes the author's words in place of its own.
  fileprivate mutating func take(_ wanted: ReportSpec.Figure, of subject: String, models: [String], label: String?) {
    let caption = wanted.caption?.filled { name in
      switch name {
      case .finding: finding
      case .caption: explanation
      case .layers: layersNote
      case .prompt: subject
      case .model: Wording.enumeration(models)
      }
    }
    if let title = wanted.title?.filled({ $0 == .prompt ? subject : nil }) { self.title = title }
    if let caption { self.caption = caption }
    // What is drawn must not pass for all layers.
    if let layersNote, let own = wanted.caption, !own.has(.layers), !own.has(.caption) {
      self.caption += " \(layersNote)"
    }
    self.label = label
  }
}

extension DrawnFigure {
  /// Without what a page lists beside the figure and without what is drawn.
  var withoutListing: DrawnFigure {
    var bare = self
    (bare.table, bare.readouts) = (FigureTable(heads: [], rows: []), [])
    (bare.scene.items, bare.scene.grids) = ([], [])
    return bare
  }

  /// Only what its author should know.
  var notesAlone: DrawnFigure {
    var bare = withoutListing
    (bare.title, bare.caption, bare.alt, bare.explanation, bare.finding) = ("", "", "", "", nil)
    (bare.sources, bare.modelDetails, bare.layersNote) = ([], [], nil)
    return bare
  }
}
