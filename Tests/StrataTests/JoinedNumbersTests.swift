import Foundation
import TestSupport
import Testing

/// Traces of one question that were asked for more and for less, and traces that lack rows.
@Suite struct JoinedNumbersTests {
  /// A folder with the traces `T/a.json` and `T/b.json` of one prompt, each with options of its own, and `s.yaml`, which takes them.
  private func withTraces(
    _ first: [String], _ second: [String], prompt: String = "", _ body: (StrataProgram) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      for (name, options) in [("a", first), ("b", second)] {
        let made = try strata.run(
          ["trace", "--model", "./tiny.gguf", "--prompt", "the cat", "--generate", "2", "-q", "-o", "T/\(name).json"]
            + options)
        try #require(made.status == 0, "\(made.err)")
      }
      try strata.write(
        "models: {Tiny: {traces: ./T}}\nprompts: [{id: cat, text: the cat, generate: 2\(prompt)}]\n"
          + "figures: [top-tokens]\noutput: {report: none, figures: [svg]}\n", to: "s.yaml")
      try body(strata)
    }
  }

  private func change(_ name: String, in strata: StrataProgram, _ edit: (inout [String: Any]) throws -> Void) throws {
    let file = strata.folder.appending(path: name)
    var trace = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    try edit(&trace)
    try JSONSerialization.data(withJSONObject: trace, options: .sortedKeys).write(to: file)
  }

  @Test(arguments: [
    (["--top", "10"], ["--top", "5"], ", top: 10"), (["--top", "5"], ["--top", "10"], ", top: 10"),
    (["--columns", "all"], [], ", columns: all"), ([], ["--columns", "all"], ""),
    (["--columns", "all", "--top", "5"], ["--rows", "attention"], ""),
    (["--watch", "a", "--columns", "all"], ["--watch", "o"], ", watch: [a, o]"),
  ]) func whatWasAskedForMoreIsJoined(first: [String], second: [String], prompt: String) throws {
    try withTraces(first, second, prompt: prompt) { strata in
      let built = try strata.run("build", "s.yaml", "-q")
      #expect(built.status == 0, "\(built.err)")
      let gathered = try strata.run("gather", "T", "-q")
      #expect(gathered.status == 0, "\(gathered.err)")
      let traces = strata.files(in: "out/gathered/traces").filter { $0.hasSuffix(".json") && $0 != "index.json" }
      #expect(traces.count == 1)
      for name in traces {
        let checked = try strata.run("trace", "--check", "out/gathered/traces/\(name)")
        #expect(checked.status == 0, "\(checked.err)")
      }
      // The gathered trace agrees with those that it was made of.
      #expect(try strata.run("gather", "T", "-q").status == 0)
    }
  }

  @Test func whatDiffersIsNamed() throws {
    try withTraces([], ["--top", "5"]) { strata in
      try change("T/b.json", in: strata) { trace in
        var values = try #require(trace["kl"] as? [[Any]])
        values[1][0] = try #require(values[1][0] as? Double) * 1.001
        trace["kl"] = values
      }
      let built = try strata.run("build", "s.yaml", "-q")
      #expect(built.status == 66 && built.err.contains("; kl of block 0 at position "), "\(built.err)")
      let gathered = try strata.run("gather", "T", "-q")
      #expect(gathered.status == 66 && gathered.err.contains("; kl of block 0 at position "), "\(gathered.err)")
    }
  }

  @Test(arguments: ["weights", "bos"]) func twoRunsOfOneModelAreNamed(key: String) throws {
    try withTraces([], []) { strata in
      try change("T/b.json", in: strata) { trace in
        var model = try #require(trace["model"] as? [String: Any])
        model[key] = key == "bos" ? "no" : "F16"
        trace["model"] = model
      }
      let built = try strata.run("build", "s.yaml", "-q")
      let words = key == "bos" ? "; model.bos: none and 'no'" : " and 'F16'"
      #expect(built.status == 66 && built.err.contains(words), "\(built.err)")
    }
  }

  @Test func missingRowsAreRefusedAndTold() throws {
    try withTraces([], []) { strata in
      for name in ["a", "b"] {
        try change("T/\(name).json", in: strata) { trace in
          func without(_ value: Any) -> Any {
            guard var rows = value as? [Any] else { return value }
            rows.remove(at: 1)
            return rows
          }
          for key in ["rows", "rank", "logprob", "entropy", "kl"] { trace[key] = trace[key].map(without) }
          var top = try #require(trace["top"] as? [String: Any])
          for key in ["ids", "logprobs"] { top[key] = top[key].map(without) }
          trace["top"] = top
        }
      }
      let built = try strata.run("build", "s.yaml", "-q")
      let words =
        "./T/a.json does not have what the spec asks for: rows: expected the embedding and every block, found none of layer 0"
      #expect(built.status == 66 && built.err.contains(words), "\(built.err)")
      let gathered = try strata.run("gather", "T")
      #expect(gathered.status == 0, "\(gathered.err)")
      #expect(
        gathered.err.contains("note: 2 traces without all rows: T/a.json (layer 0), T/b.json (layer 0)"),
        "\(gathered.err)")
    }
  }
}
