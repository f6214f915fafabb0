import Traces

/// A problem as it is reported to the user: severity, place, message, advice.
public struct Diagnostic: Error, Equatable, Sendable {
  /// How bad it is.
  public enum Severity: String, Sendable {
    /// Something is not done.
    case error
    /// Everything is done.
    case warning
  }
  /// How bad it is.
  public var severity: Severity
  /// `report.yaml:12:5`, a path, or a model's name; nil where there is none.
  public var place: String?
  /// Lower case, no full stop; says what was expected and what was found.
  public var message: String
  /// What the user can do about it.
  public var hints: [String]
  /// Decides the exit code.
  public var category: ErrorCategory
  /// Whether a conversation of the spec, or the form of a prompt, is the cause, and not the model's files.
  package var isOfConversation = false
  /// Whether it tells of numbers that nobody gave, and of nothing that went wrong.
  package var isOfAbsence = false

  /// A diagnostic.
  public init(
    severity: Severity = .error, place: String? = nil, _ message: String, hints: [String] = [], category: ErrorCategory
  ) {
    self.severity = severity
    self.place = place
    self.message = message
    self.hints = hints
    self.category = category
  }

  /// The text shown: `error: place: message`, then a line per hint.
  public var rendered: String {
    "\(severity.rawValue): " + (place.map { "\(TokenDisplay.line(Self.cut($0))): " } ?? "") + explanation
  }

  /// The message, then a line per hint.
  ///
  /// A message may quote a file, so control characters are shown as text and cannot steer the terminal.
  package var explanation: String {
    ([message] + hints.map { "  hint: \($0)" }).map { TokenDisplay.line(Self.cut($0)) }.joined(separator: "\n")
  }

  /// The most characters of a message or of a hint: names in it may come from a file and be as long as that.
  package static let longest = 4000

  /// The beginning and the end of a text that is too long for a message.
  private static func cut(_ text: String) -> String {
    // Most texts are short, and bytes are counted at once.
    guard text.utf8.count > longest, text.count > longest else { return text }
    return "\(text.prefix(longest - 600)) … \(text.suffix(500))"
  }

  /// The text shown for several diagnostics: the first `most`, then how many are left.
  public static func rendered(_ diagnostics: [Diagnostic], most: Int = 25) -> String {
    let left = diagnostics.count - most
    let shown = diagnostics.prefix(most).map(\.rendered)
    return (left > 0 ? shown + ["... and \(left) more"] : shown).joined(separator: "\n")
  }
}

extension Diagnostic {
  /// An engine error as a diagnostic.
  public init(_ error: any EngineError) {
    self.init(
      place: error.place.isEmpty ? nil : error.place, error.message, hints: error.hints, category: error.category)
  }
}
