import Engine
import Foundation
import Traces
import Words

/// How every setting of a model's files is used, as text and as JSON.
public struct SettingsTable {
  private let report: SettingsReport

  /// The settings of a model, fetched first unless `offline`.
  ///
  /// - Parameters:
  ///   - model: A reference as in a spec.
  ///   - accepted: Settings that may be left unfollowed.
  /// - Throws: `Diagnostic` or `EngineError` when the model is not available or its files cannot be read.
  public init(
    of model: String, accepting accepted: [String], store: ModelStore, base: URL, offline: Bool,
    progress: ProgressHandler?
  ) throws {
    let resolved = try store.resolve(written: model, base: base, offline: offline, progress: progress)
    report = try SettingsReport(path: resolved.url.path, options: ModelOptions(acceptedSettings: accepted))
    for note in report.notes { progress?(.note("note: \(note.place): \(note.message)")) }
  }

  /// Why the model cannot be opened; nil when it can.
  public var problem: (any Error)? { report.problem }

  /// A part for each file: a line for each setting with its value, how it is used, and why.
  public var text: String {
    var lines: [String] = []
    for path in report.accounts.map(\.path).uniqued {
      let accounts = report.accounts.filter { $0.path == path }
      lines += (lines.isEmpty ? [] : [""]) + [TokenDisplay.line(path)]
      let widths = (
        key: accounts.map { DisplayWidth.of($0.key) }.max() ?? 0,
        value: min(44, accounts.map { DisplayWidth.of($0.value) }.max() ?? 0)
      )
      for account in accounts {
        let line = [
          DisplayWidth.padded(TokenDisplay.line(account.key), to: widths.key),
          DisplayWidth.padded(TokenDisplay.line(account.value), to: widths.value),
          account.outcome.words,
        ]
        lines.append("  " + line.joined(separator: "  "))
      }
    }
    let counts = SettingAccount.Outcome.order.compactMap { name in
      let count = report.accounts.filter { $0.outcome.name == name }.count
      return count == 0 ? nil : "\(count) \(name)"
    }
    lines += ["", counts.joined(separator: ", ")]
    return lines.map { $0 + "\n" }.joined()
  }

  private struct Row: Encodable {
    var file: String
    var key: String
    var value: String
    var outcome: String
    var because: String?
  }

  /// The same as JSON.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let rows = report.accounts.map { account in
      Row(
        file: URL(fileURLWithPath: account.path).lastPathComponent, key: account.key, value: account.value,
        outcome: account.outcome.name, because: account.outcome.reason)
    }
    return String(decoding: try encoder.encode(rows), as: UTF8.self) + "\n"
  }
}

extension SettingAccount.Outcome {
  /// All names, in the order of the last line.
  fileprivate static let order = ["read", "ignored", "asks for nothing", "accepted", "refused"]

  fileprivate var name: String {
    switch self {
    case .read: "read"
    case .changesNothing: "ignored"
    case .asksForNothing: "asks for nothing"
    case .accepted: "accepted"
    case .refused: "refused"
    }
  }

  fileprivate var reason: String? {
    if case .changesNothing(let reason) = self { reason } else { nil }
  }

  fileprivate var words: String { reason.map { "\(name): \($0)" } ?? name }
}
