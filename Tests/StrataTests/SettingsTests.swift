import Foundation
import TestSupport
import Testing

/// `strata models show --settings`: what becomes of every setting, also of a model that is refused for one.
@Suite struct SettingsTests {
  /// Runs `body` with the program and a copy of a tiny model whose config.json has another setting.
  private func run(adding setting: String, _ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "m", directoryHint: .isDirectory)
      try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
      let config = model.appending(path: "config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      let place = try #require(text.firstIndex(of: "{"))
      try "{\(setting)\(text[text.index(after: place)...])".write(to: config, atomically: true, encoding: .utf8)
      try body(StrataProgram(folder: folder))
    }
  }

  @Test func everySettingIsListedWithWhatBecomesOfIt() throws {
    try run(adding: #""attention_dropout": 0.1, "is_decoder": false,"#) { strata in
      let result = try strata.run("models", "show", "./m", "--settings")
      #expect(result.status == 0)
      #expect(result.err == "")
      let lines = result.out.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 2).map(String.init) }
      let found = Dictionary(lines.filter { $0.count == 3 }.map { ($0[0], $0[2]) }) { first, _ in first }
      #expect(found["hidden_size"]?.trimmingCharacters(in: .whitespaces) == "read")
      #expect(
        found["attention_dropout"]?.trimmingCharacters(in: .whitespaces) == "ignored: dropout acts in training only")
      #expect(result.out.contains("\n\(strata.folder.path)/m/tokenizer.json\n"))
    }
  }

  @Test func aSettingThatIsNotFollowedIsRefusedByNameAndCanBeAccepted() throws {
    try run(adding: #""attention_sinks": 4,"#) { strata in
      let shown = try strata.run("models", "show", "./m", "--settings")
      #expect(shown.status == 66)
      #expect(shown.out.contains(" refused\n"))
      let refused = """
        error: \(strata.folder.path)/m: 1 setting is not followed: 'attention_sinks' = 4 in config.json
          hint: a setting that is not followed can change the numbers, so the model is refused
          hint: to open it anyway: --accept-setting attention_sinks

        """
      #expect(shown.err == refused)
      let traced = try strata.run("trace", "--model", "./m", "--prompt", "a", "-o", "t.json")
      #expect(traced.status == 66)
      #expect(traced.err.contains("1 setting is not followed: 'attention_sinks' = 4 in config.json"))
      let accepted = try strata.run("models", "show", "./m", "--settings", "--accept-setting", "attention_sinks")
      #expect(accepted.status == 0)
      #expect(accepted.out.contains(" accepted\n"))
    }
  }

  @Test func aPathNeedsNoOption() throws {
    try run(adding: #""attention_dropout": 0.1,"#) { strata in
      let (short, long) = (
        try strata.run("models", "show", "./m"), try strata.run("models", "show", "./m", "--settings")
      )
      #expect(short.status == 0 && short.out == long.out && short.out.contains("attention_dropout"), "\(short.err)")
      #expect(try strata.run("models", "show", "mm").err.hasPrefix("error: unknown model 'mm'"))
    }
  }

  @Test func theListIsAlsoJSON() throws {
    try run(adding: #""attention_dropout": 0.1,"#) { strata in
      let result = try strata.run("models", "show", "./m", "--settings", "--json")
      let rows = try JSONDecoder().decode([[String: String]].self, from: Data(result.out.utf8))
      let expected = [
        "file": "config.json", "key": "attention_dropout", "value": "0.1", "outcome": "ignored",
        "because": "dropout acts in training only",
      ]
      #expect(rows.contains(expected))
    }
  }
}
