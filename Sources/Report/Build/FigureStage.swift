import Engine
import Figures
import Files
import Foundation
import Gallery
import Plot
import Spec
import Synchronization
import Threads
import Traces
import Words

/// Numbers and the files of the gallery that hold them.
struct WrittenNumbers: Sendable {
  var numbers: CellNumbers
  var json: FileRecord
  /// The same as a table; nil for a trace.
  var csv: FileRecord?
  /// The surprisal of the words of a corpus; nil where nobody asked.
  var words: FileRecord?
  /// Why the watched words are left out of a trace; nil when nothing is.
  var unwatched: Diagnostic?

  var files: [FileRecord] { [json] + [csv, words].compactMap(\.self) }
}

/// Draws the figures of a plan, each only when something it depends on has changed.
struct FigureStage: BuildStage {
  let plan: Plan
  let spec: ReportSpec
  let source: any FigureSource
  let folder: URL
  let threads: Int
  let progress: ProgressHandler?

  /// What is written for a figure: what the spec names, and a small picture where there is a page to show it.
  var formats: [String] { spec.output.writtenFormats }

  /// The inputs of figures.
  struct Input {
    /// In the order of the plan's cells.
    var numbers: [Result<WrittenNumbers, Diagnostic>]
    /// The record of an earlier build.
    var earlier: BuildRecord
  }

  /// The result of the stage.
  struct Outcome {
    var figures: [GalleryManifest.Figure] = []
    var failures: [GalleryManifest.Failure] = []
    var scenes: [String: Scene] = [:]
    /// What the page shows beside each figure; empty where it is made again for each page.
    var details: [String: FigureDetail] = [:]
    /// Makes what `details` lacks; nil where it lacks nothing.
    var detailsAgain: (@Sendable (_ id: String) throws -> FigureDetail)?
    var record: [String: BuildRecord.Figure] = [:]
    /// What authors should know about entries of the spec, each once, with its place.
    var notes: [String] = []
    /// Ids of figures that this build drew.
    var isNew: Set<String> = []
    var drawn: Int { isNew.count }

    /// Adds a figure that is in the folder now.
    mutating func add(_ rendered: Rendered, _ figure: GalleryManifest.Figure, keepsDetail: Bool) {
      figures.append(figure)
      record[figure.id] = rendered.record
      if rendered.isNew { isNew.insert(figure.id) }
      guard keepsDetail else { return }
      if rendered.redraw != nil { scenes[figure.id] = rendered.figure.scene }
      var detail = FigureDetail(rendered.figure, id: figure.id, hasLatex: figure.files["tex"] != nil)
      detail.redraw = rendered.redraw
      details[figure.id] = detail
    }
  }

  /// A figure whose files are in the folder.
  struct Rendered: Sendable {
    var record: BuildRecord.Figure
    var figure: DrawnFigure
    /// Whether this build wrote them.
    var isNew: Bool
    /// Lays the figure out again at another size; nil where there is no report, which alone draws figures once more.
    var redraw: (@Sendable (Size) throws -> DrawnFigure)?
  }

  /// The result of one figure.
  private enum Answer: Sendable {
    /// A figure, and what is missing in it.
    case made(Rendered, GalleryManifest.Figure, missing: [GalleryManifest.Failure])
    /// A drawing failure, with messages that progress has not shown yet.
    case failed(GalleryManifest.Failure, told: ProgressEvent?)
    /// Nothing can be written.
    case stopped(any Error)
    case skipped
  }

  /// What a figure's files depend on.
  private struct Key: Encodable {
    var program = StrataVersion.program
    var fingerprint: String
    var kind: String
    var options: [String: OptionValue]
    var style: FigureStyle
    var formats: [String]
    /// The author's words and label, which are in some formats; nil without any.
    var words: [String]?
    /// Digests of the files of its numbers.
    var numbers: [String]
    /// Names of models that the caption says are missing; nil for none.
    var missing: [String]?

