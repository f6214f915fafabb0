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
}
