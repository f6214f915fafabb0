import Words

/// Texts that stand for several checkpoints by braces: `org/name@{step1000,step2000}`, `org/name@step{1000..4000..1000}`.
enum CheckpointNames {
  /// Why braces cannot be read.
  struct Misreading: Error, Equatable {
    var message: String
    var hint: String
  }

  /// The most names that braces may stand for.
  static let most = 1000

  /// Whether a text has braces behind the `@` of a revision, so that it stands for several models.
  static func standsForSeveral(_ text: String) -> Bool {
    text.firstIndex(of: "@").map { text[$0...].contains("{") } ?? false
  }

  /// Every name that a text stands for, itself if it has no braces.
  static func all(_ text: String) -> Result<[String], Misreading> {
    guard text.contains("{") || text.contains("}") else { return .success([text]) }
    guard let match = text.wholeMatch(of: /([^{}]*)\{([^{}]*)\}([^{}]*)/) else {
      return .failure(
        Misreading(
          message: "expected one pair of braces, found '\(excerpt(text))'",
          hint: "for example org/name@{step1000,step2000}"))
    }
    let inner = String(match.2)
    let parts: [String]
    if let range = inner.wholeMatch(of: /([0-9]+)\.\.([0-9]+)(?:\.\.([0-9]+))?/) {
      guard let from = Int(range.1), let to = Int(range.2), let by = Int(range.3 ?? "1"), from < to, by > 0 else {
        return .failure(
          Misreading(
            message: "expected a range from a number to a larger one, found '{\(excerpt(inner))}'",
            hint: "for example {1000..8000..1000}: the third number is the distance"))
      }
      guard (to - from) / by < most else {
        return .failure(
          Misreading(
            message:
              "expected at most \(Wording.grouped(most)) checkpoints, found \(Wording.grouped((to - from) / by + 1))",
            hint: "give a larger distance: {\(from)..\(to)..\((to - from) / 20 + 1)}"))
      }
      parts = stride(from: from, through: to, by: by).map(String.init)
    } else {
      parts = inner.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingSpaces }
    }
    guard parts.allSatisfy({ !$0.isEmpty }), parts.count <= most else {
      return .failure(
        Misreading(
          message: parts.count > most
            ? "expected at most \(Wording.grouped(most)) checkpoints, found \(Wording.grouped(parts.count))"
            : "expected names between commas, found an empty one in '{\(excerpt(inner))}'",
          hint: "for example org/name@{step1000,step2000}"))
    }
    return .success(parts.map { "\(match.1)\($0)\(match.3)" })
  }

  private static func excerpt(_ text: String) -> String { VisibleText.excerpt(of: text, count: 60) }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
