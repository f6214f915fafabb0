import Engine
import Foundation
import Plot

/// A trace and the file of the gallery that holds it.
struct WrittenTrace: Sendable {
  var trace: Trace
  var file: GalleryManifest.File
}

/// Draws the figures of a plan, each only when something it depends on has changed.
struct FigureStage {
  let plan: Plan
  let spec: ReportSpec
  let source: any FigureSource
  let folder: URL
  let progress: ProgressHandler?

  /// What came of the figures.
  struct Outcome {
    var figures: [GalleryManifest.Figure] = []
    var failures: [GalleryManifest.Failure] = []
    var scenes: [String: Scene] = [:]
    var record: [String: BuildRecord.Figure] = [:]
    var drawn = 0
  }

  /// What a figure's files depend on.
  private struct Key: Encodable {
    var program = StrataVersion.program
    var fingerprint: String
    var kind: String
    var options: [String: OptionValue]
    var style: String
    var formats: [String]
    /// Digest of the trace's file.
    var trace: String
  }

  /// Draws into the folder.
  ///
  /// - Parameters:
  ///   - traces: In the order of the plan's cells, with the files they were written to.
  ///   - earlier: What an earlier build left.
  func run(
    _ traces: [Result<WrittenTrace, Diagnostic>], earlier: BuildRecord
  ) throws -> Outcome {
    var outcome = Outcome()
    for figure in plan.figures {
      let cell = plan.cells[figure.cell]
      switch traces[figure.cell] {
      case .failure(let problem):
        outcome.failures.append(failure(figure, cell, problem))
      case .success(let own):
        do {
          try draw(figure, cell, own, earlier: earlier, into: &outcome)
        } catch let problem where Diagnostic.one(from: problem).category != .cannotWrite {
          let problem = Diagnostic.one(from: problem)
          outcome.failures.append(failure(figure, cell, problem))
          progress?(.failed(what: figure.id, message: problem.explanation))
        }
      }
    }
    return outcome
  }

  private func draw(
    _ figure: Plan.Figure, _ cell: Plan.Cell, _ own: WrittenTrace, earlier: BuildRecord, into outcome: inout Outcome
  ) throws {
    let wanted = spec.figures[figure.figure]
    let drawn = try source.draw(
      wanted.kind, own.trace, options: wanted.options, style: spec.style)
    let key = ContentKey.of(
      Key(
        fingerprint: source.fingerprint, kind: wanted.kind, options: wanted.options, style: "\(spec.style)",
        formats: spec.output.figures, trace: own.file.sha256))
    let files = try render(drawn, id: figure.id, key: key, earlier: earlier, into: &outcome)
    outcome.figures.append(
      GalleryManifest.Figure(
        id: figure.id, group: figure.group, kind: wanted.kind, prompt: spec.prompts[cell.prompt].id,
        model: spec.models[cell.model].name, title: drawn.title, caption: drawn.caption, alt: drawn.alt,
        lens: own.trace.lens, compute: own.trace.compute, width: drawn.scene.size.width,
        height: drawn.scene.size.height, files: files.merging(["trace": own.file]) { first, _ in first },
        output: own.trace.outputText))
  }

  /// Writes a figure in every format, unless the files of an earlier build are as they should be.
  func render(
    _ drawn: DrawnFigure, id: String, key: String, earlier: BuildRecord, into outcome: inout Outcome
  ) throws -> [String: GalleryManifest.File] {
    var record = BuildRecord.Figure(key: key, files: [:])
    if let known = earlier.figures[id], known.key == key, known.files.values.allSatisfy(isIntact) {
      record = known
      progress?(.drawn(figure: id, cached: true))
    } else {
      for format in spec.output.figures {
        let data = try source.render(drawn, format: format, id: id)
        let path = "figures/\(id).\(format)"
        try AtomicFile.write(data, to: folder.appending(path: path))
        record.files[format] = GalleryManifest.File(
          path: path, bytes: data.count, sha256: SHA256.hex(of: data))
      }
      outcome.drawn += 1
      progress?(.drawn(figure: id, cached: false))
    }
    outcome.record[id] = record
    outcome.scenes[id] = drawn.scene
    return record.files
  }

  private func isIntact(_ file: GalleryManifest.File) -> Bool {
    guard let data = try? Data(contentsOf: folder.appending(path: file.path)) else { return false }
    return data.count == file.bytes && SHA256.hex(of: data) == file.sha256
  }

  private func failure(
    _ figure: Plan.Figure, _ cell: Plan.Cell, _ problem: Diagnostic
  ) -> GalleryManifest.Failure {
    GalleryManifest.Failure(
      prompt: spec.prompts[cell.prompt].id, model: spec.models[cell.model].name, group: figure.group,
      message: problem.message)
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