    var reasons: BuildReasons {
      let own = words.map { ["its words": ContentKey.of($0)] } ?? [:]
      return BuildReasons(
        own.merging([
          "the program": program, "fonts or libraries": fingerprint, "its kind": kind,
          "its options": ContentKey.of(options), "the style": ContentKey.of(style),
          "the formats": formats.joined(separator: " "),
          "its numbers": numbers.joined(separator: " "),
        ]) { $1 })
    }
  }

  /// Draws into the folder, several figures at a time.
  ///
  /// Progress and results have the order of the plan.
  ///
  /// - Throws: The errors of writing a file.
  func run(_ input: Input) throws -> Outcome {
    let fingerprint = plan.figures.isEmpty ? "" : source.fingerprint
    let stopped = Atomic<Bool>(false)
    let variants = FigureVariants(plan, spec)
    let answers = Parallel.map(plan.figures.count, threads: threads, inOrder: { tell($1) }) { index -> Answer in
      guard !stopped.load(ordering: .relaxed) else { return .skipped }
      let figure = plan.figures[index]
      let (own, cells, missing) = drawable(figure, input.numbers)
      guard !own.isEmpty else {
        guard let first = missing.first, !figure.subject.isDataset else { return .skipped }
        return .failed(failure(figure, first.problem), told: nil)
      }
      do {
        return try draw(
          figure, own, of: cells, without: missing, variant: variants.of(figure), fingerprint: fingerprint,
          earlier: input.earlier)
      } catch {
        var problem = Diagnostic.one(from: error)
        if let first = missing.first, problem.category != .cannotWrite {
          problem.message =
            "\(first.problem.message); without \(Wording.enumeration(names(of: missing.map(\.cell)))): \(problem.message)"
        }
        if case .nothingToShow? = error as? FigureError, hasMasks(figure.subject, input.numbers) {
          problem.hints.append(
            "the prompt has masks for another model, which writes no text: give each a prompt of its own, and name both "
              + "(prompts: [ID], models: [NAME]) in figures")
        }
        guard problem.category == .cannotWrite else {
          return .failed(
            failure(figure, problem, cells), told: .failed(what: figure.id, message: problem.explanation))
        }
        stopped.store(true, ordering: .relaxed)
        return .stopped(error)
      }
    }
    var outcome = Outcome()
    var noted: Set<String> = []
    let firstOfDatasets = plan.figures.firstIndex { $0.subject.isDataset } ?? plan.figures.count
    for (index, answer) in answers.enumerated() {
      if index == firstOfDatasets { outcome.failures += datasetFailures(input.numbers) }
      switch answer {
      case .made(let rendered, let figure, let missing):
        // The LaTeX folder needs the floats of all figures.
        outcome.add(rendered, figure, keepsDetail: !isLean || spec.output.latex != nil)
        outcome.failures += missing
        let wanted = spec.figures[plan.figures[index].figure]
        for note in rendered.figure.notes {
          // Figures of one entry differ in their sizes; its first one tells what is to be done.
          guard noted.insert("\(plan.figures[index].figure) \(note.prefix { $0 != ":" && !$0.isNumber })").inserted
          else { continue }
          outcome.notes.append("note: \(wanted.place): \(figure.id): \(note)")
        }
      case .failed(let failure, _): outcome.failures.append(failure)
      case .stopped(let error): throw error
      case .skipped: break
      }
    }
    outcome.failures += unusedWords(input.numbers)
    if isLean { outcome.detailsAgain = details(input.numbers) }
    for note in outcome.notes { progress?(.note(note)) }
    return outcome
  }

  private func tell(_ answer: Answer) {
    switch answer {
    case .made(let rendered, let figure, _): progress?(.drawn(figure: figure.id, cached: !rendered.isNew))
    case .failed(_, let event?): progress?(event)
    case .failed, .stopped, .skipped: break
    }
  }

