import Foundation
import TestSupport
import Testing

/// Words of the layers, automatic words and framed words from the command line and from a spec.
@Suite struct VocabularyProgramTests {
  private let model = Fixtures.url("models/gpt2/gpt2.gguf").path

  @Test func automaticWordsOfTheCommandLineStandInTheTraceAndInTheCaption() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let asked = ["trace", "-q", "--model", model, "--prompt", "the keys", "--generate", "2"]
      let result = try strata.run(asked + ["--watch", "auto(2, all)", "-o", "t.json"])
      #expect(result.status == 0, "\(result.err)")
      let data = try Data(contentsOf: folder.appending(path: "t.json"))
      let trace = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let automatic = try #require(trace["watch_auto"] as? [String: Any])
      let ids = try #require(automatic["ids"] as? [Int])
      #expect(automatic["asked"] as? String == "auto(2, all)" && (1...2).contains(ids.count))
      #expect((trace["watch"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == ids)
      let drawn = try strata.run(["draw", "t.json", "--kind", "token-ranks", "-o", "t.tex"])
      #expect(drawn.status == 0, "\(drawn.err)")
      let tex = try String(contentsOf: folder.appending(path: "t.tex"), encoding: .utf8)
      #expect(tex.contains("watched automatically"))
      let wrong = try strata.run(asked + ["--watch", "auto(none)"])
      #expect(wrong.status == 64 && wrong.err.contains("expected auto(n) with n from 1 to 20"), "\(wrong.err)")
      // What looks like a request is no word, and a set watches the text itself.
      for near in [" auto(3)", "Auto(3)", "auto (3)", "auto(3", "auto(3) "] {
        let near = try strata.run(asked + ["--watch", near])
        #expect(near.status == 64 && near.err.contains("to watch this text itself, make a set of it"), "\(near.err)")
      }
      let literal = try strata.run(asked + ["--watch-set", "{tokens: [\"auto(3)\"]}"])
      #expect(literal.status == 66 && literal.err.contains("the watched word 'auto(3)' is"), "\(literal.err)")
    }
  }

  @Test func aLongerListThanTheTraceKeepsAndAMarkedWordOfSeveralTokensAreErrorsOfTheSpec() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      func build(_ figure: String) throws -> StrataProgram.Result {
        let spec = """
          models: {tiny: \(model)}
          prompts: [{id: keys, text: "the keys", generate: 2, columns: all, top: 4}]
          figures:
            - \(figure)

          """
        try Data(spec.utf8).write(to: folder.appending(path: "s.yaml"))
        return try strata.run(["build", "s.yaml"])
      }
      let long = try build("{kind: vocabulary, k: 5}")
      #expect(long.status == 65, "\(long.err)")
      #expect(long.err.contains("s.yaml:4:27: vocabulary: option 'k' expects at most 4"), "\(long.err)")
      #expect(long.err.contains("top: 5 keeps more"))
      let mark = try build("{kind: lens-grid, mark: {a: [\"the keys to the cabinet\"]}}")
      #expect(mark.status == 65, "\(mark.err)")
      #expect(
        mark.err.contains(
          "s.yaml:4:29: 'the keys to the cabinet' in mark of lens-grid, under a, is not one token of tiny"),
        "\(mark.err)")
      let fine = try build("{kind: vocabulary, k: 4}")
      #expect(fine.status == 0, "\(fine.err)")
    }
  }
}
