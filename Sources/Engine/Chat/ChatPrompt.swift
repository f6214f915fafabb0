import Traces

/// A conversation to ask a model, before the model's chat template renders it.
public struct ChatPrompt: Hashable, Sendable {
  /// What was said so far; the given beginning of the answer is the last message.
  public var messages: [Conversation.Message]
  /// Whether the last message is the given beginning of the answer, which the model continues.
  public var hasReply: Bool
  /// Whether the template begins the assistant's answer after the last message (`add_generation_prompt` in transformers).
  public var generationPrompt: Bool
  /// Whether the model thinks before its answer; nil leaves it to the template.
  public var thinking: Bool?
  /// Variables of the template by name.
  public var variables: [String: TemplateVariable]
  /// The name of one of the model's named templates; nil for the default one.
  public var template: String?
  /// The date that the template sees; nil for `standardDate`.
  public var date: CalendarDate?

  /// The date that templates see unless a request names one: a fixed day, so that the same prompt gives the same text.
  public static let standardDate = "2025-01-01"

  /// A conversation; without a reply the template begins the answer, unless the last message is the assistant's.
  public init(
    messages: [Conversation.Message], hasReply: Bool = false, generationPrompt: Bool? = nil, thinking: Bool? = nil,
    variables: [String: TemplateVariable] = [:], template: String? = nil, date: CalendarDate? = nil
  ) {
    self.messages = messages
    self.hasReply = hasReply
    self.generationPrompt = generationPrompt ?? (!hasReply && messages.last?.role != "assistant")
    self.thinking = thinking
    self.variables = variables
    self.template = template
    self.date = date
  }
}

extension ChatPrompt: Encodable {
  enum CodingKeys: String, CodingKey {
    case messages, thinking, variables, template, date
    case hasReply = "reply"
    case exact = "variables_as_json"
    case generationPrompt = "generation_prompt"
  }

  /// Writes the conversation as JSON, the date as text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(messages, forKey: .messages)
    try container.encode(hasReply, forKey: .hasReply)
    try container.encode(generationPrompt, forKey: .generationPrompt)
    try container.encodeIfPresent(thinking, forKey: .thinking)
    try container.encode(variables, forKey: .variables)
    // What the encoding above loses can make another prompt.
    let exact = variables.filter { $0.value.isMoreThanEncoded }
    if !exact.isEmpty { try container.encode(exact.mapValues { try $0.json() }, forKey: .exact) }
    try container.encodeIfPresent(template, forKey: .template)
    try container.encodeIfPresent(date?.description, forKey: .date)
  }
}

/// A conversation as a template rendered it: what is known about the text of a request.
public struct RenderedChat: Hashable, Encodable, Sendable {
  /// A run of bytes of the rendered text that have one role and one origin.
  public struct Part: Hashable, Encodable, Sendable {
    /// As in `Conversation.Span`.
    public var role: String?
    /// As in `Conversation.Span`.
    public var message: Int?
    /// The number of its bytes in UTF-8.
    public var bytes: Int
    /// Whether the bytes are the template's own.
    public var template: Bool

    /// The next `bytes` bytes of the text.
    public init(role: String?, message: Int? = nil, bytes: Int, template: Bool) {
      self.role = role
      self.message = message
      self.bytes = bytes
      self.template = template
    }
  }

  /// The conversation, without spans.
  public var conversation: Conversation
  /// The parts of the text in order, without gaps; none where they are not known.
  public var parts: [Part]

  /// A conversation whose spans are still to be found, and the parts of its text.
  public init(conversation: Conversation, parts: [Part]) {
    self.conversation = conversation
    self.parts = parts
  }

  /// A text that was given as already rendered.
  public static let given = RenderedChat(conversation: Conversation(template: nil, messages: [], spans: []), parts: [])
}
