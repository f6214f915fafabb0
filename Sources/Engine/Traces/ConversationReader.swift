/// The conversation of a trace in its JSON, as docs/trace-format.md describes it.
extension FieldReader {
  /// A conversation whose spans have not been compared with the prompt.
  func conversation(_ value: JSONValue) throws(JSONError) -> Conversation {
    let fields = try Fields(value)
    return Conversation(
      template: try fields.optional("template", template),
      messages: try list(try fields.value("messages"), message),
      hasReply: try fields.optional("reply", truth) ?? false,
      variables: try fields.optional("variables", variables) ?? [:],
      date: try fields.optional("date", date),
      spans: try list(try fields.value("spans"), span))
  }

  private func template(_ value: JSONValue) throws(JSONError) -> Conversation.Template {
    let fields = try Fields(value)
    return Conversation.Template(
      name: try fields.string("name"), sha256: try fields.string("sha256"), source: try fields.string("source"))
  }

  private func message(_ value: JSONValue) throws(JSONError) -> Conversation.Message {
    let fields = try Fields(value)
    return Conversation.Message(role: try fields.string("role"), content: try fields.string("content"))
  }

  private func span(_ value: JSONValue) throws(JSONError) -> Conversation.Span {
    let fields = try Fields(value)
    return Conversation.Span(
      role: try fields.optional("role", string), message: try fields.optional("message", whole),
      first: try fields.whole("first"), count: try fields.whole("count"),
      template: try truth(try fields.value("template")))
  }

  private func truth(_ value: JSONValue) throws(JSONError) -> Bool { try value.requireBool() }

  private func date(_ value: JSONValue) throws(JSONError) -> String {
    let text = try value.requireString()
    guard CalendarDate(text) != nil else { throw value.wrongKind(expected: "a date such as '2025-01-31'") }
    return text
  }

  /// Variables by their names.
  private func variables(_ value: JSONValue) throws(JSONError) -> [String: TemplateVariable] {
    Dictionary(try members(value).map { ($0.key, $0.value) }) { first, _ in first }
  }

  /// Members in their order, no key twice.
  private func members(_ value: JSONValue) throws(JSONError) -> [(key: String, value: TemplateVariable)] {
    try value.requireUniqueKeys()
    var members: [(key: String, value: TemplateVariable)] = []
    for member in try value.requireMembers() { members.append((member.key, try variable(member.value))) }
    return members
  }

  private func variable(_ value: JSONValue) throws(JSONError) -> TemplateVariable {
    switch value.kind {
    case .null: return .null
    case .bool: return .bool(try value.requireBool())
    case .integer: return .whole(try value.requireInteger())
    case .real: return .real(try double(value))
    case .string: return .text(try value.requireString())
    case .array: return .list(try list(value, variable))
    case .object: return .object(TemplateVariable.Members(try members(value)))
    }
  }
}
