import Engine
import Foundation
import Traces
import Words
import Yams

// What a prompt is: a text, the text of a file, a conversation, or a conversation that is rendered already.

extension SpecReader {
  /// Where the tokens of a prompt come from.
  struct PromptSource {
    /// The exact text; of a conversation, its messages in words.
    var text: String
    var chat: ChatPrompt?
    var isRendered = false
  }

  /// The one source that a prompt gives; problems of further ones are reported as well.
  mutating func promptSource(_ fields: SpecFields) -> PromptSource? {
    typealias Key = SpecSection.Prompt
    typealias Chat = SpecSection.Chat
    let names = SpecSection.prompt.alternatives.first { $0.isNeeded }?.keys ?? []
    let given = names.compactMap { fields.entries[$0] }
    if given.count > 1 {
      report(
        given[1], "\(fields.called) has both \(given[0].key) and \(given[1].key)", ["keep one of them"])
    }
    guard let first = given.first else {
      if !names.contains(where: fields.misspelt.contains) { reportMissing(Key.text.name, in: fields) }
      return nil
    }
    if first.key == Chat.chat.name || first.key == Chat.messages.name {
      let messages = first.key == Chat.chat.name ? read(Chat.chat, in: fields) : read(Chat.messages, in: fields)
      return conversation(messages, fields)
    }
    for key in Chat.options {
      guard let entry = fields.entries[key.name] else { continue }
      report(
        entry, "\(fields.called) has \(key.name) without a conversation",
        ["\(key.name) says more about \(Chat.chat.name); \(first.key) is run as it is written"])
    }
    switch first.key {
    case Key.file.name: return read(Key.file, in: fields).map { PromptSource(text: $0.text) }
    case Chat.rendered.name: return read(Chat.rendered, in: fields).map { PromptSource(text: $0, isRendered: true) }
    default: return read(Key.text, in: fields).map { PromptSource(text: $0) }
    }
  }

  /// A conversation with what the other keys say about it.
  private mutating func conversation(_ found: [Conversation.Message]?, _ fields: SpecFields) -> PromptSource? {
    typealias Chat = SpecSection.Chat
    let system = read(Chat.system, in: fields)
    let reply = read(Chat.reply, in: fields)
    let opens = read(Chat.generationPrompt, in: fields)
    let chat = ChatPrompt(
      messages: [], thinking: read(Chat.thinking, in: fields), variables: read(Chat.variables, in: fields) ?? [:],
      template: read(Chat.template, in: fields), date: read(Chat.date, in: fields))
    guard var messages = found else { return nil }
    if let entry = fields[Chat.system], messages.first?.role == "system" {
      report(
        entry, "\(fields.called) has two system messages, one in \(Chat.system.name)", ["keep one of them"])
    }
    if let entry = fields[Chat.reply], messages.last?.role == "assistant" {
      report(
        entry, "\(fields.called) has a reply after a message of the assistant",
        ["a reply begins the answer to the last message: end with a message of the user"])
    }
    if fields[Chat.reply] != nil, opens == true, let entry = fields[Chat.generationPrompt] {
      report(
        entry, "\(fields.called) has both \(Chat.reply.name) and \(Chat.generationPrompt.name)",
        ["the answer that a reply begins is open already: leave \(Chat.generationPrompt.name) out"])
    }
    if let system { messages.insert(.init(role: "system", content: system), at: 0) }
    if let reply { messages.append(.init(role: "assistant", content: reply)) }
    return PromptSource(text: messages.inWords, chat: chat.with(messages, hasReply: reply != nil, opens: opens))
  }
}

extension ChatPrompt {
  /// The same about other messages.
  fileprivate func with(_ messages: [Conversation.Message], hasReply: Bool, opens: Bool?) -> ChatPrompt {
    ChatPrompt(
      messages: messages, hasReply: hasReply, generationPrompt: opens, thinking: thinking, variables: variables,
      template: template, date: date)
  }
}

extension [Conversation.Message] {
  /// For pages: what the one user says, or every message after its role.
  package var inWords: String {
    if count == 1, first?.role == "user", let text = first?.content, !text.isEmpty { return text }
    return map { "\($0.role): \($0.content)" }.joined(separator: "\n")
  }
}

/// A value of a key that is given on the command line.
public enum GivenValue: Sendable {
  /// Text, exactly.
  case text(String)
  /// As in a spec.
  case yaml(String)
  /// Values by name, as in a spec.
  case members([(name: String, yaml: String)])
  /// A file of JSON.
  case json(Data)
}

extension ChatPrompt {
  /// A conversation given on the command line.
  ///
  /// - Parameters:
  ///   - values: Keys of a prompt in a spec, `chat` or `messages` among them, each with its place for messages.
  ///   - category: Decides the exit code of problems.
  /// - Throws: `DiagnosticList` with every problem.
  public static func parse(
    _ values: [(key: String, place: String, value: GivenValue)], category: ErrorCategory
  ) throws -> ChatPrompt {
    var problems: [Diagnostic] = []
    var pairs: [(Node, Node)] = []
    func yaml(_ text: String, _ place: String) throws -> Node {
      let (root, found) = try SpecSource(name: place, bytes: Data(text.utf8)).compose()
      problems += found
      return root ?? Node("")
    }
    for (key, place, value) in values {
      let node: Node
      switch value {
      case .text(let text): node = .scalar(Node.Scalar(text, Tag(.str)))
      case .yaml(let text): node = try yaml(text, place)
      case .members(let members):
        node = .mapping(
          Node.Mapping(try members.map { (.scalar(Node.Scalar($0.name, Tag(.str))), try yaml($0.yaml, place)) }))
      case .json(let data):
        let text = try SpecSource.text(of: data, name: place, category: category)
        do {
          let root = try JSONDocument(text: text, path: place).root
          try root.requireUniqueKeysThroughout()
          node = SpecReader.node(of: root) ?? Node("")
        } catch {
          throw DiagnosticList(
            Diagnostic.all(from: error).map {
              Diagnostic(place: $0.place, $0.message, hints: $0.hints, category: category)
            })
        }
      }
      pairs.append((.scalar(Node.Scalar(key, Tag(.str))), node))
    }
    let vocabulary = SpecVocabulary(kinds: [], formats: [], venues: [], spans: [], catalog: [])
    let place = values.first?.place ?? ""
    var reader = SpecReader(source: try SpecSource(name: place, bytes: Data()), vocabulary: vocabulary)
    let fields = reader.fields(.mapping(Node.Mapping(pairs)), of: .prompt, called: "the conversation")
    let chat = reader.promptSource(fields)?.chat
    problems += reader.problems
    guard let chat, problems.isEmpty else {
      throw DiagnosticList(
        problems.map { Diagnostic(place: $0.place, $0.message, hints: $0.hints, category: category) })
    }
    return chat
  }
}
