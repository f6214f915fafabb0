import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Engine
@testable import Files
@testable import Traces
@testable import Words

/// Conversations are rendered by the real Jinja as transformers renders them, and templates that mean harm are ended.
@Suite(.serialized) struct ChatTemplateTests {
  /// A case of expected.json: digests, or the beginning of the refusal.
  enum Expected: Decodable, Equatable {
    case rendered(text: String, count: Int, ids: String)
    case refused(String)

    init(from decoder: any Decoder) throws {
      if let words = try? decoder.singleValueContainer().decode(String.self) {
        self = .refused(words)
        return
      }
      var container = try decoder.unkeyedContainer()
      self = .rendered(
        text: try container.decode(String.self), count: try container.decode(Int.self),
        ids: try container.decode(String.self))
    }
  }

  struct Fixture: Decodable {
    struct Chat: Decodable {
      var messages: [Conversation.Message]
      var reply: Bool?
      var generationPrompt: Bool?

      enum CodingKeys: String, CodingKey {
        case messages, reply
        case generationPrompt = "generation_prompt"
      }
    }
    struct Template: Decodable {
      var name: String
      var tokenizer: String
      var cases: [Expected]
    }
    struct RealFile: Decodable {
      var template: String?
      var cases: [Expected]
    }
    var conversations: [Chat]
    var templates: [Template]
    var files: [String: RealFile]

    /// The conversations, and for a template with a switch the third with thinking on and off.
    func prompts(_ count: Int) -> [ChatPrompt] {
      let plain = conversations.map {
        ChatPrompt(
          messages: $0.messages, hasReply: $0.reply ?? false,
          generationPrompt: $0.generationPrompt ?? !($0.reply ?? false))
      }
      let switched = [true, false].map { ChatPrompt(messages: conversations[2].messages, thinking: $0) }
      return Array((plain + switched).prefix(count))
    }
  }

  static let fixture = Result {
    try JSONDecoder().decode(Fixture.self, from: Fixtures.data("templates/expected.json"))
  }
  static let names = (try? fixture.get())?.templates.map(\.name) ?? []

  /// The configuration of a fixture's tokenizer, as JSON with a template.
  private func configuration(_ name: String, template: String) throws -> Data {
    let all = try JSONSerialization.jsonObject(with: Fixtures.data("templates/expected.json"))
    let kinds = try #require((all as? [String: Any])?["configurations"] as? [String: [String: Any]])
    var configuration = try #require(kinds[name])
    configuration["chat_template"] = template
    return try JSONSerialization.data(withJSONObject: configuration)
  }

  private func compare(
    _ expected: [Expected], _ prompts: [ChatPrompt], _ facts: ChatFacts, _ tokenizer: any Tokenizer, _ folder: URL
  ) throws {
    let renderer = ChatRenderer(folder: folder, environment: ProcessInfo.processInfo.environment)
    let results = try renderer.render(prompts, facts: facts, model: "M")
    try #require(results.count == expected.count)
    for (index, (result, expected)) in zip(results, expected).enumerated() {
      switch (result, expected) {
      case (.success(let rendering), .rendered(let text, let count, let ids)):
        #expect(Self.digest(rendering.text) == text, "\(index): \(rendering.text)")
        let tokens = try ChatTokens(rendering.text, rendering.chat, tokenizer: tokenizer, bos: .model)
        #expect(tokens.ids.count == count && Self.digest(tokens.ids.map(String.init).joined(separator: ",")) == ids)
        try expectWhole(tokens, prompts[index], tokenizer)
      case (.failure(let problem), .refused(let words)):
        #expect(problem.message.contains("refuses the conversation: \(words)"), "\(problem.message)")
      default: Issue.record("\(index): \(result), expected \(expected)")
      }
    }
  }

