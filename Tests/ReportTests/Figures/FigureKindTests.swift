import Engine
import Foundation
import Plot
import TestSupport
import Testing
import Traces

@testable import Figures

extension FigureKind: CustomTestStringConvertible {
  /// Its name, in the list of test cases.
  public var testDescription: String { name }
}

/// Every kind on traces of every shape: what must hold for any figure.
@Suite struct FigureKindTests {
  /// A shape of trace and of page.
  struct Shape: CustomTestStringConvertible, Sendable {
    var layers: Int
    var columns: Int
    var venue: String
    var span = Theme.Span.full
    var missing = false
    var testDescription: String { "\(layers)x\(columns) \(venue) \(span.rawValue)\(missing ? " with gaps" : "")" }

    /// What a kind shows: a trace of this shape, or the summary of a dataset with as many layers.
    func numbers(for kind: FigureKind) -> [Numbers] {
      kind.needs == .dataset
        ? [.summary(SampleSummaries.summary(SampleSummaries.request(for: kind), model: "Sample 135M", layers: layers))]
        : [.trace(trace(columns: max(columns, kind.needs.positions ?? 1)).answering(kind))]
    }

    var trace: Trace { trace(columns: columns) }

    private func trace(columns: Int) -> Trace {
      SampleTraces.trace(
        layers: layers, columns: columns, vocabulary: 262_144, missing: missing, watch: [" is", "中文", " עברית", "\n"])
    }
  }

  static let shapes = [
    Shape(layers: 1, columns: 1, venue: "neurips"), Shape(layers: 1, columns: 40, venue: "neurips"),
    Shape(layers: 6, columns: 1, venue: "icml", span: .column),
    Shape(layers: 12, columns: 3, venue: "acl", span: .column),
    Shape(layers: 18, columns: 20, venue: "neurips"), Shape(layers: 30, columns: 26, venue: "nature", missing: true),
    Shape(layers: 12, columns: 200, venue: "neurips"), Shape(layers: 48, columns: 24, venue: "ieee"),
    Shape(layers: 96, columns: 60, venue: "acl"),
  ]

  @Test(arguments: FigureKind.all, shapes)
  func everythingLiesOnThePageAndCanBeRead(kind: FigureKind, shape: Shape) throws {
    let theme = try Theme(venue: shape.venue, span: shape.span)
    let scene = try kind.scene(shape.numbers(for: kind), options: kind.parse([:]), theme: theme)
    #expect(scene.size.width <= theme.width + 1e-6)
    #expect(scene.size.height <= theme.height * 1.1)
    for item in scene.items {
      let box: Rect
      switch item {
      case .rectangle(let rect, _, _, _): box = rect
      case .text(let run):
        #expect(run.font.size >= theme.smallestSize, "“\(run.text)” is set at \(run.font.size)")
        box = try SceneBoxes.box(of: run)
      default: continue
      }
      let isInside =
        box.x >= -0.01 && box.y >= -0.01 && box.maxX <= scene.size.width + 0.01
        && box.maxY <= scene.size.height + 0.01
      #expect(isInside, "\(item) leaves the page of \(scene.size)")
    }
  }

  @Test(arguments: FigureKind.all, shapes)
  func wordsDoNotOverlap(kind: FigureKind, shape: Shape) throws {
    let theme = try Theme(venue: shape.venue, span: shape.span)
    let scene = try kind.scene(shape.numbers(for: kind), options: kind.parse([:]), theme: theme)
    let boxes = try scene.items.compactMap { item -> (TextRun, Rect)? in
      guard case .text(let run) = item else { return nil }
      return (run, try SceneBoxes.box(of: run))
    }
    for (index, (run, box)) in boxes.enumerated() {
      for (other, otherBox) in boxes[(index + 1)...] {
        let overlaps =
          min(box.maxX, otherBox.maxX) - max(box.x, otherBox.x) > 0.3
          && min(box.maxY, otherBox.maxY) - max(box.y, otherBox.y) > 0.3
        #expect(!overlaps, "“\(run.text)” and “\(other.text)” overlap")
      }
    }
  }

  @Test(arguments: FigureKind.all)
  func numbersInCellsContrastWithTheirColour(kind: FigureKind) throws {
    let scene = try kind.scene(Self.shapes[4].numbers(for: kind), options: kind.parse([:]), theme: Theme())
    var checked = 0
    for (index, item) in scene.items.enumerated() {
      guard case .text(let run) = item else { continue }
      let place = run.rotation == 0 ? Point(run.origin.x + 0.5, run.origin.y - 0.5) : run.origin
      var background = Color.white
      for case .rectangle(let rect, let fill?, _, _) in scene.items[..<index]
      where rect.x < place.x && place.x < rect.maxX && rect.y < place.y && place.y < rect.maxY { background = fill }
      let (light, dark) = (
        max(background.luminance, run.color.luminance), min(background.luminance, run.color.luminance)
      )
      #expect((light + 0.05) / (dark + 0.05) >= 4.5, "“\(run.text)” on \(background)")
      checked += 1
    }
    #expect(checked > 20)
  }

