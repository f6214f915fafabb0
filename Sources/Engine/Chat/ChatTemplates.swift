import Foundation
import Traces

/// A chat template of a model: a text in the language of Jinja.
public struct ChatTemplate: Hashable, Codable, Sendable {
  /// "default", or the name of a named template such as "tool_use".
  public var name: String
  /// The template itself.
  public var text: String
  /// The key or file that holds it: "tokenizer.chat_template", "chat_template.jinja".
  public var source: String

  /// A template by name and text, and where it was found.
  public init(name: String, text: String, source: String) {
    self.name = name
    self.text = text
    self.source = source
  }

  /// Its name, the SHA-256 of its text and its source, for traces.
  public var identity: Conversation.Template {
    Conversation.Template(name: name, sha256: SHA256.hex(of: Data(text.utf8)), source: source)
  }
}

/// The chat templates that a model's files hold.
///
/// A folder is read as in transformers: `chat_template.jinja` and `additional_chat_templates/*.jinja` replace what `tokenizer_config.json`
/// says; `chat_template.json`, which older processors of images write, counts where neither says anything.
public enum ChatTemplates {
  static let jinja = "chat_template.jinja"
  static let json = "chat_template.json"
  static let folder = "additional_chat_templates"
  static let configuration = "tokenizer_config.json"
  static let key = "tokenizer.chat_template"
  /// The largest template, in bytes.
  static let largest = ModelFile.Content.template.limit ?? 1 << 20

  /// The files beside those that decide the numbers from which templates are read, relative to the folder.
  ///
  /// - Throws: `FileError` for a link that takes one from elsewhere.
  package static func files(in path: String) throws(FileError) -> [String] {
    let single = [jinja, json].filter { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
    let found = try single + named(in: path).map { "\(folder)/\($0)" }
    for name in found {
      try ModelFile("\(path)/\(name)", in: path, as: name == json ? .settings : .template).checked()
    }
    return found
  }

  /// The same among the paths of a repository.
  package static func files(of names: [String]) -> [String] {
    names.filter { name in
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == 1
        ? [jinja, json].contains(name)
        : parts.count == 2 && parts[0] == folder && name.hasSuffix(".jinja") && parts[1].count > ".jinja".count
    }.sorted()
  }

  private static func named(in path: String) throws(FileError) -> [String] {
    let place = "\(path)/\(folder)"
    guard FileManager.default.fileExists(atPath: place) else { return [] }
    // The names of a folder elsewhere are nobody's business either.
    try ModelFile(place, in: path, as: .template).resolved()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    return names.filter { $0.hasSuffix(".jinja") && !$0.hasPrefix(".") && $0.count > ".jinja".count }.sorted()
  }

  /// The templates of an opened model, the default one first, then by name; none for a model without.
  ///
  /// - Throws: An `EngineError` for a template that cannot be read or is no text, and for a model without any that can have none.
  public static func of(_ files: any ModelFiles) throws -> [ChatTemplate] {
    let found = if let gguf = files as? GGUFFiles { try of(gguf.metadata) } else { try inFolder(files.path) }
    if found.isEmpty, let error = try refusal(files) { throw error }
    return found.sorted { one, other in
      (one.name == "default") == (other.name == "default") ? one.name < other.name : one.name == "default"
    }
  }

  /// The error for a conversation with a model whose family was made for none; nil for a model that continues texts.
  private static func refusal(_ files: any ModelFiles) throws -> LoadError? {
    guard let family = Architecture.known(files) else { return nil }
    func says(_ key: String) throws -> Bool? { files.kind == .gguf ? nil : try files.configuration.flag(key) }
    if family.settings.isMasked, try says("is_decoder") != true {
      return .noConversation(
        kind: "a masked language model, which fills in hidden tokens of a text and continues none", path: files.path,
        advice: ["give a text with its mask as text: (--prompt); docs/encoders.md says how the mask is written"])
    }
    if encoderDecoders.contains(family.name), try says("is_encoder_decoder") != false {
      return .noConversation(
        kind: "an encoder-decoder model, whose encoder reads a text and whose decoder writes another", path: files.path,
        advice: [
          "give what the encoder reads as text: (--prompt), in the words of the task that the model was trained for",
          "decoder: (--decoder) gives the decoder its beginning",
        ])
    }
    return nil
  }

  /// The families of an encoder that reads texts and a decoder.
  private static let encoderDecoders: Set<String> = Set(
    [Architecture.t5, .bart, .mBART, .pegasus, .marian, .blenderbot, .blenderbotSmall, .bigBirdPegasus].map(\.name))

  private static func of(_ metadata: GGUFMetadata) throws -> [ChatTemplate] {
    try metadata.keys.filter { $0 == key || $0.hasPrefix("\(key).") }.compactMap { found in
      guard let text = try metadata.string(found) else { return nil }
      return ChatTemplate(
        name: found == key ? "default" : String(found.dropFirst(key.count + 1)), text: text, source: found)
    }
  }

  /// The templates of a folder.
  static func inFolder(_ path: String) throws -> [ChatTemplate] {
    var filed: [ChatTemplate] = []
    if FileManager.default.fileExists(atPath: "\(path)/\(jinja)") {
      filed.append(ChatTemplate(name: "default", text: try text("\(path)/\(jinja)", in: path), source: jinja))
    }
    for name in try named(in: path) {
      filed.append(
        ChatTemplate(
          name: String(name.dropLast(".jinja".count)), text: try text("\(path)/\(folder)/\(name)", in: path),
          source: "\(folder)/\(name)"))
    }
    guard filed.isEmpty else { return filed }
    for name in [configuration, json] {
      let templates = try inJSON(path, name)
      if !templates.isEmpty { return templates }
    }
    return []
  }

  /// `chat_template` of a file: a text, a list of `{name, template}`, or a mapping of names to texts.
  private static func inJSON(_ path: String, _ name: String) throws -> [ChatTemplate] {
    guard FileManager.default.fileExists(atPath: "\(path)/\(name)") else { return [] }
    let root = try JSONDocument(path: "\(path)/\(name)").root
    guard let value = try root.optionalMember("chat_template") else { return [] }
    let source = name == json ? json : "\(name): chat_template"
    func template(_ name: String, _ text: JSONValue) throws(JSONError) -> ChatTemplate {
      ChatTemplate(name: name, text: try text.requireString(), source: source)
    }
    switch value.kind {
    case .string: return [try template("default", value)]
    case .array:
      var byName: [String: ChatTemplate] = [:]
      for entry in try value.requireElements() {
        let name = try entry.member("name").requireString()
        byName[name] = try template(name, try entry.member("template"))
      }
      return Array(byName.values)
    case .object:
      try value.requireUniqueKeys()
      return try value.requireMembers().map { try template($0.key, $0.value) }
    default: throw value.wrongKind(expected: "a text, or a list of named templates")
    }
  }

  private static func text(_ path: String, in folder: String) throws -> String {
    let map = try MemoryMap(ModelFile(path, in: folder, as: .template))
    guard let text = String(validating: map.bytes, as: UTF8.self) else {
      throw TokenizerError.damaged(path: path, expected: "text in UTF-8", found: "bytes that are not")
    }
    return text
  }
}