  private func draw(
    _ figure: Plan.Figure, _ own: [WrittenNumbers], of cells: [Int],
    without missing: [(cell: Int, problem: Diagnostic)], variant: String?, fingerprint: String, earlier: BuildRecord
  ) throws -> Answer {
    let wanted = spec.figures[figure.figure]
    let shown = try own.map { try $0.numbers.read() }
    let drawing = drawing(figure, of: cells, without: missing.map(\.cell))
    let (style, models, called, absent) = (drawing.style, drawing.models, drawing.called, drawing.absent)
    let drawn = try drawing.layOut(shown, style)
    let words =
      (wanted.title.map { _ in [drawn.title] } ?? []) + (wanted.caption.map { _ in [drawn.caption] } ?? [])
      + [figure.label].compactMap(\.self)
    let key = Key(
      fingerprint: fingerprint, kind: wanted.kind, options: wanted.options, style: style, formats: formats,
      words: words.isEmpty ? nil : words, numbers: own.map(\.json.sha256), missing: absent.isEmpty ? nil : absent)
    var rendered = try render(drawn, id: figure.id, key: ContentKey.of(key), reasons: key.reasons, earlier: earlier)
    if spec.output.report {
      let stored = own.map(\.numbers)
      rendered.redraw = { size in
        var other = style
        (other.width, other.height) = (size.width, size.height)
        return try drawing.layOut(stored.map { try $0.read() }, other)
      }
    } else {
      // Thousands of drawings would take most of the memory.
      (rendered.figure.scene.items, rendered.figure.scene.grids) = ([], [])
    }
    let trace = own.count == 1 ? shown[0].trace : nil
    if isLean { rendered.figure = spec.output.latex == nil ? drawn.notesAlone : drawn.withoutListing }
    return .made(
      rendered,
      GalleryManifest.Figure(
        id: figure.id, group: figure.group, kind: wanted.kind, prompt: spec.id(of: figure.subject),
        model: figure.subject.isDataset ? Wording.enumeration(models) : called.joined(separator: ", "), models: models,
        title: drawn.title, variant: wanted.title == nil ? variant : nil, caption: drawn.caption, alt: drawn.alt,
        lens: shown[0].lens,
        lenses: Set(shown.map { ContentKey.of($0.lens) }).count == 1 ? nil : shown.map(\.lens),
        compute: shown[0].compute, width: drawn.scene.size.width,
        height: drawn.scene.size.height,
        files: trace == nil
          ? rendered.record.files : rendered.record.files.merging(["trace": own[0].json]) { first, _ in first },
        output: trace?.outputText, finding: drawn.finding),
      missing: figure.subject.isDataset
        ? []
        : missing.map { cell, problem in
          GalleryManifest.Failure(
            prompt: spec.id(of: figure.subject), model: names(of: [cell]).joined(), group: figure.group,
            message: problem.message, isAbsent: problem.isOfAbsence)
        })
  }

  /// Writes a figure in every format, unless the files of an earlier build are still correct.
  private func render(
    _ drawn: DrawnFigure, id: String, key: String, reasons: BuildReasons, earlier: BuildRecord
  ) throws -> Rendered {
    // What the earlier record says is used only as far as this build can check it.
    if let known = earlier.figures[id], known.key == key, Set(known.files.keys) == Set(formats),
      known.files.values.allSatisfy({ $0.isIntact(in: folder) })
    {
      return Rendered(
        record: BuildRecord.Figure(key: key, files: known.files, reasons: reasons), figure: drawn, isNew: false)
    }
    var record = BuildRecord.Figure(key: key, files: [:], reasons: reasons)
    for format in formats {
      let data = try source.render(drawn, format: format, id: id)
      let path = "figures/\(source.fileName(id, format: format))"
      try AtomicFile.replace(OwnFolder(folder).place(path), with: data, durable: .later)
      record.files[format] = FileRecord(path: path, bytes: data.count, sha256: SHA256.hex(of: data))
    }
    return Rendered(record: record, figure: drawn, isNew: true)
  }