  /// The spans cover all tokens, and those of contents spell what was said, or the part of it that the template shows.
  private func expectWhole(_ tokens: ChatTokens, _ prompt: ChatPrompt, _ tokenizer: any Tokenizer) throws {
    #expect(tokens.conversation.fault(promptLength: tokens.ids.count) == nil)
    #expect(!tokens.conversation.spans.isEmpty)
    for (index, message) in prompt.messages.enumerated() where message.content.unicodeScalars.allSatisfy(\.isASCII) {
      let own = tokens.conversation.spans.filter { $0.message == index && !$0.template }
      let spelled = own.flatMap { tokens.ids[$0.tokens] }.flatMap { tokenizer.bytes(of: $0) ?? [] }
      let said = String(decoding: spelled, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      let content = message.content.trimmingCharacters(in: .whitespacesAndNewlines)
      // A token may stand for the end of a content and the beginning of what closes it.
      #expect(said.isEmpty || content.contains(said) || said.hasPrefix(content), "'\(said)' of '\(content)'")
      if index == 0, message.role == "user", !content.isEmpty { #expect(said.hasPrefix(content), "'\(said)'") }
    }
  }

  private static func digest(_ text: String) -> String { String(SHA256.hex(of: Data(text.utf8)).prefix(16)) }

  @Test(arguments: names) func everyTemplateGivesTheTextsAndTheIDsOfTransformers(name: String) throws {
    let fixture = try Self.fixture.get()
    let own = try #require(fixture.templates.first { $0.name == name })
    let template = try String(contentsOf: Fixtures.url("templates/\(name).jinja"), encoding: .utf8)
    try withTemporaryFolder { folder in
      try Fixtures.data("templates/\(own.tokenizer).json").write(to: folder.appending(path: "tokenizer.json"))
      try configuration(name == "phi3" ? "phi3" : own.tokenizer, template: template).write(
        to: folder.appending(path: "tokenizer_config.json"))
      let tokenizer = try openTokenizer(folder: folder.path)
      let facts = ChatFacts(
        templates: try ChatTemplates.inFolder(folder.path), special: tokenizer.specialTokens,
        written: tokenizer.writtenSpecialTokens)
      try compare(own.cases, fixture.prompts(own.cases.count), facts, tokenizer, folder.appending(path: "cache"))
    }
  }

  @Test func thereAreFortyTemplatesAndMore() { #expect(Self.names.count >= 45) }

  @Test(arguments: ["smollm2-135m", "gemma-3-270m"])
  func realFilesGiveTheTextsAndTheIDsOfTransformers(name: String) throws {
    let fixture = try Self.fixture.get()
    let expected = try #require(fixture.files[name])
    let path = name == "smollm2-135m" ? try RealModels.smolLM2().path : try RealModels.gemma3().path
    let files = try openModelFiles(path: path)
    let tokenizer = try openTokenizer(files: files)
    var templates = try ChatTemplates.of(files)
    if let own = expected.template {
      #expect(templates.isEmpty)
      let text = try String(contentsOf: Fixtures.url("templates/\(own).jinja"), encoding: .utf8)
      templates = [ChatTemplate(name: "default", text: text, source: "test")]
    } else {
      #expect(templates.map(\.source) == ["tokenizer.chat_template"])
    }
    let facts = ChatFacts(
      templates: templates, special: tokenizer.specialTokens, written: tokenizer.writtenSpecialTokens)
    try withTemporaryFolder {
      try compare(expected.cases, fixture.prompts(12), facts, tokenizer, $0)
    }
  }

  private func render(
    _ template: String, _ chat: ChatPrompt, named others: [String: String] = [:]
  ) throws -> Result<ChatRenderer.Rendering, Diagnostic> {
    try withTemporaryFolder { folder in
      let renderer = ChatRenderer(folder: folder, environment: ProcessInfo.processInfo.environment)
      let templates =
        [ChatTemplate(name: "default", text: template, source: "t.jinja")]
        + others.sorted { $0.key < $1.key }.map {
          ChatTemplate(name: $0.key, text: $0.value, source: "\($0.key).jinja")
        }
      let facts = ChatFacts(templates: templates, special: ["bos_token": "<s>"], written: ["<s>", "<|im_start|>"])
      return try renderer.render([chat], facts: facts, model: "M")[0]
    }
  }

  private func message(_ template: String, _ chat: ChatPrompt = Self.hi) throws -> String {
    switch try render(template, chat) {
    case .success(let rendering): rendering.text
    case .failure(let problem): ([problem.message] + problem.hints).joined(separator: "; ")
    }
  }

  private static let hi = ChatPrompt(messages: [.init(role: "user", content: "hi")])

  @Test(
    "a template that means harm ends in an error and reads nothing",
    arguments: [
      ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "did not finish within 1 s"),
      ("{{ 10 ** (9 ** 9) }}", "did not finish within 1 s"),
      ("{{ 'a' * 10 ** 9 }}", "needs more than 512 MiB"),
      ("{{ 'a'.ljust(10 ** 12) }}", "needs more than 512 MiB"),
      (
        "{% set n = namespace(x='aaaaaaaa') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "needs more than 512 MiB"
      ),
      ("{{ range(10 ** 9) | list }}", "Range too big"),
      ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "is not allowed what it does"),
      ("{{ lipsum.__globals__ }}", "is not allowed what it does"),
      ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "is not allowed what it does"),
      ("{{ messages | attr('__class__') }}", "is not allowed what it does"),
      ("{{ strftime_now.__self__ }}", "is not allowed what it does"),
      ("{% set _ = messages.append(1) %}", "is not allowed what it does"),
      ("{% include '/etc/passwd' %}", "no loader"), ("{% import '/etc/passwd' as x %}", "no loader"),
      ("{{ open('/etc/passwd').read() }}", "'open' is undefined"),
      ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "maximum recursion depth"),
      ("{{ '\\ud800' }}", "surrogates not allowed"), ("{{ 'a' * (5 * 10 ** 6) }}", "gives 5000000 characters"),
      ("{% if %}", "(t.jinja, line 1) is no Jinja: Expected an expression"),
    ])
  func hostile(template: String, words: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let said = try message(template)
    // On a busy machine, time ends before memory.
    let endings = words.hasPrefix("needs more") ? [words, "did not finish within 1 s"] : [words]
    #expect(endings.contains { said.contains($0) }, "\(said)")
    #expect(!said.contains("root:"))
    // Two seconds on a machine with nothing else to do.
    #expect(clock.now - start < .seconds(10))
  }

  @Test func aRefusalOfTheTemplateIsToldWithItsLine() throws {
    #expect(
      try message("a\n{{ raise_exception('no system') }}")
        == "the chat template 'default' (t.jinja, line 2) refuses the conversation: no system; "
        + "change the roles or their order as the template wants them")
    #expect(try message("{# nothing #}") == "the chat template 'default' (t.jinja) gives no text")
  }

  @Test func variablesThatATemplateDoesNotReadAreRefused() throws {
    let template = "{{ 'on' if enable_thinking else 'off' }}{{ budget }}{{ messages[0].content }}"
    func ask(_ change: (inout ChatPrompt) -> Void) throws -> String {
      var chat = Self.hi
      change(&chat)
      return try message(template, chat)
    }
    #expect(try ask { $0.thinking = true } == "onhi")
    #expect(try ask { $0.variables = ["budget": .whole(3), "enable_thinking": .bool(false)] } == "off3hi")
    #expect(
      try ask { $0.variables = ["buget": .whole(3)] }
        == "the chat template 'default' (t.jinja) reads no variable 'buget'; did you mean 'budget'? known variables: "
        + "budget, enable_thinking")
    // A name that the template sets in a loop is no variable.
    var loop = Self.hi
    loop.variables = ["m": .whole(3)]
    #expect(
      try message("{% for m in messages %}{{ m.content }}{% endfor %}", loop)
        == "the chat template 'default' (t.jinja) reads no variable 'm'; it reads no variables")
    var chat = Self.hi
    chat.thinking = false
    #expect(
      try message("{{ messages[0].content }}", chat)
        == "the chat template 'default' (t.jinja) has no variable enable_thinking or thinking, so thinking cannot be switched; "
        + "it reads no variables")
  }

  @Test func templatesAreChosenByNameOrByTools() throws {
    func ask(_ change: (inout ChatPrompt) -> Void) throws -> String {
      var chat = Self.hi
      change(&chat)
      switch try render("plain", chat, named: ["tool_use": "tools {{ tools | tojson }}", "rag": "rag"]) {
      case .success(let rendering): return "\(rendering.text) \(rendering.chat.conversation.template?.name ?? "")"
      case .failure(let problem): return ([problem.message] + problem.hints).joined(separator: "; ")
      }
    }
    #expect(try ask { _ in } == "plain default")
    #expect(try ask { $0.template = "rag" } == "rag rag")
    #expect(
      try ask { $0.variables = ["tools": .list([.object(["a": .text("<é>")])])] } == "tools [{\"a\": \"<é>\"}] tool_use"
    )
    #expect(
      try ask { $0.template = "rga" }
        == "has no chat template called 'rga'; did you mean 'rag'? known templates: default, rag, tool_use")
  }

  @Test func theDateIsPinnedAndToldIfItIsAskedFor() throws {
    let asked = try render("{{ strftime_now('%A %d %b %Y') }}", Self.hi).get()
    #expect(asked.text == "Wednesday 01 Jan 2025" && asked.chat.conversation.date == "2025-01-01")
    #expect(asked.notes.first?.contains("asks for the date and sees 2025-01-01") == true)
    var chat = Self.hi
    chat.date = CalendarDate("2024-02-29")
    let given = try render("{{ messages[0].content }} {{ strftime_now('%Y-%m-%d') }}", chat).get()
    #expect(given.text == "hi 2024-02-29" && given.chat.conversation.date == "2024-02-29" && given.notes.isEmpty)
    #expect(try render("{{ messages[0].content }}", chat).get().chat.conversation.date == nil)
  }

  @Test func mappingsOfVariablesKeepTheirOrder() throws {
    func text(_ members: TemplateVariable.Members) throws -> String {
      var chat = Self.hi
      chat.variables = ["m": .object(members)]
      return try render("{{ messages[0].content }} {{ m | tojson }}{% for k in m %} {{ k }}{% endfor %}", chat).get()
        .text
    }
    #expect(
      try text(["c": .real(1), "b": .object(["z": .null, "y": .bool(true)]), "a": .text("é\"")])
        == #"hi {"c": 1.0, "b": {"z": null, "y": true}, "a": "é\""} c b a"#)
    #expect(try text(["a": .whole(1), "c": .whole(2)]) == #"hi {"a": 1, "c": 2} a c"#)
    #expect(try text(["x": .whole(1)]) == #"hi {"x": 1} x"#)
    #expect(try text(["x": .real(1)]) == #"hi {"x": 1.0} x"#)
    #expect(try text(["c": .whole(2), "a": .whole(1)]) == #"hi {"c": 2, "a": 1} c a"#)
  }

  @Test func aMessageThatTheTemplateLeavesOutIsTold() throws {
    var chat = Self.hi
    chat.messages.insert(.init(role: "system", content: "Be short"), at: 0)
    let template = "{% for m in messages if m.role == 'user' %}{{ m.content | trim }}{% endfor %}"
    #expect(
      try render(template, chat).get().notes.filter { $0.contains("leaves out") }
        == [
          "the chat template leaves out the message of the role 'system', or changes it: 'Be short' does not stand in the prompt"
        ])
    #expect(try render(template, Self.hi).get().notes.allSatisfy { !$0.contains("leaves out") })
    #expect(try render("hello", Self.hi).get().notes.contains { $0.contains("'hi' does not stand in the prompt") })
  }

  @Test func aFaultOfTheTemplateIsNotBlamedOnTheConversation() throws {
    switch try render("{{ range(1000000000) | list }}", Self.hi) {
    case .success: Issue.record("expected an error")
    case .failure(let problem):
      #expect(problem.message.contains(" fails: Range too big"), "\(problem.message)")
      #expect(!problem.hints.contains { $0.contains("roles") })
    }
  }

  @Test func aMessageThatSpellsASpecialTokenGetsANote() throws {
    let chat = ChatPrompt(messages: [.init(role: "user", content: "what is <|im_start|>?")])
    #expect(
      try render("{{ messages[0].content }}", chat).get().notes
        == ["a message spells the special token '<|im_start|>', and becomes that token, as in transformers"])
  }

  @Test func textsAreKeptByContent() throws {
    try withTemporaryFolder { folder in
      let renderer = ChatRenderer(folder: folder, environment: ProcessInfo.processInfo.environment)
      func text(_ template: String, _ chat: ChatPrompt) throws -> String {
        let facts = ChatFacts(
          templates: [ChatTemplate(name: "default", text: template, source: "t")], special: [:], written: [])
        return try renderer.render([chat], facts: facts, model: "M")[0].get().text
      }
      #expect(try text("{{ messages[0].content }}", Self.hi) == "hi")
      // Neither another order nor a whole number in the place of another is the same content.
      for members: TemplateVariable.Members in [
        ["a": .whole(1), "c": .whole(2)], ["c": .whole(2), "a": .whole(1)], ["x": .whole(1)], ["x": .real(1)],
      ] {
        var chat = Self.hi
        chat.variables = ["m": .object(members)]
        let written = try TemplateVariable.object(members).json().replacing(":", with: ": ").replacing(",", with: ", ")
        #expect(try text("{{ messages[0].content }}{{ m | tojson }}", chat) == "hi" + written)
      }
      try FileManager.default.removeItem(at: folder)
      #expect(try text("{{ messages[0].content }}", Self.hi) == "hi")
      let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
      let kept = String(decoding: try #require(SealedFile.read(folder.appending(path: file))), as: UTF8.self)
      let changed = kept.replacing("\"text\": \"hi\"", with: "\"text\": \"kept\"")
      try SealedFile.write(Data(changed.utf8), to: folder.appending(path: file))
      #expect(try text("{{ messages[0].content }}", Self.hi) == "kept")
      #expect(try text("{{ messages[0].content }} ", Self.hi) == "hi ")
      var other = Self.hi
      other.date = CalendarDate("2024-02-29")
      #expect(try text("{{ messages[0].content }}", other) == "hi")
    }
  }

  @Test func withoutJinjaTheErrorSaysWhatToInstall() throws {
    try withTemporaryFolder { folder in
      // A Python without packages: it does not find jinja2, and says so as the script does.
      let python = folder.appending(path: "python3")
      try Data("#!/bin/sh\nexit 3\n".utf8).write(to: python)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
      let none = #expect(throws: Diagnostic.self) { try ChatProcess.find(python, environment: [:]) }
      #expect(
        none?.message == "chat templates are rendered by jinja2 for python3, found python3 without it (\(python.path))")
      #expect(none?.hints.first == "Debian: apt install python3-jinja2; elsewhere: python3 -m pip install jinja2")
      let absent = #expect(throws: Diagnostic.self) {
        try ChatProcess.find(folder.appending(path: "none"), environment: [:])
      }
      #expect(absent?.message == "chat templates are rendered by jinja2 for python3, found no python3")
      // The first on PATH takes its place.
      let other = try ChatProcess.find(folder.appending(path: "none"), environment: ["PATH": "/usr/bin"])
      #expect(other.python.path == "/usr/bin/python3" && other.version.first?.isNumber == true)
    }
  }

  @Test func aBaseModelHasNoTemplate() throws {
    let renderer = ChatRenderer(folder: URL(filePath: "/nowhere"), environment: [:])
    let problem = #expect(throws: Diagnostic.self) {
      try renderer.render([Self.hi], facts: .none, model: "Gemma 3 270M")
    }
    #expect(
      problem?.message == "expected a chat template, which a conversation needs, found none: this is a base model")
  }
}
