import Foundation
import Testing

@testable import Traces

/// The conversation of a trace is written, read and checked.
@Suite struct ConversationTraceTests {
  private static let plain = """
    {"schema":"strata.trace/1","compute":"f32","lens":{"kind":"logit","norm":"final"},
    "model":{"name":"M","architecture":"Llama","layers":1,"width":4,"vocabulary":9,"weights":"F32","sha256":"ff"},
    "prompt":"<u>hi</u><a>","prompt_length":5,"method":{"generate":0,"decoding":"greedy"},
    "tokens":[{"id":1,"text":""},{"id":2,"text":"<u>"},{"id":3,"text":"hi"},{"id":4,"text":"</u>"},{"id":5,"text":"<a>"}],
    "rows":[{"layer":0,"point":"embedding"}],"columns":[{"position":4}],"rank":[[null]],"logprob":[[null]],
    "entropy":[[1]],"kl":[[0]],"top":{"k":1,"ids":[[[4]]],"logprobs":[[[-0.1]]]},"watch":[],"texts":{"4":"a"},
    "chat":{"template":{"name":"default","sha256":"aa","source":"chat_template.jinja"},
    "messages":[{"role":"user","content":"hi"}],"variables":{"a":true,"b":[1,2.5,null,"x"],"c":{"d":-3}},"date":"2024-02-29",
    "spans":[{"first":0,"count":1,"template":true},{"role":"user","message":0,"first":1,"count":1,"template":true},
    {"role":"user","message":0,"first":2,"count":1,"template":false},
    {"role":"user","message":0,"first":3,"count":1,"template":true},
    {"role":"assistant","first":4,"count":1,"template":true}]}}
    """

  private func read(_ text: String) throws -> Trace { try Trace.read(Data(text.utf8), path: "t") }

  @Test func everyPartOfAConversationIsReadAndWritten() throws {
    let trace = try read(Self.plain)
    let expected = Conversation(
      template: .init(name: "default", sha256: "aa", source: "chat_template.jinja"),
      messages: [.init(role: "user", content: "hi")],
      variables: [
        "a": .bool(true), "b": .list([.whole(1), .real(2.5), .null, .text("x")]), "c": .object(["d": .whole(-3)]),
      ],
      date: "2024-02-29",
      spans: [
        .init(role: nil, first: 0, count: 1, template: true),
        .init(role: "user", message: 0, first: 1, count: 1, template: true),
        .init(role: "user", message: 0, first: 2, count: 1, template: false),
        .init(role: "user", message: 0, first: 3, count: 1, template: true),
        .init(role: "assistant", first: 4, count: 1, template: true),
      ])
    #expect(trace.chat == expected)
    #expect(expected.span(at: 2) == expected.spans[2] && expected.span(at: 5) == nil)
    let data = try trace.jsonData()
    #expect(try Trace.read(data, path: "t") == trace)
    var other = trace
    other.chat = nil
    #expect(!String(decoding: try other.jsonData(), as: UTF8.self).contains("chat"))
    other.chat = Conversation(template: nil, messages: [], spans: [])
    #expect(String(decoding: try other.jsonData(), as: UTF8.self).contains(#""chat":{"messages":[],"spans":[]}"#))
    #expect(try Trace.read(other.jsonData(), path: "t") == other)
  }

  @Test(
    "a fault is told with its place",
    arguments: [
      ("\"role\":\"user\",\"content\"", "\"content\"", "'chat.messages[0]': expected the key 'role', found none"),
      ("2024-02-29", "2023-02-29", "'chat.date': expected a date such as '2025-01-31', found the string '2023-02-29'"),
      (
        "\"first\":2,\"count\":1", "\"first\":2,\"count\":2",
        "'chat.spans[3].first': 3, expected 4, where the span before ends"
      ),
      (
        "\"first\":2,\"count\":1", "\"first\":2,\"count\":0",
        "'chat.spans[2].count': 0, expected 1 to 3, as many as the prompt has"
      ),
      (
        "\"first\":2,\"count\":1", "\"first\":2,\"count\":9223372036854775807",
        "'chat.spans[2].count': 9223372036854775807, expected 0 to 2147483647"
      ),
      (
        ",\n\"spans\":[{\"first\":0", ",\n\"spans\":[{\"message\":7,\"first\":0",
        "'chat.spans[0].message': 7, expected an index into 'messages', which has 1"
      ),
      (
        "{\"role\":\"user\",\"message\":0,\"first\":3", "{\"role\":\"system\",\"message\":0,\"first\":3",
        "'chat.spans[3].role': 'system', expected 'user' as in 'messages[0]'"
      ),
      (
        "\"first\":0,\"count\":1,\"template\":true", "\"first\":0,\"count\":1,\"template\":false",
        "'chat.spans[0].message': missing, expected the message whose content this is"
      ),
      (
        ",\n{\"role\":\"assistant\",\"first\":4,\"count\":1,\"template\":true}]", "]",
        "'chat.spans': 4 tokens, expected 5 as in 'prompt_length'"
      ),
      ("\"template\":false", "\"template\":0", "'chat.spans[2].template': expected true or false, found the number 0"),
      (
        "\"date\":\"2024-02-29\"", "\"reply\":true",
        "'chat.reply': true, expected false where the last message is not the assistant's"
      ),
      ("\"a\":true", "\"b\":true", "'chat.variables': expected every key once, found 'b' twice"),
    ])
  func fault(plain: String, other: String, message: String) throws {
    let text = Self.plain.replacing(plain, with: other, maxReplacements: 1)
    try #require(text != Self.plain, "\(plain)")
    let error = try #require(throws: TraceFileError.self) { try read(text) }
    #expect(error.message == message)
  }

  @Test func aDateIsADayThatTheCalendarHas() {
    #expect(CalendarDate("2000-02-29")?.description == "2000-02-29")
    #expect(CalendarDate("0042-12-01")?.description == "0042-12-01")
    for text in [
      "1900-02-29", "2025-13-01", "2025-00-10", "2025-1-1", "2025-01-32", "0000-01-01", "20250101", "+025-01-01", "",
    ] {
      #expect(CalendarDate(text) == nil, "\(text)")
    }
  }
}
