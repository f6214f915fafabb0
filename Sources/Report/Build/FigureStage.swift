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
  var numbers: Numbers
  var json: FileRecord
  /// The same as a table; nil for a trace.
  var csv: FileRecord?

  var files: [FileRecord] { [json] + (csv.map { [$0] } ?? []) }
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
  private var formats: [String] { spec.output.writtenFormats }

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
    /// What the page shows beside each figure.
    var details: [String: FigureDetail] = [:]
    var record: [String: BuildRecord.Figure] = [:]
    /// Ids of figures that this build drew.
    var isNew: Set<String> = []
    var drawn: Int { isNew.count }

    /// Adds a figure that is in the folder now.
    mutating func add(_ rendered: Rendered, _ figure: GalleryManifest.Figure) {
      figures.append(figure)
      record[figure.id] = rendered.record
      scenes[figure.id] = rendered.figure.scene
      details[figure.id] = FigureDetail(rendered.figure, id: figure.id, hasLatex: figure.files["tex"] != nil)
      if rendered.isNew { isNew.insert(figure.id) }
    }
  }

  /// A figure whose files are in the folder.
  struct Rendered: Sendable {
    var record: BuildRecord.Figure
    var figure: DrawnFigure
    /// Whether this build wrote them.
    var isNew: Bool
  }

  /// The result of one figure.
  private enum Answer: Sendable {
    case made(Rendered, GalleryManifest.Figure)
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
      // A figure of a dataset shows the models that have numbers. A figure of a prompt needs numbers of all its models.
      var own: [WrittenNumbers] = []
      var cells: [Int] = []
      for cell in figure.cells {
        switch input.numbers[cell] {
        case .failure(let problem) where !figure.subject.isDataset:
          return .failed(failure(figure, problem), told: nil)
        case .failure: break
        case .success(let numbers):
          own.append(numbers)
          cells.append(cell)
        }
      }
      guard !own.isEmpty else { return .skipped }
      do {
        return try draw(
          figure, own, of: cells, variant: variants.of(figure), fingerprint: fingerprint, earlier: input.earlier)
      } catch {
        let problem = Diagnostic.one(from: error)
        guard problem.category == .cannotWrite else {
          return .failed(
            failure(figure, problem, cells), told: .failed(what: figure.id, message: problem.explanation))
        }
        stopped.store(true, ordering: .relaxed)
        return .stopped(error)
      }
    }
    var outcome = Outcome()
    let firstOfDatasets = plan.figures.firstIndex { $0.subject.isDataset } ?? plan.figures.count
    for (index, answer) in answers.enumerated() {
      if index == firstOfDatasets { outcome.failures += datasetFailures(input.numbers) }
      switch answer {
      case .made(let rendered, let figure): outcome.add(rendered, figure)
      case .failed(let failure, _): outcome.failures.append(failure)
      case .stopped(let error): throw error
      case .skipped: break
      }
    }
    return outcome
  }

  private func tell(_ answer: Answer) {
    switch answer {
    case .made(let rendered, let figure): progress?(.drawn(figure: figure.id, cached: !rendered.isNew))
    case .failed(_, let event?): progress?(event)
    case .failed, .stopped, .skipped: break
    }
  }

  private func draw(
    _ figure: Plan.Figure, _ own: [WrittenNumbers], of cells: [Int], variant: String?, fingerprint: String,
    earlier: BuildRecord
  ) throws -> Answer {
    let wanted = spec.figures[figure.figure]
    let style = spec.style(of: wanted)
    let models = names(of: cells)
    var drawn = try source.draw(wanted.kind, own.map(\.numbers), options: wanted.options, style: style)
    drawn.take(wanted, of: spec.title(of: figure.subject), models: models, label: figure.label)
    let words =
      (wanted.title.map { _ in [drawn.title] } ?? []) + (wanted.caption.map { _ in [drawn.caption] } ?? [])
      + [figure.label].compactMap(\.self)
    let key = Key(
      fingerprint: fingerprint, kind: wanted.kind, options: wanted.options, style: style, formats: formats,
      words: words.isEmpty ? nil : words, numbers: own.map(\.json.sha256))
    let rendered = try render(drawn, id: figure.id, key: ContentKey.of(key), reasons: key.reasons, earlier: earlier)
    let trace = own.count == 1 ? own[0].numbers.trace : nil
    return .made(
      rendered,
      GalleryManifest.Figure(
        id: figure.id, group: figure.group, kind: wanted.kind, prompt: spec.id(of: figure.subject),
        model: figure.subject.isDataset ? Wording.enumeration(models) : models.joined(separator: ", "), models: models,
        title: drawn.title, variant: wanted.title == nil ? variant : nil, caption: drawn.caption, alt: drawn.alt,
        lens: own[0].numbers.lens, compute: own[0].numbers.compute, width: drawn.scene.size.width,
        height: drawn.scene.size.height,
        files: trace == nil
          ? rendered.record.files : rendered.record.files.merging(["trace": own[0].json]) { first, _ in first },
        output: trace?.outputText, finding: drawn.finding))
  }

  /// Writes a figure in every format, unless the files of an earlier build are still correct.
  private func render(
    _ drawn: DrawnFigure, id: String, key: String, reasons: BuildReasons, earlier: BuildRecord
  ) throws -> Rendered {
    if let known = earlier.figures[id], known.key == key, known.files.values.allSatisfy({ $0.isIntact(in: folder) }) {
      let record = BuildRecord.Figure(key: key, files: known.files, reasons: reasons)
      return Rendered(record: record, figure: drawn, isNew: false)
    }
    var record = BuildRecord.Figure(key: key, files: [:], reasons: reasons)
    for format in formats {
      let data = try source.render(drawn, format: format, id: id)
      let path = "figures/\(source.fileName(id, format: format))"
      try AtomicFile.write(data, to: folder.appending(path: path))
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
      message: problem.message)
  }

  /// Cells of datasets without numbers: their figures show the other models.
  private func datasetFailures(_ numbers: [Result<WrittenNumbers, Diagnostic>]) -> [GalleryManifest.Failure] {
    zip(plan.cells, numbers).compactMap { cell, result in
      guard cell.subject.isDataset, case .failure(let problem) = result else { return nil }
      return GalleryManifest.Failure(
        prompt: spec.id(of: cell.subject), model: spec.models[cell.model].name, group: nil, message: problem.message)
    }
  }

  private func names(of cells: [Int]) -> [String] { cells.map { spec.models[plan.cells[$0].model].name } }
}

extension DrawnFigure {
  /// Takes the author's words in place of its own.
  fileprivate mutating func take(_ wanted: ReportSpec.Figure, of subject: String, models: [String], label: String?) {
    let caption = wanted.caption?.filled { name in
      switch name {
      case .finding: finding
      case .caption: explanation
      case .prompt: subject
      case .model: Wording.enumeration(models)
      }
    }
    if let title = wanted.title?.filled({ $0 == .prompt ? subject : nil }) { self.title = title }
    if let caption { self.caption = caption }
    self.label = label
  }
}

extension Trace {
  /// The exact text after the prompt, as far as it is whole UTF-8; nil when there is none.
  var outputText: String? {
    let after = tokens.dropFirst(promptLength)
    guard !after.isEmpty else { return nil }
    let bytes = after.flatMap { token -> [UInt8] in
      if let text = token.text { return Array(text.utf8) }
      return Hex.bytes(token.bytes ?? "") ?? []
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
