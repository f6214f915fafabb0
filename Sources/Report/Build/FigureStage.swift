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

/// A trace and the file of the gallery that holds it.
struct WrittenTrace: Sendable {
  var trace: Trace
  var file: FileRecord
}

/// Draws the figures of a plan, each only when something it depends on has changed.
struct FigureStage {
  let plan: Plan
  let spec: ReportSpec
  let source: any FigureSource
  let folder: URL
  let threads: Int
  let progress: ProgressHandler?

  /// What is written for a figure: what the spec names, and a small picture where there is a page to show it.
  private var formats: [String] { spec.output.writtenFormats }

  /// What came of the figures.
  struct Outcome {
    var figures: [GalleryManifest.Figure] = []
    var failures: [GalleryManifest.Failure] = []
    var scenes: [String: Scene] = [:]
    /// What the page tells beside each figure.
    var details: [String: FigureDetail] = [:]
    var record: [String: BuildRecord.Figure] = [:]
    /// Ids of figures drawn now.
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
    /// Whether they were written now.
    var isNew: Bool
  }

  /// What came of one figure of a trace.
  private enum Answer: Sendable {
    case made(Rendered, GalleryManifest.Figure)
    /// With what those who wait have not heard yet.
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
    /// Digests of the traces' files.
    var traces: [String]

    var reasons: BuildReasons {
      BuildReasons([
        "the program": program, "fonts or libraries": fingerprint, "its kind": kind,
        "its options": ContentKey.of(options), "the style": ContentKey.of(style),
        "the formats": formats.joined(separator: " "),
        "its numbers": traces.joined(separator: " "),
      ])
    }
  }

  /// Draws into the folder, several figures at a time; what is told and returned is in the order of the plan.
  ///
  /// - Parameters:
  ///   - traces: In the order of the plan's cells, with the files they were written to.
  ///   - earlier: What an earlier build left.
  func run(
    _ traces: [Result<WrittenTrace, Diagnostic>], earlier: BuildRecord
  ) throws -> Outcome {
    let fingerprint = plan.figures.isEmpty ? "" : source.fingerprint
    let stopped = Atomic<Bool>(false)
    let answers = Parallel.map(plan.figures.count, threads: threads, inOrder: { tell($1) }) { index -> Answer in
      guard !stopped.load(ordering: .relaxed) else { return .skipped }
      let figure = plan.figures[index]
      var own: [WrittenTrace] = []
      for cell in figure.cells {
        switch traces[cell] {
        case .failure(let problem): return .failed(failure(figure, problem), told: nil)
        case .success(let trace): own.append(trace)
        }
      }
      do {
        return try draw(figure, own, fingerprint: fingerprint, earlier: earlier)
      } catch {
        let problem = Diagnostic.one(from: error)
        guard problem.category == .cannotWrite else {
          return .failed(failure(figure, problem), told: .failed(what: figure.id, message: problem.explanation))
        }
        stopped.store(true, ordering: .relaxed)
        return .stopped(error)
      }
    }
    var outcome = Outcome()
    for answer in answers {
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
    _ figure: Plan.Figure, _ own: [WrittenTrace], fingerprint: String, earlier: BuildRecord
  ) throws -> Answer {
    let wanted = spec.figures[figure.figure]
    let drawn = try source.draw(
      wanted.kind, own.map(\.trace), options: wanted.options, style: spec.style)
    let key = Key(
      fingerprint: fingerprint, kind: wanted.kind, options: wanted.options, style: spec.style, formats: formats,
      traces: own.map(\.file.sha256))
    let rendered = try render(drawn, id: figure.id, key: ContentKey.of(key), reasons: key.reasons, earlier: earlier)
    return .made(
      rendered,
      GalleryManifest.Figure(
        id: figure.id, group: figure.group, kind: wanted.kind, prompt: prompt(of: figure), model: models(of: figure),
        models: figure.cells.map { spec.models[plan.cells[$0].model].name },
        title: drawn.title, caption: drawn.caption, alt: drawn.alt,
        lens: own[0].trace.lens, compute: own[0].trace.compute, width: drawn.scene.size.width,
        height: drawn.scene.size.height,
        files: own.count == 1
          ? rendered.record.files.merging(["trace": own[0].file]) { first, _ in first } : rendered.record.files,
        output: own.count == 1 ? own[0].trace.outputText : nil))
  }

  /// Writes a figure in every format, unless the files of an earlier build are as they should be.
  func render(
    _ drawn: DrawnFigure, id: String, key: String, reasons: BuildReasons? = nil, earlier: BuildRecord
  ) throws -> Rendered {
    if let known = earlier.figures[id], known.key == key, known.files.values.allSatisfy({ $0.isIntact(in: folder) }) {
      return Rendered(record: known, figure: drawn, isNew: false)
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

  private func failure(_ figure: Plan.Figure, _ problem: Diagnostic) -> GalleryManifest.Failure {
    GalleryManifest.Failure(
      prompt: prompt(of: figure), model: models(of: figure), group: figure.group, message: problem.message)
  }

  private func prompt(of figure: Plan.Figure) -> String {
    figure.cells.first.map { spec.prompts[plan.cells[$0].prompt].id } ?? ""
  }

  private func models(of figure: Plan.Figure) -> String {
    figure.cells.map { spec.models[plan.cells[$0].model].name }.joined(separator: ", ")
  }
}

extension Trace {
  /// The exact text after the prompt, as far as it is whole UTF-8; nil when there is none.
  var outputText: String? {
    let after = tokens.dropFirst(promptLength)
    guard !after.isEmpty else { return nil }
    let bytes = after.flatMap { token -> [UInt8] in
      if let text = token.text { return Array(text.utf8) }
      let hex = Array((token.bytes ?? "").utf8)
      return stride(from: 0, to: hex.count - 1, by: 2).compactMap {
        UInt8(String(decoding: hex[$0...$0 + 1], as: UTF8.self), radix: 16)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
