import Foundation
import TestSupport
import Testing

/// `strata trace` and `strata show` on a tiny model.
@Suite struct TraceAndShowTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { try body(StrataProgram(folder: $0)) }
  }

  private let request = ["--model", Fixtures.tinyLlama, "--prompt", "the cat", "--generate", "2"]

  @Test func aTraceIsTheSameOnStandardOutputInAFileFromTheCacheAndOnAnyNumberOfThreads() throws {
    try run { strata in
      let first = try strata.run(["trace"] + request)
      #expect(first.status == 0)
      #expect(first.err == "running llama (6 positions)\n")
      #expect(first.out.hasPrefix("{\"columns\":[") && first.out.hasSuffix("}\n"))
      let second = try strata.run(["trace"] + request)
      #expect(second == .init(status: 0, out: first.out, err: ""), "from the cache, without running the model")
      let alone = try withTemporaryFolder { folder in
        try StrataProgram(folder: folder).run(["trace", "--threads", "1", "-q"] + request)
      }
      #expect(alone == .init(status: 0, out: first.out, err: ""))
      #expect(try strata.run(["trace", "-o", "t.json"] + request).out == "")
      #expect(try String(contentsOf: strata.folder.appending(path: "t.json"), encoding: .utf8) == first.out)
    }
  }

  @Test func aFolderIsNamedWithItsDots() throws {
    try run { strata in
      for name in ["Llama2.5-0.5B", "two.gguf"] {
        try FileManager.default.copyItem(
          at: Fixtures.url("models/llama/hf"), to: strata.folder.appending(path: name))
        let made = try strata.run("trace", "--model", "./\(name)", "--prompt", "the", "-q")
        #expect(made.out.contains("\"name\":\"\(name)\""), "\(made.err)")
      }
    }
  }

  @Test func aCaptionSaysThatTheOutputWasDrawnAtRandom() throws {
    try run { strata in
      for (options, isDrawn) in [(["--sample", "{temperature: 0.9, seed: 3}"], true), ([], false)] {
        let made = try strata.run(["trace", "-q", "-o", "t.json"] + request + options)
        #expect(made.status == 0, "\(made.err)")
        #expect(try strata.run("draw", "t.json", "--kind", "rank-heatmap", "-o", "t.tex").status == 0)
        let text = try String(contentsOf: strata.folder.appending(path: "t.tex"), encoding: .utf8)
        #expect(
          text.contains("The output tokens were drawn at random (temperature 0.9, seed 3).") == isDrawn, "\(text)")
      }
    }
  }

  @Test func severalPromptsGiveALineEach() throws {
    try run { strata in
      try strata.write("from a file\n", to: "p.txt")
      let result = try strata.run([
        "trace", "-q", "--model", Fixtures.tinyLlama, "--prompt", "a", "--prompt", "b", "--prompt-file", "p.txt",
      ])
      let prompts = try result.out.split(separator: "\n").map { line in
        try (JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["prompt"] as? String
      }
      #expect(prompts == ["a", "b", "from a file\n"])
      try strata.write(result.out, to: "three.json")
      let drawn = try strata.run("draw", "three.json", "--kind", "top-tokens", "-o", "f.svg")
      #expect(drawn == .init(status: 0, out: "", err: ""))
      #expect(strata.files(in: ".").filter { $0.hasSuffix(".svg") } == ["f-1.svg", "f-2.svg", "f-3.svg"])
    }
  }

  @Test func theTableHasALineForEveryLayerAndNoColoursInAFile() throws {
    try run { strata in
      let table = """
        llama (Llama, 3 layers, 288 tokens, F32)
        prompt: the cat

                  ‹81›  et
        embedding  263 243
        0           17   8
        1            3   1
        2            1   1

        The 2 output tokens have rank 1 for good from layer 1 (earliest) to layer 2 of 2 (latest), layer 1 as median.

        """
      let result1 = try strata.run(["show", "-q"] + request)
      #expect(result1 == .init(status: 0, out: table, err: ""))
      #expect(try strata.run(["trace", "-q", "-o", "t.json"] + request).status == 0)
      let result2 = try strata.run(["show", "t.json"])
      #expect(result2 == .init(status: 0, out: table, err: ""))
    }
  }

  @Test func coloursCanBeForcedAndForbidden() throws {
    try run { strata in
      func shown(_ environment: [String: String]) throws -> String {
        try StrataProgram(folder: strata.folder, environment: environment).run(["show", "-q"] + request).out
      }
      let indexed = try shown(["FORCE_COLOR": "1"])
      #expect(indexed.contains("\u{1B}[38;5;"))
      let full = try shown(["FORCE_COLOR": "1", "COLORTERM": "truecolor"])
      #expect(full.contains("\u{1B}[38;2;"))
      let none = try shown(["FORCE_COLOR": "1", "NO_COLOR": "1"])
      #expect(!none.contains("\u{1B}"))
    }
  }
}
