import Engine
import Traces
import Words
import Yams

// Keys of conversations.

/// A conversation: the text of one user, or a list of messages.
struct SpecConversation: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [Conversation.Message]? {
    if case .sequence = node { return SpecMessages().read(node, name, &reader) }
    return reader.text(node, called: name.text).map { [.init(role: "user", content: $0)] }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "text, or a list of messages" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["anyOf": [SpecText.schema, SpecMessages().schema(vocabulary)]]
  }
}

/// A list of messages.
struct SpecMessages: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [Conversation.Message]? {
    guard let nodes = reader.list(node, called: name.text) else { return nil }
    let messages = nodes.enumerated().compactMap { index, node -> Conversation.Message? in
      guard case .mapping = node else {
        reader.report(
          node.mark,
          "\(name.member("message \(index + 1)")) must be a mapping with role and content, found \(node.described)")
        return nil
      }
      let fields = reader.fields(node, of: .message, called: name.member("message \(index + 1)"))
      let role = reader.read(SpecSection.Message.role, in: fields)
      let content = reader.read(SpecSection.Message.content, in: fields)
      return role.flatMap { role in content.map { .init(role: role, content: $0) } }
    }
    return messages.count == nodes.count ? messages : nil
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a list of messages" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { .list(of: .reference(to: .message)) }
}

/// What a message says: text that may be empty.
struct SpecContent: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    if case .scalar(let scalar) = node, node.kind == .str, scalar.string.isEmpty { return "" }
    if case .sequence = node {
      reader.report(
        node.mark, "\(name.text) must be text, found \(node.described)",
        ["lists of parts are not supported: write the text itself, without {type: text, text: ...} around it"])
      return nil
    }
    return reader.text(node, called: name.text)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "text" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { ["type": "string"] }
}

/// On or off.
///
/// To YAML 1.1, on and off without quotes are truth values; to YAML 1.2 they are words.
struct SpecSwitch: SpecType {
  private static let words = ["on": true, "true": true, "off": false, "false": false]

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Bool? {
    guard let value = node.scalar.flatMap({ Self.words[$0.string] }) else {
      reader.report(node.mark, "\(name.text) must be on or off, found \(node.described)")
      return nil
    }
    return value
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "on, off" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { ["enum": ["on", "off", true, false]] }
}

/// A day: 2025-01-31.
struct SpecDate: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> CalendarDate? {
    guard let date = node.scalar.flatMap({ CalendarDate($0.string) }) else {
      reader.report(
        node.mark,
        "\(name.text) must be a day such as 2025-01-31, found \(node.described)\(node.scalar.map { Self.fault($0.string) } ?? "")"
      )
      return nil
    }
    return date
  }

  /// What is wrong with a day that is written like one; empty for other texts.
  private static func fault(_ text: String) -> String {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { return "" }
    guard (1...12).contains(month) else { return ": there is no month \(month)" }
    let written = text.split(separator: "-")
    guard written.count == 3, written[0].count == 4, written[1].count == 2, written[2].count == 2 else {
      return ": the year has four digits, month and day have two"
    }
    let last = (28...31).last { CalendarDate("\(written[0])-\(written[1])-\($0)") != nil }
    return last.map { (1...$0).contains(day) ? "" : ": month \(month) of \(year) has \($0) days" } ?? ""
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a day: 2025-01-31" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"]
  }
}

/// Variables of a template: a mapping of names to any values.
struct SpecVariables: SpecType {
  /// Names that a conversation sets by other keys, and those keys.
  private static let own = [
    "messages": SpecSection.Chat.chat.name, "add_generation_prompt": SpecSection.Chat.generationPrompt.name,
  ]

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [String: TemplateVariable]? {
    var variables: [String: TemplateVariable] = [:]
    for entry in reader.entries(node, called: name.text) {
      if let key = Self.own[entry.key] {
        reader.report(entry, "\(name.text) must not set '\(entry.key)'", ["use the key \(key) of the prompt"])
      } else if let value = value(entry.value, name.member("variable '\(Node.shortened(entry.key))'"), &reader) {
        variables[entry.key] = value
      }
    }
    return variables
  }

  private func value(_ node: Node, _ name: String, _ reader: inout SpecReader) -> TemplateVariable? {
    switch node {
    case .mapping:
      var members: [(key: String, value: TemplateVariable)] = []
      for entry in reader.entries(node, called: name) {
        if let value = value(entry.value, name, &reader) { members.append((entry.key, value)) }
      }
      return .object(TemplateVariable.Members(members))
    case .sequence(let nodes): return .list(nodes.compactMap { value($0, name, &reader) })
    case .scalar(let scalar):
      switch node.kind {
      case .null: return .null
      case .bool: return .bool(node.bool ?? false)
      case .int:
        if let number = WrittenNumber.whole(scalar.string) { return .whole(number) }
      case .float:
        if let number = WrittenNumber.real(scalar.string) { return .real(number) }
      default: return .text(scalar.string)
      }
      reader.report(
        node.mark, "\(name) must be a number that JSON has, found \(node.described)", [WrittenNumber.advice])
      return nil
    case .alias: return nil
    }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a mapping of names to values" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { ["type": "object"] }
}
