import Traces

/// A setting in a model's file.
public struct StoredSetting: Sendable, Equatable {
  /// Its place in the file: `rope_scaling.factor`, `added_tokens[2].lstrip`, `llama.block_count`.
  public let key: String
  /// The value in words, shortened.
  public let value: String
  /// Whether the value asks for nothing: null, false, or an empty text, array or object.
  public let asksForNothing: Bool
  /// Whether a reader looked it up.
  public let wasRead: Bool
}

/// A kind of file with settings; each kind has its list of settings without effect.
public enum SettingsFile: String, Sendable, CaseIterable {
  /// `config.json` of a folder.
  case config = "config.json"
  /// Metadata of a GGUF file.
  case gguf = "GGUF"
  /// `tokenizer_config.json` of a folder.
  case tokenizerConfig = "tokenizer_config.json"
  /// `tokenizer.json` of a folder.
  case tokenizer = "tokenizer.json"
  /// `adapter_config.json` of a LoRA adapter.
  case adapterConfig = "adapter_config.json"

  /// In words, for messages.
  var place: String { self == .gguf ? "the GGUF metadata" : rawValue }
}

/// A file that records which of its settings were looked up.
public protocol SettingsSource: Sendable {
  /// The kind of the file, which selects the list of known settings.
  var settingsFile: SettingsFile { get }
  /// The file.
  var settingsPath: String { get }
  /// Every setting, in the order of the file.
  var storedSettings: [StoredSetting] { get }
}

/// A JSON file whose members are settings; a looked-up key counts as read.
struct JSONSettings: SettingsSource {
  let settingsFile: SettingsFile
  /// The top value.
  let root: JSONValue

  /// Opens a file.
  ///
  /// Throws `JSONError` when it cannot be read or is not JSON.
  init(path: String, as file: SettingsFile) throws(JSONError) {
    let content: ModelFile.Content = file == .tokenizer ? .vocabulary : .settings
    root = try JSONDocument(ModelFile(path, as: content), remembersLookups: true).root
    settingsFile = file
  }

  var settingsPath: String { root.path }

  var storedSettings: [StoredSetting] {
    var settings: [StoredSetting] = []
    collect(root, at: "", into: &settings)
    return settings
  }

  private func collect(_ value: JSONValue, at place: String, into settings: inout [StoredSetting]) {
    guard let members = value.unmarkedMembers else { return }
    for member in members {
      let key = place.isEmpty ? member.key : "\(place).\(member.key)"
      let wasRead = member.value.wasLookedUp
      let size = settings.count
      if wasRead, !member.value.wasTakenWhole { collectInside(member.value, at: key, into: &settings) }
      // An object whose members were read is listed by its members.
      if settings.count == size {
        settings.append(
          StoredSetting(
            key: key, value: member.value.summary, asksForNothing: member.value.asksForNothing, wasRead: wasRead))
      }
    }
  }

  private func collectInside(_ value: JSONValue, at key: String, into settings: inout [StoredSetting]) {
    switch value.kind {
    case .object: collect(value, at: key, into: &settings)
    case .array:
      // Long lists hold numbers, texts or pairs; only lists of objects contain settings.
      guard var elements = value.elements, elements.next()?.kind == .object else { return }
      for (index, element) in (value.elements ?? elements).enumerated() {
        collect(element, at: "\(key)[\(index)]", into: &settings)
      }
    default: break
    }
  }
}

extension JSONValue {
  /// Whether the value asks for nothing: null, false, or an empty text, array or object.
  fileprivate var asksForNothing: Bool {
    switch kind {
    case .null: true
    case .bool: bool == false
    case .string: utf8?.isEmpty ?? true
    case .array, .object: count == 0
    case .integer, .real: false
    }
  }

  /// The value for a message: numbers and short texts in full, long containers by their size.
  var summary: String {
    switch kind {
    case .null: return "null"
    case .bool: return bool == true ? "true" : "false"
    case .integer: return integer.map { "\($0)" } ?? "a number beyond 64 bits"
    case .real: return real.map { "\($0)" } ?? "a number"
    case .string:
      let text = string ?? ""
      return text.count > 40 ? "'\(text.prefix(40))...'" : "'\(text)'"
    case .array:
      let count = count ?? 0
      guard count <= 6, let elements, elements.allSatisfy({ $0.kind != .object && $0.kind != .array }) else {
        return "an array of \(count)"
      }
      return "[" + (self.elements ?? elements).map(\.summary).joined(separator: ", ") + "]"
    case .object: return "an object with \(count ?? 0) \(count == 1 ? "key" : "keys")"
    }
  }
}
