import Engine
import Foundation
import Testing
import Traces

@testable import Spec
@testable import Words

/// Conversations in specs, in tables of prompts and on the command line.
@Suite struct ChatSpecTests {
  private func prompts(_ yaml: String, table: String = "") throws -> [ReportSpec.Prompt] {
    let spec = "models: {a: smollm2-135m}\nprompts: \(yaml)\nfigures: [{kind: top-tokens}]\n"
    return try SpecReader.read(
      Data(spec.utf8), name: "r.yaml", vocabulary: .test, files: SpecFiles { _, _ in .bytes(Data(table.utf8)) }
    ).prompts
  }

  private func problem(_ yaml: String, table: String = "") -> String {
    #expect(throws: DiagnosticList.self) { try prompts(yaml, table: table) }?.diagnostics.map(\.rendered)
      .joined(separator: "\n") ?? ""
  }

  private func message(_ role: String, _ content: String) -> Conversation.Message {
    .init(role: role, content: content)
  }

  @Test func everyFormIsRead() throws {
    let one = try prompts("[{id: one, chat: \"Where?\"}]")[0]
    #expect(one.chat == ChatPrompt(messages: [message("user", "Where?")], generationPrompt: true))
    #expect(one.text == "Where?" && !one.isRendered)
    let whole = try prompts(
      """
      [{id: one, chat: [{role: user, content: ""}], system: S, reply: "It ", thinking: off, template: rag, date: 2024-02-29,
        variables: {a: 1, b: [true, null, "x"], c: {d: 2.5}}}]
      """)[0]
    let chat = try #require(whole.chat)
    #expect(chat.messages == [message("system", "S"), message("user", ""), message("assistant", "It ")])
    #expect(chat.hasReply && !chat.generationPrompt && chat.thinking == false && chat.template == "rag")
    #expect(chat.date == CalendarDate("2024-02-29"))
    #expect(
      chat.variables == [
        "a": .whole(1), "b": .list([.bool(true), .null, .text("x")]), "c": .object(["d": .real(2.5)]),
      ])
    #expect(whole.text == "system: S\nuser: \nassistant: It ")
    let open = "[{id: one, messages: [{role: user, content: A}, {role: assistant, content: B}]"
    #expect(try prompts("\(open)}]")[0].chat?.generationPrompt == false)
    #expect(try prompts("\(open), generation_prompt: true}]")[0].chat?.generationPrompt == true)
    #expect(try prompts("[{id: one, chat: A, generation_prompt: false}]")[0].chat?.generationPrompt == false)
    #expect(try prompts("[{id: one, chat: A, thinking: \"on\"}]")[0].chat?.thinking == true)
    let rendered = try prompts("[{id: one, rendered: \"<s>A\"}]")[0]
    #expect(rendered.chat == nil && rendered.isRendered && rendered.text == "<s>A")
  }

  @Test func listsOfPartsAndCallsOfToolsHaveAdvice() {
    #expect(
      problem("[{id: one, chat: [{role: user, content: [{type: text, text: Hi}]}]}]").contains(
        "hint: lists of parts are not supported: write the text itself, without {type: text, text: ...} around it"))
    #expect(
      problem("[{id: one, chat: [{role: assistant, content: Hi, tool_calls: [{name: f}]}]}]").contains(
        "unknown key 'tool_calls' in message 1 of prompt 'one'\n  hint: calls of tools are not supported"))
  }

  @Test func aKeyTwiceInAMessageIsRefused() throws {
    let doubled = "[{\"role\": \"user\", \"role\": \"system\", \"content\": \"A\"}]"
    let error = #expect(throws: DiagnosticList.self) {
      try ChatPrompt.parse([("messages", "c.json", .json(Data(doubled.utf8)))], category: .badSpec)
    }
    let found = try #require(error?.diagnostics.first)
    #expect(found.category == .badSpec && found.message == "expected every key once, found 'role' twice")
    #expect(
      problem("{from: t.jsonl}", table: "{\"id\": \"a\", \"messages\": \(doubled)}\n").contains("found 'role' twice"))
  }

  @Test func requestsAskForTheConversation() throws {
    let spec = try SpecReader.read(
      Data(
        "models: {a: smollm2-135m}\nprompts: [{id: a, chat: A}, {id: b, rendered: B}, {id: c, text: C}]\nfigures: [top-tokens]\n"
          .utf8), name: "r.yaml", vocabulary: .test)
    let requests = spec.prompts.indices.map { spec.request(forPrompt: $0, of: 0) }
    #expect(requests.map(\.prompt) == ["", "B", "C"])
    #expect(requests[0].chat == .asked(ChatPrompt(messages: [message("user", "A")])))
    #expect(requests[1].chat == .rendered(.given) && requests[2].chat == nil)
  }

  @Test func tablesTakeConversations() throws {
    let lines = """
      {"id": "a", "messages": [{"role": "user", "content": "A \\ud83d\\ude00"}, {"role": "assistant", "content": "B"}]}
      {"id": "b", "chat": "C", "system": null, "thinking": false, "variables": {"k": [1]}}
      """
    let found = try prompts("{from: p.jsonl}", table: lines)
    #expect(found[0].chat?.messages == [message("user", "A 😀"), message("assistant", "B")])
    #expect(found[1].chat?.messages == [message("user", "C")] && found[1].chat?.thinking == false)
    #expect(found[1].chat?.variables == ["k": .list([.whole(1)])])
    let rows = "id,chat,system,date,generation_prompt\na,\"[x] Where?\",S,2025-02-03,false\n"
    let row = try #require(try prompts("{from: p.csv}", table: rows)[0].chat)
    #expect(row.messages == [message("system", "S"), message("user", "[x] Where?")] && !row.generationPrompt)
    #expect(row.date == CalendarDate("2025-02-03"))
    #expect(
      problem("{from: p.jsonl}", table: "{\"id\": \"a\", \"messages\": [{\"role\": \"user\"}]}")
        == "error: p.jsonl:1:25: 'content' is missing in message 1 of prompt 'a'")
  }

  @Test(
    "mistakes have places",
    arguments: [
      ("chat: A, text: B", "r.yaml:2:21: prompt 'one' has both text and chat\n  hint: keep one of them"),
      (
        "text: A, system: B",
        "r.yaml:2:30: prompt 'one' has system without a conversation\n  hint: system says more about chat; text is run as it is written"
      ),
      ("rendered: A, thinking: on", "r.yaml:2:34: prompt 'one' has thinking without a conversation\n"),
      ("chat: []", "r.yaml:2:27: chat of prompt 'one' must have at least one entry"),
      ("chat: [A]", "r.yaml:2:28: message 1 of prompt 'one' must be a mapping with role and content, found 'A'"),
      ("chat: [{role: user}]", "r.yaml:2:28: 'content' is missing in message 1 of prompt 'one'"),
      ("chat: [{role: user, content: 3}]", "must be text, found the number 3"),
      ("chat: [{role: user, text: A}]", "unknown key 'text' in message 1 of prompt 'one'"),
      ("chat: A, thinking: maybe", "r.yaml:2:40: thinking of prompt 'one' must be on or off, found 'maybe'"),
      ("chat: A, date: 2025-02-30", "date of prompt 'one' must be a day such as 2025-01-31, found the date 2025-02-30"),
      (
        "chat: A, variables: {messages: 1}",
        "variables of prompt 'one' must not set 'messages'\n  hint: use the key chat of the prompt"
      ),
      ("chat: A, variables: {x: .inf}", "variable 'x' of prompt 'one' must be a number that JSON has"),
      ("chat: A, variables: [x]", "variables of prompt 'one' must be a mapping of keys to values, found a list"),
      ("chat: [{role: system, content: A}], system: B", "prompt 'one' has two system messages, one in system"),
      ("chat: [{role: assistant, content: A}], reply: B", "prompt 'one' has a reply after a message of the assistant"),
      ("chat: A, reply: B, generation_prompt: true", "prompt 'one' has both reply and generation_prompt"),
      ("system: B", "'text' is missing in prompt 'one'"),
    ])
  func mistake(keys: String, words: String) {
    let found = problem("[{id: one, \(keys)}]")
    #expect(found.contains(words), "\(found)")
  }

  @Test func theCommandLineTakesTheSameKeys() throws {
    let chat = try ChatPrompt.parse(
      [
        ("chat", "--chat", .text("Where?")), ("system", "--system", .text("on")),
        ("thinking", "--thinking", .text("off")),
        ("variables", "--variable", .members([("n", "3"), ("s", "\"3\""), ("l", "[a, {b: true}]")])),
      ], category: .usage)
    #expect(chat.messages == [message("system", "on"), message("user", "Where?")] && chat.thinking == false)
    #expect(
      chat.variables == ["n": .whole(3), "s": .text("3"), "l": .list([.text("a"), .object(["b": .bool(true)])])])
    let problems = #expect(throws: DiagnosticList.self) {
      try ChatPrompt.parse(
        [("messages", "c.json", .json(Data("[{\"role\": \"user\"}]".utf8)))], category: .badInput)
    }?.diagnostics
    #expect(problems?.map(\.rendered) == ["error: c.json: 'content' is missing in message 1 of the conversation"])
    #expect(problems?.first?.category == .badInput)
    #expect(throws: DiagnosticList.self) {
      try ChatPrompt.parse([("messages", "c.json", .json(Data("[{]".utf8)))], category: .badInput)
    }
  }
}
