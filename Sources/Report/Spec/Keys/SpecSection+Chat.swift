import Engine

// The table of keys, third part: conversations.

extension SpecSection {
  /// A message of a conversation.
  static let message = SpecSection(
    name: "chat", doc: "A message of a conversation: who speaks, and what is said.",
    keys: [Message.role, Message.content],
    foreign: [
      "tool_calls": "calls of tools are not supported: give the whole conversation as rendered text (rendered:)"
    ])

  enum Message {
    static let role = SpecKey(
      "role", SpecText(), .required, example: "user",
      "`system`, `user`, `assistant`, or another role that the model's template knows.")
    static let content = SpecKey(
      "content", SpecContent(), .required, example: "\"Which city is Heathrow in?\"", "What is said. It may be empty.")
  }

  /// Keys of a prompt that is a conversation.
  enum Chat {
    static let chat = SpecKey(
      "chat", SpecConversation(), example: "\"Which city is Heathrow in?\"",
      "A conversation, which the model's own chat template renders: messages, or the text of one user: docs/conversations.md."
    )
    static let messages = SpecKey(
      "messages", SpecMessages(), example: "[{role: user, content: \"Which city is Heathrow in?\"}]",
      "The same as a list of messages, under the name that datasets use.")
    static let rendered = SpecKey(
      "rendered", SpecText(), example: "\"[INST] Which city is Heathrow in? [/INST]\"",
      "A conversation that is rendered already. Special tokens in it become their ids, and BOS is not added.")
    static let system = SpecKey(
      "system", SpecText(), example: "\"Answer with one word.\"", "The system message before `chat`.")
    static let reply = SpecKey(
      "reply", SpecText(), example: "\"It is in the city of\"",
      "The given beginning of the answer to `chat`, which the model continues.")
    static let thinking = SpecKey(
      "thinking", SpecSwitch(), standard: .words("the template's"), example: "off",
      "Whether the model thinks before it answers; sets the template's own variable, `enable_thinking` or `thinking`.")
    static let generationPrompt = SpecKey(
      "generation_prompt", SpecFlag(),
      standard: .words("`true`, but `false` after a message of the assistant or with `reply`"), example: "false",
      "Whether the template opens the assistant's answer at the end.")
    static let template = SpecKey(
      "template", SpecText(noun: "a name"), standard: .words("`default`, or `tool_use` with the variable `tools`"),
      example: "default", "The model's template to use, if it has several.")
    static let variables = SpecKey(
      "variables", SpecVariables(), example: "{enable_thinking: false}", "Variables of the template by name.")
    static let date = SpecKey(
      "date", SpecDate(), standard: .words("`\(ChatPrompt.standardDate)`"), example: "2024-07-26",
      "The date that a template sees if it asks for today's.")

    /// Those that say more about a conversation.
    static let options: [any SpecRow] = [system, reply, thinking, generationPrompt, template, variables, date]
  }
}
