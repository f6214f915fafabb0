import Engine
import Files
import Foundation
import Models
import Traces
import Words

/// Renders conversations through a model's own chat template, all of a model in one call, and keeps the texts by content.
struct ChatRenderer {
  let folder: URL
  let environment: [String: String]

  /// A rendered text, and what was done.
  struct Rendering {
    var text: String
    var chat: RenderedChat
    /// What the user should know.
    var notes: [String]
  }

  /// An answer of the process, which is kept.
  private struct Answer: Codable {
    struct Part: Codable {
      var role: String?
      var message: Int?
      var characters: Int
      var template: Bool
    }
    struct Fault: Codable {
      var kind: String
      var message: String
      var line: Int?
      var known: [String]?
    }
    var text: String?
    var date: Bool?
    var switches: [String]?
    var parts: [Part]?
    /// Messages whose text does not stand in the rendered one.
    var lost: [Int]?
    var error: Fault?
  }

  private struct Key: Encodable {
    var script = ChatProcess.scriptDigest
    var jinja: String
    var template: String
    var special: [String: String]
    /// SHA-256 of the control tokens, which decide where messages begin.
    var written: String
    var chat: ChatPrompt
    var date: String
  }

  /// Renderings in the order of the conversations, or the reasons why they are missing.
  ///
  /// - Throws: `Diagnostic` when none can be rendered: a base model, or no jinja2.
  func render(
    _ chats: [ChatPrompt], facts: ChatFacts, model: String
  ) throws(Diagnostic) -> [Result<Rendering, Diagnostic>] {
    guard !facts.templates.isEmpty else {
      var problem = Diagnostic(
        place: model, "expected a chat template, which a conversation needs, found none: this is a base model",
        hints: [
          "give the prompt as plain text (text: in a spec, --prompt on the command line), or take the model's Instruct version",
          "or give the conversation with the marks that the model was trained with (rendered:, or --rendered)",
        ], category: .badInput)
      problem.isOfConversation = true
      throw problem
    }
    let process = try ChatProcess.find(environment: environment)
    let written = SHA256.hex(of: Data(facts.written.joined(separator: "\n").utf8))
    let chosen = chats.map { template(for: $0, facts, model: model) }
    var answers: [Int: Answer] = [:]
    var missing: [(index: Int, template: ChatTemplate, file: URL)] = []
    for (index, choice) in chosen.enumerated() {
      guard case .success(let template) = choice else { continue }
      let key = Key(
        jinja: process.version, template: template.identity.sha256, special: facts.special, written: written,
        chat: chats[index], date: chats[index].seenDate)
      let file = folder.appending(path: "\(ContentKey.of(key)).json")
      if let data = SealedFile.read(file), let known = try? JSONDecoder().decode(Answer.self, from: data) {
        answers[index] = known
      } else {
        missing.append((index, template, file))
      }
    }
    if !missing.isEmpty {
      let texts = missing.map(\.template.text).uniqued
      let jobs = missing.map { entry in
        let chat = chats[entry.index]
        return ChatProcess.Job(
          template: texts.firstIndex(of: entry.template.text) ?? 0, messages: chat.messages, reply: chat.hasReply,
          generationPrompt: chat.generationPrompt, variables: chat.variables.mapValues { .init(value: $0) },
          thinking: chat.thinking.map { .bool($0) } ?? .null, date: chat.seenDate)
      }
      let lines = try process.render(jobs, templates: texts, facts: facts)
      for (entry, line) in zip(missing, lines) {
        guard let answer = try? JSONDecoder().decode(Answer.self, from: line) else { continue }
        answers[entry.index] = answer
        if answer.error == nil { try? SealedFile.write(line, to: entry.file) }
      }
    }
    return chats.indices.map { index in
      chosen[index].flatMap { template in
        rendering(chats[index], template, answers[index], facts: facts, model: model)
      }
    }
  }

  /// The template that a conversation names, or the one that transformers would take.
  private func template(
    for chat: ChatPrompt, _ facts: ChatFacts, model: String
  ) -> Result<ChatTemplate, Diagnostic> {
    let wanted = chat.template
    let usual = chat.variables["tools"].map { $0 != .null } == true ? ["tool_use", "default"] : ["default"]
    for name in wanted.map({ [$0] }) ?? usual {
      if let found = facts.templates.first(where: { $0.name == name }) { return .success(found) }
    }
    let names = facts.templates.map(\.name)
    return .failure(
      Diagnostic(
        place: model, wanted.map { "has no chat template called '\($0)'" } ?? "has no default chat template",
        hints: [
          wanted.map { Suggestion.hint(for: $0, among: names, called: "templates") }
            ?? "name one with template: \(Wording.list(names))"
        ], category: .badInput))
  }