  /// A figure that could not be drawn.
  ///
  /// It names all models of a prompt, or the first model of a dataset that has numbers.
  private func failure(
    _ figure: Plan.Figure, _ problem: Diagnostic, _ cells: [Int] = []
  ) -> GalleryManifest.Failure {
    let shown = figure.subject.isDataset ? Array(cells.prefix(1)) : figure.cells
    return GalleryManifest.Failure(
      prompt: spec.id(of: figure.subject), model: names(of: shown).joined(separator: ", "), group: figure.group,
      message: problem.message, isAbsent: problem.isOfAbsence)
  }

  /// Cells of datasets without numbers: their figures show the other models.
  private func datasetFailures(_ numbers: [Result<WrittenNumbers, Diagnostic>]) -> [GalleryManifest.Failure] {
    zip(plan.cells, numbers).compactMap { cell, result in
      guard cell.subject.isDataset, case .failure(let problem) = result else { return nil }
      return GalleryManifest.Failure(
        prompt: spec.id(of: cell.subject), model: spec.models[cell.model].name, group: nil, message: problem.message,
        isAbsent: problem.isOfAbsence)
    }
  }

  /// Words that cannot be watched and that no figure shows: they fail nonetheless.
  private func unusedWords(_ numbers: [Result<WrittenNumbers, Diagnostic>]) -> [GalleryManifest.Failure] {
    let lacking = numbers.indices.filter { (try? numbers[$0].get())?.unwatched != nil }
    let shown = lacking.isEmpty ? [:] : plan.figuresOfWatched(spec)
    return lacking.compactMap { index in
      guard let problem = (try? numbers[index].get())?.unwatched, shown[index] == nil else { return nil }
      let id = spec.id(of: plan.cells[index].subject)
      return GalleryManifest.Failure(
        prompt: id, model: names(of: [index]).joined(), group: Slug.make(id) + "-watched-words",
        message: problem.message)
    }
  }

  /// Whether a model fills in masks of a prompt.
  private func hasMasks(_ subject: Subject, _ numbers: [Result<WrittenNumbers, Diagnostic>]) -> Bool {
    zip(plan.cells, numbers).contains { cell, result in
      guard cell.subject == subject, !subject.isDataset else { return false }
      return (try? result.get().numbers.read())?.trace?.masks != nil
    }
  }

  func names(of cells: [Int]) -> [String] { cells.map { spec.models[plan.cells[$0].model].name } }
}

extension Plan {
  /// Ids of the figures that show watched words, by the cells that they show.
  func figuresOfWatched(_ spec: ReportSpec) -> [Int: [String]] {
    let shows = spec.figures.map(\.showsWatched)
    var ids: [Int: [String]] = [:]
    for figure in figures where shows[figure.figure] {
      for cell in figure.cells { ids[cell, default: []].append(figure.id) }
    }
    return ids
  }
}

extension ReportSpec.Figure {
  /// Whether it shows watched words, or words that are compared, so that it would be another figure without them.
  var showsWatched: Bool {
    switch FigureKind.all.first(where: { $0.name == kind })?.schema.needs(with: options) {
    case .watchedTokens, .watchedPair, .watched, .outputOrWatched, .attribution, .patching: true
    case .nothing, .outputText, .positions, .dataset, nil: false
    }
  }
}

extension Trace {
  /// The exact text after the prompt, as far as it is whole UTF-8; nil when there is none.
  var outputText: String? {
    if masks != nil {
      // What the model puts in the place of each mask.
      let choices = columns.compactMap(\.target).compactMap { id in
        if case .text(let text)? = self.text(of: id) { text } else { nil }
      }
      return choices.isEmpty ? nil : choices.joined(separator: ",")
    }
    let after = tokens.dropFirst(promptLength)
    guard !after.isEmpty else { return nil }
    let bytes = after.flatMap { token -> [UInt8] in
      if let text = token.text { return Array(text.utf8) }
      return Hex.bytes(token.bytes ?? "") ?? []
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
