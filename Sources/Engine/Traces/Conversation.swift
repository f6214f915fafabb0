import Foundation

/// The conversation that a prompt was made of, as a chat template rendered it: `chat` of docs/trace-format.md.
public struct Conversation: Encodable, Hashable, Sendable {
  /// The template that rendered it; nil where the text was given as already rendered.
  public var template: Template?
  /// Its messages in their order; none where the text was given as already rendered.
  public var messages: [Message]
  /// Whether the last message is the given beginning of the answer.
  public var hasReply: Bool
  /// Variables given to the template, by name.
  public var variables: [String: TemplateVariable]
  /// The date that the template's `strftime_now` saw, as "2025-01-01"; nil where the template did not ask for it.
  public var date: String?
  /// Every token of the prompt by role, in order and without gaps; none where the roles are not known.
  public var spans: [Span]

  /// A chat template by name and content.
  public struct Template: Encodable, Hashable, Sendable {
    /// "default", or the name of a named template.
    public var name: String
    /// SHA-256 over its text in UTF-8, hex.
    public var sha256: String
    /// The key or file of the model that holds it: "tokenizer.chat_template", "chat_template.jinja".
    public var source: String

    /// A template by name, digest and the key or file that holds it.
    public init(name: String, sha256: String, source: String) {
      self.name = name
      self.sha256 = sha256
      self.source = source
    }
  }

  /// A message as it was given, before the template changed it.
  public struct Message: Codable, Hashable, Sendable {
    /// Who speaks: "system", "user", "assistant", or another role that the template knows.
    public var role: String
    /// What is said.
    public var content: String

    /// What `role` says.
    public init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  /// A run of tokens of the prompt that have one role and one origin.
  public struct Span: Encodable, Hashable, Sendable {
    /// Whose tokens: the role of the message that they show, open or close; "assistant" where they ask for the answer; nil for
    /// template text that belongs to no message, such as BOS.
    public var role: String?
    /// Index into `messages`; nil for template text that belongs to none of them.
    public var message: Int?
    /// Index of its first token in the prompt.
    public var first: Int
    /// Number of its tokens, at least 1.
    public var count: Int
    /// Whether the tokens are the template's own; false where they hold characters of a message's content.
    public var template: Bool

    /// `count` tokens from `first` on.
    public init(role: String?, message: Int? = nil, first: Int, count: Int, template: Bool) {
      self.role = role
      self.message = message
      self.first = first
      self.count = count
      self.template = template
    }

    /// Its tokens, as indices into the prompt.
    public var tokens: Range<Int> { first..<(first + count) }
  }

  /// A conversation as a template rendered it.
  public init(
    template: Template?, messages: [Message], hasReply: Bool = false, variables: [String: TemplateVariable] = [:],
    date: String? = nil, spans: [Span]
  ) {
    self.template = template
    self.messages = messages
    self.hasReply = hasReply
    self.variables = variables
    self.date = date
    self.spans = spans
  }

  /// The span of a position of the text; nil after the prompt and where the roles are not known.
  public func span(at position: Int) -> Span? { spans.first { $0.tokens.contains(position) } }

  enum CodingKeys: String, CodingKey {
    case template, messages, variables, date, spans
    case hasReply = "reply"
  }

  /// Writes keys that say nothing (`reply` false, no variables, no date) not at all.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(template, forKey: .template)
    try container.encode(messages, forKey: .messages)
    if hasReply { try container.encode(true, forKey: .hasReply) }
    if !variables.isEmpty { try container.encode(variables, forKey: .variables) }
    try container.encodeIfPresent(date, forKey: .date)
    try container.encode(spans, forKey: .spans)
  }
}

/// A value given to a chat template under a name of its own.
public indirect enum TemplateVariable: Hashable, Sendable {
  /// None in Jinja.
  case null
  /// true or false.
  case bool(Bool)
  /// A whole number.
  case whole(Int)
  /// A number with a fraction.
  case real(Double)
  /// A text.
  case text(String)
  /// A list.
  case list([TemplateVariable])
  /// A mapping.
  case object(Members)

  /// The members of a mapping in the order that they were given in, in which a template goes through them.
  public struct Members: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// No key stands twice.
    public let members: [Member]

    /// A key and its value.
    public struct Member: Hashable, Sendable {
      /// The key.
      public let key: String
      /// Its value.
      public let value: TemplateVariable
    }

    /// Members whose keys a reader has found to be different.
    package init(_ members: [(key: String, value: TemplateVariable)]) {
      self.members = members.map { Member(key: $0.key, value: $0.value) }
    }

    /// Members from a literal.
    public init(dictionaryLiteral elements: (String, TemplateVariable)...) {
      self.init(elements.map { (key: $0, value: $1) })
    }
  }

  /// Whether an `Encoder` loses something that a template sees: the order of a mapping, or that 2.0 is no whole number.
  package var isMoreThanEncoded: Bool {
    switch self {
    case .null, .bool, .whole, .text: false
    case .real(let value): value == value.rounded()
    case .list(let values): values.contains(where: \.isMoreThanEncoded)
    case .object(let object): object.members.count > 1 || object.members.contains(where: \.value.isMoreThanEncoded)
    }
  }

  /// The value as JSON in the order that it was given in, which an `Encoder` does not keep.
  ///
  /// - Throws: `EncodingError` for a number that is not finite.
  package func json() throws -> String {
    switch self {
    // In Python 2.0 is no whole number.
    case .real(let value) where value.isFinite: "\(value)"
    case .null, .bool, .whole, .real, .text: String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    case .list(let values): "[" + (try values.map { try $0.json() }.joined(separator: ",")) + "]"
    case .object(let object):
      "{"
        + (try object.members.map { "\(try TemplateVariable.text($0.key).json()):\(try $0.value.json())" }
          .joined(separator: ",")) + "}"
    }
  }
}

extension TemplateVariable.Members: Encodable {
  /// Writes the members by their keys.
  public func encode(to encoder: any Encoder) throws {
    try Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }.encode(to: encoder)
  }
}

extension TemplateVariable: Encodable {
  /// Writes the value as JSON.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .whole(let value): try container.encode(value)
    case .real(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let object): try container.encode(object)
    }
  }
}

extension Conversation {
  /// The first thing that contradicts the prompt: a place below `chat`, and why.
  func fault(promptLength: Int) -> (key: String, reason: String)? {
    if hasReply, messages.last?.role != "assistant" {
      return ("chat.reply", "true, expected false where the last message is not the assistant's")
    }
    var next = 0
    for (index, span) in spans.enumerated() {
      let key = "chat.spans[\(index)]"
      if span.first != next { return ("\(key).first", "\(span.first), expected \(next), where the span before ends") }
      guard (1...max(1, promptLength)).contains(span.count), span.first + span.count <= promptLength else {
        return ("\(key).count", "\(span.count), expected 1 to \(promptLength - span.first), as many as the prompt has")
      }
      if let message = span.message {
        guard messages.indices.contains(message) else {
          return ("\(key).message", "\(message), expected an index into 'messages', which has \(messages.count)")
        }
        if span.role != messages[message].role {
          return (
            "\(key).role", "'\(span.role ?? "null")', expected '\(messages[message].role)' as in 'messages[\(message)]'"
          )
        }
      } else if !span.template {
        return ("\(key).message", "missing, expected the message whose content this is")
      }
      next = span.first + span.count
    }
    guard spans.isEmpty || next == promptLength else {
      return ("chat.spans", "\(next) tokens, expected \(promptLength) as in 'prompt_length'")
    }
    return nil
  }
}
