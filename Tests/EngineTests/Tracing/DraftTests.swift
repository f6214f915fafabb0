import TestSupport
import Testing

@testable import Engine

@Suite("What is proposed to come next")
struct DraftTests {
  @Test func theLongestMatchIsFollowedAndTheMostRecentOfEquals() {
    #expect(PromptLookup.draft(after: [1, 2, 3, 9, 7, 2, 3, 8, 1, 2, 3], count: 2) == [9, 7])
    #expect(PromptLookup.draft(after: [2, 3, 9, 2, 3, 8, 2, 3], count: 3) == [8, 2, 3])
    #expect(PromptLookup.draft(after: [1, 2, 3, 4], count: 3).isEmpty)
    #expect(PromptLookup.draft(after: [5, 1, 5], count: 3).isEmpty, "one token alone says too little")
    #expect(PromptLookup.draft(after: [], count: 3).isEmpty)
    #expect(PromptLookup.draft(after: [7], count: 3).isEmpty)
  }

  @Test func aRepetitionGoesOnWithoutEnd() {
    #expect(PromptLookup.draft(after: [4, 5, 4, 5, 4], count: 7) == [5, 4, 5, 4, 5, 4, 5])
    #expect(PromptLookup.draft(after: [6, 6, 6], count: 4) == [6, 6, 6, 6])
  }

  /// What a model's list look-up proposes after a text, as text.
  private func list(_ text: String, count: Int = 7) throws -> String {
    let model = try openModel(RealModels.gemma3(), name: "gemma-3-270m")
    let ids = try model.tokenizer.encode(text, addSpecialTokens: true)
    return ListLookup(model).draft(after: ids, count: count).compactMap(model.tokenizer.text).joined()
  }

  @Test func numbersOfAListGoOnAsTheyDid() throws {
    let head = "Countries:\n1. Austria\n2. Belgium\n3. Czech Republic"
    #expect(try list(head) == "\n4.")
    #expect(try list(head, count: 2) == "\n4")
    #expect(try list(head + "\n") == "4.")
    #expect(try list(head + "\n4") == ".")
    #expect(try list(head + "\n4.") == "", "an entry's words are not known")
    #expect(try list(head + "\n5") == "", "another number than expected")
    #expect(try list("8. Greece\n9. Hungary") == "\n10.")
    #expect(try list("98. Greece\n99. Hungary\n1") == "00.")
    #expect(try list("20: Greece\n18: Hungary") == "\n16:")
  }

  @Test func bulletsAndProgressionsAreLists() throws {
    #expect(try list("Countries:\n- Austria\n- Belgium\n- Bulgaria") == "\n-")
    #expect(try list("41, 42, 43,", count: 4) == " 44,")
    #expect(try list("1, 1, 1,", count: 3) == " 1,")
  }

  @Test func plainTextIsNoList() throws {
    #expect(try list("The keys, the old ones, are in the cabinet") == "")
    #expect(try list("") == "")
    #expect(try list("7") == "")
  }

  @Test func proposalsThatMissGrowRare() throws {
    let model = try openModel(RealModels.smolLM2(), name: "smollm2-135m")
    var speculation = Speculation(ListLookup(model))
    var proposals = 0
    for _ in 0..<200 {
      let draft = speculation.draft(after: [5, 6, 7, 5, 6], limit: 7)
      #expect(draft.count <= 3)
      proposals += draft.isEmpty ? 0 : 1
      speculation.learn(accepted: 0, of: draft.count)
    }
    #expect((2..<20).contains(proposals))
  }
}
