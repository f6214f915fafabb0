import Foundation
import TestSupport
import Testing

/// Models and texts that cannot be used: the right words and exit code, and no file harmed.
@Suite struct BadInputTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { try body(StrataProgram(folder: $0)) }
  }

  @Test func anUnknownModelIsAnsweredWithANearOne() throws {
    try run { strata in
      let words = """
        error: unknown model 'gemma3-270m'
          hint: did you mean 'gemma-3-270m'? known models: smollm2-135m, gemma-3-270m, distilgpt2, gpt2, gpt2-medium, gpt2-large, gpt2-xl
          hint: a model on the hub is written org/name, a file or folder with a path: ./gemma3-270m or {path: gemma3-270m}

        """
      let result = try strata.run("trace", "--model", "gemma3-270m", "--prompt", "a")
      #expect(result == .init(status: 66, out: "", err: words))
    }
  }

  @Test func aHubModelThatIsNotHereIsNotFetchedOffline() throws {
    try run { strata in
      let result = try strata.run("trace", "--model", "openai-community/gpt2", "--prompt", "a", "--offline")
      #expect(result.status == 69)
      let start = "error: openai-community/gpt2: the model is not in the cache, and fetching is off (--offline)\n"
      #expect(result.err.hasPrefix(start))
    }
  }

  @Test func theFileOfACellThatFailsIsNamed() throws {
    try run { strata in
      try strata.write("no model", to: "a.txt")
      try strata.write(
        "title: Words\nmodels: {Tiny: {path: a.txt}}\nprompts: [{id: cat, text: the cat, generate: 1}]\nfigures: [rank-heatmap]\n",
        to: "words.yaml")
      let build = try strata.run("build", "words.yaml", "-q")
      #expect(build.status == 66, "\(build.err)")
      #expect(
        build.err.hasPrefix("error: Tiny, cat: ") && build.err.contains("/a.txt: expected a GGUF file"), "\(build.err)")
    }
  }

  /// Threads of libraries end the program with a signal, or wait for ever, where they get no memory.
  @Test(arguments: [
    ("v", 500_000, "address space"), ("v", 300_000, "address space"), ("d", 100_000, "data"), ("s", 64, "stack"),
  ])
  func tooLittleMemoryIsAnError(option: String, kilobytes: Int, what: String) throws {
    try run { strata in
      try strata.addTinyModel()
      let trace = try strata.run(
        "trace", "--model", "tiny.gguf", "--prompt", "the cat", "--generate", "1", "-o", "t.json")
      try #require(trace.status == 0, "\(trace.err)")
      let command = "'\(try StrataProgram.path())' draw t.json --kind rank-heatmap -o '\(strata.folder.path)/f.pdf'"
      let script = "cd '\(strata.folder.path)'; ulimit -\(option) \(kilobytes); exec \(command)"
      let result = try Tool.run("sh", ["-c", script], environment: ["HOME": strata.folder.path])
      #expect(result.status == 64, "\(result.output)")
      #expect(result.output.contains("kB of \(what) or more, found \(kilobytes)"), "\(result.output)")
      #expect(result.output.contains("ulimit -\(option) "), "\(result.output)")
      #expect(!FileManager.default.fileExists(atPath: strata.folder.path + "/f.pdf"))
    }
  }

  @Test func aTruncatedFileIsRefused() throws {
    try run { strata in
      let whole = try Data(contentsOf: URL(fileURLWithPath: Fixtures.tinyLlama))
      for count in [0, 3, 8, 100, 3000, whole.count - 1] {
        try whole.prefix(count).write(to: strata.folder.appending(path: "cut.gguf"))
        let result = try strata.run("trace", "--model", "cut.gguf", "--prompt", "a", "-o", "t.json")
        #expect(result.status == 66, "\(count) bytes")
        #expect(result.out == "")
        #expect(result.err.hasPrefix("error: "), "\(count) bytes: \(result.err)")
        #expect(result.err.contains("cut.gguf"))
      }
      #expect(strata.files(in: ".").filter { $0.hasSuffix(".json") && !$0.hasPrefix("cache/strata/digests") } == [])
    }
  }

  @Test(arguments: [
    (
      ["--watch", "zzz"],
      "error: llama: the watched word 'zzz' is 3 tokens (z | z | z), expected one\n"
        + "  hint: watch its first piece, 'z', or another word; mind the leading space\n"
    ),
    (
      ["--watch", "中"],
      "error: llama: the watched word '中' is 3 tokens (‹E4› | ‹B8› | ‹AD›), expected one\n"
        + "  hint: watch another word; mind the leading space\n"
    ),
    (["--watch", ""], "error: llama: a watched word is empty, expected the text of one token\n"),
    (
      ["--generate", "100"],
      "error: llama: the text has 102 tokens, generated ones included, but the model takes at most 64, its 'llama.context_length'\n"
        + "  hint: shorten the prompt or generate less\n"
    ),
  ])
  func aTextTheModelCannotTakeIsRefused(options: [String], message: String) throws {
    try run { strata in
      let (process, out, err) = try strata.start(
        ["trace", "--model", Fixtures.tinyLlama, "--prompt", "abc"] + options)
      process.waitUntilExit()
      // A text that is too long is the text's fault, not the model's.
      #expect(process.terminationStatus == (options.contains("--generate") ? 65 : 66))
      #expect(try String(contentsOf: err, encoding: .utf8) == message)
      #expect(try Data(contentsOf: out).isEmpty)
    }
  }

  @Test func anEmptyPromptIsRefused() throws {
    try run { strata in
      let result = try strata.run("trace", "--model", Fixtures.tinyLlama, "--prompt", "")
      #expect(result.status == 64)
      #expect(result.err.hasPrefix("Error: --prompt expects some text, found ''; a space is enough\n"))
      try strata.write("", to: "empty.txt")
      let file = try strata.run("trace", "--model", Fixtures.tinyLlama, "--prompt-file", "empty.txt")
      #expect(file.status == 66)
      #expect(file.err.hasPrefix("error: llama: the prompt is empty, expected some text\n"))
    }
  }

  @Test func aPromptFileThatIsNotTextIsRefused() throws {
    try run { strata in
      try Data([0xFF, 0xFE]).write(to: strata.folder.appending(path: "p.txt"))
      let result = try strata.run("trace", "--model", Fixtures.tinyLlama, "--prompt-file", "p.txt")
      #expect(
        result == .init(status: 65, out: "", err: "error: p.txt: expected UTF-8 text, found bytes that are not\n"))
    }
  }

  @Test func anArgumentThatIsNotTextIsRefused() throws {
    try run { strata in
      let script = "\"$0\" trace --model \"$1\" --prompt \"$(printf 'a\\377')\" 2>&1"
      let result = try Tool.run("sh", ["-c", script, try StrataProgram.path(), Fixtures.tinyLlama])
      #expect(result.status == 64)
      #expect(result.output.hasPrefix("error: expected UTF-8 text, found bytes that are not in 'a\u{FFFD}'\n"))
    }
  }

  @Test(arguments: ["-a b", "--watch", "-"])
  func aTextMayBeginWithADash(text: String) throws {
    try run { strata in
      let request = ["trace", "--model", Fixtures.tinyLlama, "--prompt", text, "--watch", "-", "-q"]
      let result = try strata.run(request)
      #expect(result.status == 0)
    }
  }

  @Test func thePathOfAModelThatIsNoFileIsRefused() throws {
    try run { strata in
      let pipe = strata.folder.appending(path: "m.gguf").path
      try #require(mkfifo(pipe, 0o600) == 0)
      let result = try strata.run("trace", "--model", "m.gguf", "--prompt", "a")
      #expect(result.status == 66)
      #expect(result.err.hasSuffix("m.gguf: expected a regular file, found a device, pipe or socket\n"))
      let missing = try strata.run("trace", "--model", "none.gguf", "--prompt", "a")
      #expect(missing.status == 66)
      #expect(missing.err.hasPrefix("error: none.gguf: no such file or folder\n  hint: looked for /"))
      let folder = try strata.run("trace", "--model", Fixtures.tinyLlama, "--prompt-file", ".")
      #expect(folder == .init(status: 66, out: "", err: "error: .: expected a file, found a folder\n"))
    }
  }

  @Test func aRankThatNoVocabularyHoldsIsRefused() throws {
    try run { strata in
      let model = ["--model", Fixtures.tinyLlama, "--prompt", "abc", "--generate", "1", "-q", "-o", "t.json"]
      let traced = try strata.run(["trace"] + model)
      #expect(traced.status == 0)
      let json = try String(contentsOf: strata.folder.appending(path: "t.json"), encoding: .utf8)
      try strata.write(json.replacing(/"rank":\[\[\d+/, with: "\"rank\":[[1000000000000000000"), to: "t.json")
      for command in [["show", "t.json"], ["draw", "t.json", "--kind", "rank-heatmap", "-o", "f.svg"]] {
        let result = try strata.run(command)
        #expect(result.status == 66)
        #expect(result.err.hasPrefix("error: t.json: 'rank[0][0]': 1000000000000000000, expected 1 to 288\n"))
      }
      #expect(strata.files(in: ".").contains("f.svg") == false)
    }
  }

  @Test(arguments: ["{", "{\"schema\": \"other/1\"}", "{\"schema\": \"strata.trace/1\"}"])
  func aFileThatIsNoTraceIsRefused(json: String) throws {
    try run { strata in
      try strata.write(json, to: "t.json")
      let result = try strata.run("show", "t.json")
      #expect(result.status == 66)
      #expect(result.err.hasPrefix("error: t.json: "))
    }
  }

  @Test func outputsThatCannotBeWrittenAreReported() throws {
    try run { strata in
      let request = ["trace", "--model", Fixtures.tinyLlama, "--prompt", "abc", "-q", "-o"]
      func write(_ path: String) throws -> (Int32, String) {
        let (process, _, err) = try strata.start(request + [path])
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: err, encoding: .utf8))
      }
      try strata.write("a file", to: "file")
      #expect(
        try write("file/t.json") == (
          73,
          "error: file: cannot write: not a directory\n  hint: a part of this path is a file, not a folder\n"
        ))
      #expect(
        try write("/dev/full") == (
          73, "error: /dev/full: cannot write: no space left on device\n  hint: free some space on this disk\n"
        ))
      #expect(try write("/proc/t.json").0 == 73)
      #expect(try String(contentsOf: strata.folder.appending(path: "file"), encoding: .utf8) == "a file")
      let spec = "models: {a: {path: \(Fixtures.tinyLlama)}}\nprompts: [{id: a, text: A}]\nfigures: [top-tokens]\n"
      try strata.write(spec, to: "s.yaml")
      let build = try strata.run("build", "s.yaml", "--out", "file")
      #expect(build.status == 73)
      #expect(build.err.hasPrefix("error: file/s/.strata: cannot write: not a directory\n"))
    }
  }
}
