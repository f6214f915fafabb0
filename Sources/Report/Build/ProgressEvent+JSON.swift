import Engine
import Foundation
import Traces
import Words

extension ProgressEvent {
  private struct Line: Encodable {
    var event: String
    var model: String?
    var prompt: String?
    var figure: String?
    var what: String?
    var message: String?
    var done: Int?
    var total: Int?
    var cached: Bool?
  }

  /// The event as one line of JSON, for programs: `event` names it, and its kind decides the other keys (docs/commands.md).
  public var json: String {
    let line =
      switch self {
      case .fetching(let model, let received, let total):
        Line(event: "fetching", model: model, done: received, total: total)
      case .fetched(let model, let bytes): Line(event: "fetched", model: model, total: bytes)
      case .running(let model, let done, let total): Line(event: "running", model: model, done: done, total: total)
      case .traced(let model, let prompt, let cached):
        Line(event: "traced", model: model, prompt: prompt, cached: cached)
      case .drawn(let figure, let cached): Line(event: "drawn", figure: figure, cached: cached)
      case .failed(let what, let message): Line(event: "failed", what: what, message: message)
      case .reason(let what, let why): Line(event: "reason", what: what, message: why)
      case .note(let text): Line(event: "note", message: text)
      }
    return JSONLine.text(line)
  }
}

/// Values as JSON on one line.
enum JSONLine {
  static func text(_ value: some Encodable) -> String {
    ((try? CompactJSON.data(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
  }
}
