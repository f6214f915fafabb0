import Foundation
import TestSupport
import Testing
import Traces

/// Numbers that were confused with others: words, texts, models, and what their means can be.
@Suite struct MixedUpTests {
  private func withTrace(_ body: (StrataProgram, inout [String: Any]) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let made = try strata.run(
        "trace", "--model", Fixtures.tinyLlama, "--prompt", "the cat and the old city", "--generate", "2", "--watch",
        "a", "--watch", "e", "--top", "3", "-q", "-o", "t.json")
      try #require(made.status == 0, "\(made.err)")
      var trace = try object(folder.appending(path: "t.json"))
      try body(strata, &trace)
    }
  }

  private func object(_ file: URL) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
  }

  private func check(_ strata: StrataProgram, _ trace: [String: Any]) throws -> StrataProgram.Result {
    let data = try JSONSerialization.data(withJSONObject: trace, options: .sortedKeys)
    try data.write(to: strata.folder.appending(path: "wrong.json"))
    return try strata.run("trace", "--check", "wrong.json")
  }

  @Test func aTraceIsComparedWithItsOwnTextsAndLists() throws {
    try withTrace { strata, trace in
      #expect(try check(strata, trace).status == 0)
      let good = trace
      func fails(_ words: String, _ edit: (inout [String: Any]) throws -> Void) throws {
        var wrong = good
        try edit(&wrong)
        let result = try check(strata, wrong)
        #expect(result.status == 66 && result.err.contains(words), "\(words): \(result.out)\(result.err)")
      }
      try fails("'prompt': 'Heathrow airport is near London'") { $0["prompt"] = "Heathrow airport is near London" }
      try fails("'watch[0].text': 'e', expected 'a', the text of ") { trace in
        var watch = try #require(trace["watch"] as? [[String: Any]])
        (watch[0]["text"], watch[1]["text"]) = (watch[1]["text"], watch[0]["text"])
        trace["watch"] = watch
      }
      try fails("'entropy[0][0]': 0.0, expected ") { trace in
        var rows = try #require(trace["entropy"] as? [[Any]])
        rows[0][0] = 0.0
        trace["entropy"] = rows
      }
      // The most probable token of the first row is watched with a rank that its place contradicts.
      try fails("'watch[0].rank[0][0]': 9, expected at most 1, the token's place in top.ids") { trace in
        let top = try #require(trace["top"] as? [String: Any])
        let ids = try #require(top["ids"] as? [[[Int]]])
        let texts = try #require(trace["texts"] as? [String: Any])
        var watch = try #require(trace["watch"] as? [[String: Any]])
        var ranks = try #require(watch[0]["rank"] as? [[Int]])
        ranks[0][0] = 9
        watch[0]["rank"] = ranks
        watch[0]["id"] = ids[0][0][0]
        watch[0]["text"] = texts["\(ids[0][0][0])"]
        trace["watch"] = watch
      }
    }
  }

  @Test func aSummaryHasWhatSuchNumbersCanBe() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(
        "prompt,target,foil,kind\nthe cat,a,o,x\nthe city,o,a,y\nthe house,a,e,x\n", to: "pairs.csv")
      let made = try strata.run(
        "dataset", "pairs.csv", "--model", Fixtures.tinyLlama, "--foil", "foil", "--group", "kind", "--first-token",
        "--items", "--format", "json", "-q", "-o", "s.json")
      try #require(made.status == 0, "\(made.err)")
      let good = try object(folder.appending(path: "s.json"))
      #expect(try check(strata, good).status == 0)
      func fails(_ words: String, of group: Int = 0, _ edit: (inout [String: Any]) throws -> Void) throws {
        var wrong = good
        var groups = try #require(wrong["groups"] as? [[String: Any]])
        try edit(&groups[group])
        wrong["groups"] = groups
        let result = try check(strata, wrong)
        #expect(result.status == 66 && result.err.contains(words), "\(words): \(result.out)\(result.err)")
      }
      func set(_ curve: String, _ part: String, _ value: Double) -> (inout [String: Any]) throws -> Void {
        { group in
          var found = try #require(group[curve] as? [String: Any])
          var values = try #require(found[part] as? [Any])
          values[0] = value
          found[part] = values
          group[curve] = found
        }
      }
      try fails("accuracy.value[0]': 7.0, expected 0.0 to 1.0", set("accuracy", "value", 7))
      try fails("logprob.value[0]': 5.0, expected 0 or less", set("logprob", "value", 5))
      try fails("rank.value[0]': 0.2, expected 1.0 to ", set("rank", "value", 0.2))
      try fails("difference.low[0]': 900.0, expected at most the other end", set("difference", "low", 900))
      try fails("groups[0].logprob.value[0]': -99.0, expected ", set("logprob", "value", -99))
      try fails("groups[1].logprob.value[0]': -99.0, expected ", of: 1, set("logprob", "value", -99))
    }
  }

  private func withChanged(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        """
        models: {Tiny: {path: ./tiny.gguf, changes: {plus: a, minus: o, layer: 0, positions: all, by: 4}}}
        prompts: [{id: cat, text: the cat, generate: 1}]
        figures: [top-tokens]
        output: {report: none, figures: [svg]}

        """, to: "s.yaml")
      try body(strata)
    }
  }

  @Test func aShardIsOfTheRunThatTheModelChanges() throws {
    try withChanged { strata in
      #expect(try strata.run("trace", "s.yaml", "--model", "Tiny", "--shard", "1/1", "-o", "shards/", "-q").status == 0)
      let built = try strata.run("build", "s.yaml", "--traces", "shards", "--out", "a", "-q")
      #expect(built.status == 0, "\(built.err)")
      #expect(try strata.run("build", "s.yaml", "--out", "b", "-q").status == 0)
      let name = "s/traces/tiny-cat.json"
      let traces = try ["a", "b"].map { try Data(contentsOf: strata.folder.appending(path: "\($0)/\(name)")) }
      #expect(traces[0] == traces[1])
      #expect(String(decoding: traces[0], as: UTF8.self).contains("\"changes\""))
    }
  }

  /// Two cells whose keys are exchanged, in a shard that somebody sealed anew.
  @Test func aCellOfAnotherTextThanItsKeyIsRefused() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        """
        models: {Tiny: ./tiny.gguf}
        prompts: [{id: cat, text: the cat}, {id: city, text: the city}]
        figures: [top-tokens]
        output: {report: none, figures: [svg]}

        """, to: "s.yaml")
      try #require(
        try strata.run("trace", "s.yaml", "--model", "Tiny", "--shard", "1/1", "-o", "shards/", "-q").status == 0)
      let file = folder.appending(path: "shards/\(try #require(strata.files(in: "shards").first))")
      var lines = try Data(contentsOf: file).split(separator: 0x0A).map {
        try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
      }
      try #require(lines.count == 3)
      (lines[1]["trace"], lines[2]["trace"]) = (lines[2]["trace"], lines[1]["trace"])
      let rest = try lines.dropFirst().reduce(into: Data()) {
        $0 += try JSONSerialization.data(withJSONObject: $1, options: .sortedKeys) + Data("\n".utf8)
      }
      lines[0]["sha256"] = SHA256.hex(of: rest)
      try (JSONSerialization.data(withJSONObject: lines[0], options: .sortedKeys) + Data("\n".utf8) + rest).write(
        to: file)
      let built = try strata.run("build", "s.yaml", "--traces", "shards", "-q")
      #expect(
        built.status == 66 && built.err.contains("a cell of the shards is not what its key says: a trace of the text"),
        "\(built.err)")
    }
  }

  /// Checkpoints whose folders, or whose traces, are those of other steps.
  @Test func checkpointsThatWereExchangedAreTold() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      func models(_ entries: (Int) -> String) -> String {
        "models: {A: {checkpoints: [\([1000, 2000].map(entries).joined(separator: ", "))]}}\nprompts: [{id: ones, text: \" 7, 7, 7,\"}]\n"
          + "figures: [top-tokens]\noutput: {report: none, figures: [svg]}\n"
      }
      for step in [1000, 2000] {
        let source = Fixtures.repository.appending(path: "models/first-steps/step\(step)")
        try FileManager.default.copyItem(at: source, to: folder.appending(path: "step\(step)"))
        try FileManager.default.createDirectory(
          at: folder.appending(path: "t\(step)"), withIntermediateDirectories: true)
      }
      func built(_ entries: (Int) -> String) throws -> String {
        try strata.write(models(entries), to: "s.yaml")
        let result = try strata.run("build", "--offline", "s.yaml")
        #expect(result.status == 0, "\(result.err)")
        return result.err
      }
      let words = "see whether two checkpoints are exchanged"
      #expect(!(try built { "{step: \($0), path: ./step\($0)}" }.contains(words)))
      for step in [1000, 2000] {
        try FileManager.default.copyItem(
          at: folder.appending(path: "out/s/traces/a-step-\(step)-ones.json"),
          to: folder.appending(path: "t\(step)/ones.json"))
      }
      let folders = try built { "{step: \($0), path: ./step\(3000 - $0)}" }
      #expect(
        folders.contains("note: A (step 1000): the folder is called 'step2000', and the spec takes it for step 1,000"))
      #expect(folders.components(separatedBy: words).count == 3, "\(folders)")
      #expect(!(try built { "{step: \($0), traces: ./t\($0)}" }.contains(words)))
      let traces = try built { "{step: \($0), traces: ./t\(3000 - $0)}" }
      #expect(
        traces.contains("its numbers call their model 'A (step 2000)', as another model of the spec is called"),
        "\(traces)")
    }
  }

  @Test func numbersOfTheOtherModelAreTold() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      for (name, model) in [("One", Fixtures.tinyLlama), ("Two", Fixtures.url("models/gpt2/gpt2.gguf").path)] {
        try FileManager.default.copyItem(atPath: model, toPath: folder.appending(path: "\(name).gguf").path)
        try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        let made = try strata.run("trace", "-m", "./\(name).gguf", "-p", "the cat", "-q", "-o", "\(name)/t.json")
        try #require(made.status == 0, "\(made.err)")
      }
      for (one, two, isTold) in [("One", "Two", false), ("Two", "One", true)] {
        try strata.write(
          "models: {One: {traces: ./\(one)}, Two: {traces: ./\(two)}}\nprompts: [{id: cat, text: the cat}]\n"
            + "figures: [top-tokens]\noutput: {report: none, figures: [svg]}\n", to: "s.yaml")
        let built = try strata.run("build", "s.yaml")
        #expect(built.status == 0, "\(built.err)")
        #expect(
          built.err.contains("note: One: its numbers call their model 'Two', as another model of the spec is called")
            == isTold, "\(built.err)")
        let page = try String(contentsOf: folder.appending(path: "out/s/index.html"), encoding: .utf8)
        #expect(page.contains("as another model of the spec is called") == isTold)
      }
    }
  }
}