  private func rendering(
    _ chat: ChatPrompt, _ template: ChatTemplate, _ answer: Answer?, facts: ChatFacts, model: String
  ) -> Result<Rendering, Diagnostic> {
    func refused(_ message: String, _ hints: [String] = [], line: Int? = nil) -> Result<Rendering, Diagnostic> {
      let place = "the chat template '\(template.name)' (\(template.source)\(line.map { ", line \($0)" } ?? ""))"
      return .failure(Diagnostic(place: model, "\(place) \(message)", hints: hints, category: .badInput))
    }
    guard let answer else {
      return refused(
        "did not finish within \(ChatProcess.Limits.seconds) s",
        ["templates take some milliseconds; this one is damaged, or it is not meant well"])
    }
    if let fault = answer.error {
      let known = Wording.list(fault.known ?? [])
      switch fault.kind {
      case "thinking":
        return refused(
          "has no variable enable_thinking or thinking, so thinking cannot be switched",
          [known.isEmpty ? "it reads no variables" : "variables that it reads: \(known)"])
      case "variable":
        return refused(
          "reads no variable '\(fault.message)'",
          [
            fault.known?.isEmpty == false
              ? Suggestion.hint(for: fault.message, among: fault.known ?? [], called: "variables")
              : "it reads no variables"
          ])
      case "set":
        return refused(
          "sets the variable '\(fault.message)' itself before it reads it, so a value from elsewhere changes nothing",
          [known.isEmpty ? "it reads no other variables" : "variables that it reads: \(known)"])
      case "memory": return refused("needs more than \(ChatProcess.Limits.memory >> 20) MiB")
      case "long": return refused("gives \(fault.message) characters, expected at most \(ChatProcess.Limits.text)")
      case "reply": return refused("cannot be continued: \(fault.message)", ["leave reply out, or begin it otherwise"])
      case "security": return refused("is not allowed what it does: \(fault.message)", line: fault.line)
      case "syntax": return refused("is no Jinja: \(fault.message)", line: fault.line)
      case "refused":
        return refused(
          "refuses the conversation: \(fault.message)", ["change the roles or their order as the template wants them"],
          line: fault.line)
      default:
        return refused(
          "fails: \(fault.message)", ["give what its line needs, or the text as it should be: rendered: (--rendered)"],
          line: fault.line)
      }
    }
    guard let text = answer.text, !text.isEmpty else { return refused("gives no text") }
    var variables = chat.variables
    for name in answer.switches ?? [] { variables[name] = .bool(chat.thinking ?? false) }
    let conversation = Conversation(
      template: template.identity, messages: chat.messages, hasReply: chat.hasReply, variables: variables,
      date: answer.date == true ? chat.seenDate : nil, spans: [])
    var notes: [String] = []
    if answer.date == true, chat.date == nil {
      notes.append(
        "the chat template asks for the date and sees \(chat.seenDate); date: (--date) gives it another day")
    }
    if answer.date != true, let date = chat.date {
      notes.append("the chat template does not ask for the date, so date: (--date) \(date) changes nothing")
    }
    if answer.parts == nil {
      notes.append(
        "which tokens are the template's and which a message's could not be told in '\(chat.messages.excerpt)'")
    }
    for number in answer.lost ?? [] where chat.messages.indices.contains(number) {
      let message = chat.messages[number]
      notes.append(
        "the chat template leaves out the message of the role '\(message.role)', or changes it: "
          + "'\(VisibleText.excerpt(of: message.content, count: 40))' does not stand in the prompt")
    }
    for token in facts.written
    where !token.isEmpty && chat.messages.contains(where: { $0.content.utf8.contains(token.utf8) }) {
      notes.append("a message spells the special token '\(token)', and becomes that token, as in transformers")
    }
    return .success(
      Rendering(
        text: text, chat: RenderedChat(conversation: conversation, parts: parts(answer, of: text)), notes: notes))
  }

  /// The parts in bytes instead of characters.
  private func parts(_ answer: Answer, of text: String) -> [RenderedChat.Part] {
    var scalars = text.unicodeScalars[...]
    return (answer.parts ?? []).map { part in
      let own = scalars.prefix(part.characters)
      scalars = scalars.dropFirst(part.characters)
      return RenderedChat.Part(
        role: part.role, message: part.message, bytes: own.reduce(0) { $0 + UTF8.width($1) }, template: part.template)
    }
  }
}

extension ChatPrompt {
  /// The date that the template sees if it asks for one.
  var seenDate: String { date?.description ?? ChatPrompt.standardDate }
}

extension [Conversation.Message] {
  /// The beginning of the last message, for notes.
  fileprivate var excerpt: String { VisibleText.excerpt(of: last?.content ?? "", count: 40) }
}
