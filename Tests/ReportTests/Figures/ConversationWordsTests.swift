import Testing
import Traces

@testable import Figures
@testable import Words

/// Captions say that a chat template made the prompt.
@Suite struct ConversationWordsTests {
  private func trace(_ chat: Conversation?, model: String = "M") -> Trace {
    Trace(
      model: .init(
        name: model, architecture: "Llama", layers: 1, width: 4, vocabulary: 9, weights: "F32", sha256: "ff",
        license: nil, source: nil),
      lens: .init(kind: .logit, norm: .final), prompt: "a", promptLength: 1, method: .generate(0),
      tokens: [.init(id: 3, text: "a", bytes: nil)], rows: [.init(layer: 0, point: .embedding)],
      columns: [.init(position: 0, target: nil)], rank: [[nil]], logprob: [[nil]],
      top: .init(k: 1, ids: [[[4]]], logprobs: [[[-0.1]]]), watch: [], entropy: [[1]], kl: [[0]],
      texts: [4: .text("a")],
      chat: chat)
  }

  @Test func theTemplateIsNamedOnceForEachModel() {
    let template = Conversation.Template(name: "default", sha256: "0123456789abcdef", source: "s")
    var chat = Conversation(template: template, messages: [], spans: [])
    let plain = "The prompt of M is a conversation, rendered by its chat template (SHA-256 0123456789ab…)."
    #expect(Wording.conversations([trace(nil)]) == [])
    #expect(Wording.conversations([trace(chat), trace(chat), trace(nil)]) == [plain])
    chat.template?.name = "rag"
    chat.date = "2025-01-01"
    #expect(
      Wording.conversations([trace(chat, model: "N")]) == [
        "The prompt of N is a conversation, rendered by its chat template “rag” (SHA-256 0123456789ab…), which saw the "
          + "date 2025-01-01."
      ])
    #expect(
      Wording.conversations([trace(Conversation(template: nil, messages: [], spans: []))])
        == ["The prompt was given as a rendered conversation."])
  }

  @Test func whatTheTemplateWasToldIsNamed() {
    let template = Conversation.Template(name: "default", sha256: "0123456789abcdef", source: "s")
    var chat = Conversation(
      template: template,
      messages: [.init(role: "user", content: "Where?"), .init(role: "assistant", content: "It is\nin")],
      hasReply: true,
      variables: ["enable_thinking": .bool(false), "tools": .list([]), "tone": .text("short")], date: nil, spans: [])
    #expect(
      Wording.conversations([trace(chat)]) == [
        "The prompt of M is a conversation, rendered by its chat template (SHA-256 0123456789ab…), with enable_thinking = "
          + "false, tone = “short” and tools; the answer begins with the given “It is↵in”."
      ])
    for number in 0..<6 { chat.variables["v\(number)"] = .whole(number) }
    #expect(Wording.conversations([trace(chat)])[0].contains(" and 5 more; the answer begins"))
  }

  @Test func theSeedOfEachTraceIsNamed() {
    func drawn(_ name: String, _ seed: Int?) -> Trace {
      var trace = trace(nil, model: name)
      trace.method = seed.map { .sample(2, Sampling(temperature: 1, seed: $0)) } ?? .generate(2)
      return trace
    }
    #expect(
      Wording.sampled([drawn("A", 1), drawn("B", 1)])
        == ["The output tokens were drawn at random (temperature 1, seed 1)."])
    #expect(
      Wording.sampled([drawn("A", 1), drawn("B", 2), drawn("C", 1)]) == [
        "The output tokens of A and C were drawn at random (temperature 1, seed 1).",
        "The output tokens of B were drawn at random (temperature 1, seed 2).",
      ])
    #expect(
      Wording.sampled([drawn("A", nil), drawn("B", 2)])
        == ["The output tokens of B were drawn at random (temperature 1, seed 2)."])
    #expect(Wording.sampled([drawn("A", nil)]) == [])
  }

  @Test func paddingRowsAreCountedOnce() {
    func model(_ name: String, _ rows: Int?) -> Trace.Model {
      Trace.Model(
        name: name, architecture: "Llama", layers: 1, width: 4, vocabulary: 9, padding: rows, weights: "F32",
        sha256: "ff", license: nil, source: nil)
    }
    let (final, raw) = (
      Trace.Lens(kind: .logit, norm: .final), Trace.Lens(kind: .logit, norm: .none)
    )
    #expect(Wording.padding([(model("A", nil), final)]) == [])
    #expect(
      Wording.padding([(model("A", 1280), final), (model("A", 1280), final)])
        == ["1,280 padding rows of the head are left out."])
    #expect(Wording.padding([(model("A", 1), raw)]) == ["1 padding row of the head is counted."])
    #expect(
      Wording.padding([(model("A", 3), final), (model("B", nil), final)])
        == ["3 padding rows of the head of A are left out."])
  }
}