  @Test(arguments: FigureKind.all)
  func everyFormatIsTheSameBytesTwiceAndThePDFIsSound(kind: FigureKind) throws {
    let numbers = Self.shapes[5].numbers(for: kind)
    let scene = try kind.scene(numbers, options: kind.parse([:]), theme: Theme())
    #expect(try kind.scene(numbers, options: kind.parse([:]), theme: Theme()) == scene)
    for format in OutputFormat.all {
      #expect(try format.render(scene) == format.render(scene))
    }
    let file = try TemporaryFile(try OutputFormat.named("pdf").render(scene), extension: "pdf")
    let check = try Tool.run("qpdf", ["--check", file.path])
    #expect(check.status == 0, "\(check.output)")
    let fonts = try Tool.run("pdffonts", [file.path]).output.split(separator: "\n").dropFirst(2)
    #expect(!fonts.isEmpty && fonts.allSatisfy { !$0.contains("Type 3") && $0.contains(/yes yes yes +\d+ +\d+$/) })
    #expect(try Tool.run("pdfimages", ["-list", file.path]).output.split(separator: "\n").count == 2)
  }

  @Test(arguments: FigureKind.all)
  func theWordsAroundAFigureAreSentencesThatNameTheModel(kind: FigureKind) throws {
    for shape in Self.shapes {
      let description = try kind.describe(shape.numbers(for: kind), options: kind.parse([:]))
      #expect(!description.title.hasSuffix(".") && !description.title.contains("\n"))
      #expect(description.caption.text.hasSuffix(".") && description.caption.text.contains("Sample 135M"))
      #expect(description.alt.hasSuffix(".") && description.alt.contains("Sample 135M"))
      #expect(description.figure.description == description.alt)
    }
  }

  @Test(arguments: FigureKind.all)
  func everyOptionIsExplainedAndItsStandardIsAValueItTakes(kind: FigureKind) throws {
    #expect(Set(kind.options.map(\.name)).count == kind.options.count)
    for option in kind.options {
      #expect(option.doc.hasSuffix("."))
      if let standard = option.standard { #expect(option.values.accept(standard) == standard) }
      #expect(throws: FigureError.self) { try kind.parse([option.name: .list([])]) }
    }
    let known = kind.options[0].name
    let error = #expect(throws: FigureError.self) { try kind.parse([known + "x": .flag(true)]) }
    #expect(error?.message == "unknown option '\(known)x' of \(kind.name)")
    #expect(error?.hints.first?.contains(known) == true)
  }

  /// Those that show traces.
  static let ofTraces = FigureKind.all.filter { $0.needs != .dataset }

  @Test(arguments: FigureKind.all)
  func numbersOfTheOtherSortAreAnError(kind: FigureKind) throws {
    let showsTraces = kind.needs != .dataset
    if showsTraces, kind.schema.showsDatasets {
      // A summary in which nothing was asked for.
      let error = #expect(throws: FigureError.self) {
        try kind.describe(Self.shapes[0].numbers(for: .datasetProfile), options: kind.parse([:]))
      }
      guard case .nothingToShow(kind.name, _, _, let hint)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(hint.contains("strata dataset --"))
      return
    }
    let other = Self.shapes[0].numbers(for: showsTraces ? .datasetProfile : .topTokens)
    #expect(throws: FigureError.wrongNumbers(kind: kind.name, expected: showsTraces ? .trace : .summary)) {
      try kind.describe(other, options: kind.parse([:]))
    }
    #expect(throws: FigureError.self) { try kind.describe([Numbers](), options: kind.parse([:])) }
  }

  @Test(arguments: ofTraces)
  func aTraceThatContradictsItselfIsAnError(kind: FigureKind) throws {
    var trace = Self.shapes[3].trace
    trace.rank.removeLast()
    #expect(throws: FigureError.badTrace(model: "Sample 135M", reason: "'rank': 12 rows, expected 13 as in 'rows'")) {
      try kind.describe(trace, options: kind.parse([:]))
    }
  }

  @Test(arguments: ofTraces)
  func aTraceOfNothingButTheEmbeddingIsAnErrorWhereThatIsLeftOut(kind: FigureKind) throws {
    var trace = SampleTraces.trace(layers: 1, columns: kind.needs.positions ?? 2, watch: [" is", " are"])
      .answering(kind)
    trace.rows.removeLast()
    trace.rank.removeLast()
    trace.logprob.removeLast()
    trace.top.ids.removeLast()
    trace.top.logprobs.removeLast()
    trace.entropy.removeLast()
    trace.kl.removeLast()
    for index in trace.watch.indices {
      trace.watch[index].rank.removeLast()
      trace.watch[index].logprob.removeLast()
    }
    _ = try kind.scene(trace, options: kind.parse([:]), theme: Theme())
    guard kind.options.contains(where: { $0.name == "embedding" }) else { return }
    #expect(throws: FigureError.self) { try kind.describe(trace, options: kind.parse(["embedding": .flag(false)])) }
  }

  @Test(arguments: FigureKind.all, ["neurips", "acl"])
  func figuresAreLaidOutAsBefore(kind: FigureKind, venue: String) throws {
    let numbers = kind.sample
    let scene = try kind.scene(numbers, options: kind.parse([:]), theme: Theme(venue: venue, span: .column))
    try Snapshot.expect(scene.snapshot, named: "figure-\(kind.name)-\(venue)")
  }
}
