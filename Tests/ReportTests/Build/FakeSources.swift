import Foundation
import Plot
import Synchronization

@testable import Build
@testable import Engine
@testable import Figures
@testable import Models
@testable import Traces
@testable import Words

/// Numbers made up from the request, and a count of how often they were asked for.
///
/// A prompt "broken" has none, and "broken for two" has none of the model Two. Watched words that begin with "several" are
/// several tokens.
final class FakeTraces: NumbersSource {
  fileprivate let asked = Mutex<[[String]]>([])
  /// What happens while the model "runs".
  let during = Mutex<(@Sendable () -> Void)?>(nil)
  /// Prompts of every call.
  var calls: [[String]] { asked.withLock { $0 } }

  func traces(
    of model: ResolvedModel, _ requests: [TraceRequest], states: CapturedStates?,
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [Result<Trace, Diagnostic>] {
    asked.withLock { $0.append(requests.map(\.prompt)) }
    during.withLock { $0?() }
    return requests.map { request in
      guard request.prompt != "broken", request.prompt != "broken for \(model.name.lowercased())" else {
        return .failure(Diagnostic(place: model.name, "this prompt cannot be run", category: .badInput))
      }
      return .success(
        Trace(
          model: Trace.Model(
            name: model.name, architecture: "Fake", layers: 1, width: 2, vocabulary: 3, weights: "F32",
            sha256: model.sha256, license: model.license, source: model.source),
          lens: Trace.Lens(kind: .logit, norm: request.norm), prompt: request.prompt, promptLength: 1,
          method: request.method,
          tokens: [.init(id: 0, text: request.prompt, bytes: nil), .init(id: 1, text: " out", bytes: nil)],
          rows: [.init(layer: 0, point: .embedding), .init(layer: 0, point: .block)],
          columns: [.init(position: 0, target: 1)], rank: [[2], [1]], logprob: [[-1], [-0.5]],
          top: .init(k: 1, ids: [[[0]], [[1]]], logprobs: [[[-0.5]], [[-0.5]]]), watch: [], entropy: [[0.8], [0.8]],
          kl: [[0.1], [0]], texts: [0: .text(request.prompt), 1: .text(" out")]))
    }
  }
}

extension FakeTraces {
  func watchProblems(of model: ResolvedModel, _ requests: [TraceRequest]) throws -> [Diagnostic?] {
    requests.map { request in
      let words = request.watch.map(\.name).filter { $0.hasPrefix("several") }
      return words.isEmpty
        ? nil
        : Diagnostic(place: model.name, "\(words.joined(separator: " and ")) cannot be watched", category: .badInput)
    }
  }

  func summary(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> DatasetSummary {
    asked.withLock { $0.append([request.name]) }
    if let item = request.items.first(where: { $0.prompt == "broken" }) {
      throw DatasetError(faults: [.init(line: item.line, message: "this prompt cannot be run", hints: [])])
    }
    return SampleSummaries.summary(request, model: model.name)
  }
}

/// Figures without content, and a count of those rendered.
///
/// The kind "token-ranks" cannot be drawn.
final class FakeFigures: FigureSource {
  private let rendered = Mutex<[String]>([])
  let fingerprint: String
  /// Formats of every file rendered.
  var calls: [String] { rendered.withLock { $0 } }

  init(fingerprint: String = "fonts") {
    self.fingerprint = fingerprint
  }

  func draw(
    _ kind: String, _ numbers: [Numbers], options: [String: OptionValue], style: FigureStyle
  ) throws -> DrawnFigure {
    if kind == "token-ranks" { throw Diagnostic("nothing is watched", category: .badInput) }
    let scene = Scene(size: Size(100, 50), title: kind, description: kind, items: [])
    return DrawnFigure(
      scene: scene, title: "Title of \(kind)",
      caption: "Caption for \(numbers.map(\.model.name).joined(separator: ", ")).",
      alt: "Alt for \(numbers[0].trace?.prompt ?? options["by"]?.spelled ?? "").")
  }

  func render(_ figure: DrawnFigure, format: String, id: String) throws -> Data {
    rendered.withLock { $0.append(format) }
    return Data("\(format) \(figure.caption) \(figure.alt)".utf8)
  }
}
