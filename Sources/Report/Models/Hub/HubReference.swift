import Engine

/// A model on a hub: `org/name`, `org/name@revision`, `org/name:QUANT`.
public struct HubReference: Equatable, Hashable, Sendable {
  /// "openai-community/gpt2".
  public var repository: String
  /// A branch, a tag or a commit; nil for the main branch.
  public var revision: String?
  /// Which GGUF file: "Q8_0"; nil for safetensors, or for the default GGUF file of a repository without safetensors.
  public var quantization: String?

  /// The reference as it is written.
  public var text: String {
    repository + (revision.map { "@\($0)" } ?? "") + (quantization.map { ":\($0)" } ?? "")
  }

  /// What is asked for, with the default filled in.
  var wantedRevision: String { revision ?? "main" }

  /// Names in the article "Finding the Words to Say" whose models the hub now keeps under other names.
  package static let aliases: [(name: String, repository: String)] = [
    ("distilgpt2", "distilbert/distilgpt2"),
    ("gpt2", "openai-community/gpt2"),
    ("gpt2-medium", "openai-community/gpt2-medium"),
    ("gpt2-large", "openai-community/gpt2-large"),
    ("gpt2-xl", "openai-community/gpt2-xl"),
  ]

  /// The reference an alias stands for, its revision kept; nil for other texts.
  package static func alias(_ text: String) -> HubReference? {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let alias = aliases.first(where: { $0.name == parts[0] }) else { return nil }
    guard parts.count == 2 else { return HubReference(repository: alias.repository) }
    return isRevision(parts[1]) ? HubReference(repository: alias.repository, revision: parts[1]) : nil
  }

  /// Reads a reference with one slash; nil for other texts.
  package static func parse(_ text: String) -> HubReference? {
    var rest = Substring(text)
    var reference = HubReference(repository: "")
    if let colon = rest.lastIndex(of: ":") {
      let quantization = String(rest[rest.index(after: colon)...])
      guard isName(quantization) else { return nil }
      reference.quantization = quantization
      rest = rest[..<colon]
    }
    if let at = rest.firstIndex(of: "@") {
      let revision = String(rest[rest.index(after: at)...])
      guard isRevision(revision) else { return nil }
      reference.revision = revision
      rest = rest[..<at]
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy(isName) else { return nil }
    reference.repository = String(rest)
    return reference
  }

  package init(repository: String, revision: String? = nil, quantization: String? = nil) {
    self.repository = repository
    self.revision = revision
    self.quantization = quantization
  }

  /// A part of a repository's name as the hub allows it; these become folders.
  private static func isName(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 96, !text.hasPrefix("."), !text.hasPrefix("-"), !text.contains("..") else {
      return false
    }
    return text.utf8.allSatisfy(isPlain)
  }

  /// A revision may have slashes ("refs/pr/1"); it becomes a path.
  private static func isRevision(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    return parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains("..") && $0.utf8.allSatisfy(isPlain) }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
