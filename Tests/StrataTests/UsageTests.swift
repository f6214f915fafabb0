import Figures
import Foundation
import TestSupport
import Testing

/// What the program says to those who call it wrongly: on stderr, with the exit code of the kind of mistake.
@Suite struct UsageTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { try body(StrataProgram(folder: $0)) }
  }

  @Test func withoutArgumentsItShowsItsHelp() throws {
    try run { strata in
      let result = try strata.run()
      #expect(result.status == 0)
      #expect(result.err == "")
      #expect(result.out.hasPrefix("OVERVIEW: Figures and galleries of how a language model's hidden states become"))
      for command in ["build", "trace", "draw", "show", "models", "doctor"] {
        #expect(result.out.contains("\n  \(command) "), "\(command) is listed")
      }
    }
  }

  @Test(arguments: [
    "init", "build", "watch", "check", "plan", "trace", "export", "gather", "draw", "show", "dataset", "lens",
    "lens check", "models", "models list", "models show", "models pull", "models verify", "models families", "kinds",
    "keys", "diff",
    "doctor",
  ])
  func helpFitsATerminalAndItsParagraphsHaveNoRaggedLines(command: String) throws {
    try run { strata in
      let help = try strata.run(["help"] + command.split(separator: " ").map(String.init)).out
      let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines.filter { $0.count > 80 } == [])
      let end = try #require(lines.firstIndex { $0.hasPrefix("USAGE:") })
      for (line, next) in zip(lines[..<end], lines[..<end].dropFirst()) where !line.isEmpty && !next.isEmpty {
        let word = next.prefix { $0 != " " }
        #expect(line.count + 1 + word.count >= 80, "'\(word)' has room at the end of '\(line)'")
      }
    }
  }

  @Test func helpOfSomethingUnknownIsAnError() throws {
    try run { strata in
      let result = try strata.run("help", "biuld")
      #expect(result.status == 64)
      #expect(result.err.hasPrefix("error: unknown command 'biuld'\n  hint: did you mean 'build'?"))
      #expect(try strata.run("help", "build").status == 0)
      #expect(try strata.run("help").status == 0)
    }
  }

  @Test func itsVersionIsData() throws {
    try run { strata in
      let result = try strata.run("--version")
      #expect(result == .init(status: 0, out: "0.1.0\n", err: ""))
    }
  }

  @Test func aWrongOptionIsAnsweredWithANearOne() throws {
    try run { strata in
      let result = try strata.run("trace", "--promt", "abc")
      #expect(result.status == 64)
      #expect(result.err.hasPrefix("Error: Unknown option '--promt'. Did you mean '--prompt'?\n"))
    }
  }

  @Test(arguments: [
    (
      ["show"], "Error: give a trace, or --model and --prompt\n  See 'strata show --help' for more information.\n"
    ),
    (["show", "--model", "m"], "Error: give a text with --prompt or --prompt-file, or a conversation with --chat\n"),
    (["show", "--promt", "a"], "Error: Unknown option '--promt'. Did you mean '--prompt'?\n"),
    (["trace", "--prompt", "a"], "Error: give a model with --model\n"),
    (
      ["trace", "--model", "smollm2-135m"],
      "Error: give a text with --prompt or --prompt-file, or a conversation with --chat\n"
    ),
    (
      ["trace", "--model", "m", "--prompt", "a", "--generate", "1", "--continuation", "b"],
      "Error: --generate lets the model write, --continuation gives the text: use one of them\n"
    ),
    (
      ["trace", "--model", "m", "--prompt", "a", "--generate=-1"],
      "Error: --generate must be between 0 and 4096, found -1\n"
    ),
    (
      ["trace", "--model", "m", "--prompt", "a", "--generate", "-1"],
      "Error: --generate must be between 0 and 4096, found -1\n"
    ),
    (["trace", "--model", "m", "--prompt", "a", "--top", "0"], "Error: --top must be between 1 and 100, found 0\n"),
    (["check", "s.yaml", "--tolerance", "-1"], "Error: --tolerance expects a number >= 0, found -1.0\n"),
    (
      ["check", "s.yaml", "--tolerance", "nan"],
      "Error: The value 'nan' is invalid for '--tolerance <number>': expected a number in decimal digits"
    ),
    (
      ["diff", "a", "b", "--channel-tolerance", "-1"],
      "Error: --channel-tolerance expects a whole number from 0 to 255, found -1\n"
    ),
    (["build", "s.yaml", "--threads", "0"], "Error: --threads must be between 1 and 256, found 0\n"),
  ])
  func argumentsThatContradictAreUsageErrors(arguments: [String], message: String) throws {
    try run { strata in
      let (process, _, err) = try strata.start(arguments)
      process.waitUntilExit()
      #expect(process.terminationStatus == 64)
      #expect(try String(contentsOf: err, encoding: .utf8).hasPrefix(message))
    }
  }

  @Test func aMissingSpecIsNamed() throws {
    try run { strata in
      let result = try strata.run("build", "none.yaml")
      #expect(result == .init(status: 66, out: "", err: "error: none.yaml: no such file\n"))
    }
  }

  @Test func tooFewOpenFilesAreSaid() throws {
    let result = try Tool.run("sh", ["-c", "ulimit -n 40; exec '\(try StrataProgram.path())' kinds"])
    #expect(result.status == 64 && result.output.contains("open files or more, found 40"), "\(result.output)")
    #expect(result.output.contains("ulimit -n 256"))
  }

  @Test func anUnknownCommandIsAnsweredWithANearOne() throws {
    try run { strata in
      let result = try strata.run("biuld", "s.yaml")
      #expect(result.status == 64)
      #expect(
        result.err.hasPrefix(
          "error: unknown command 'biuld'\n  hint: did you mean 'build'? known commands: init, build, "))
      #expect(try strata.run("help", "build").status == 0)
      #expect(try strata.run().status == 0)
    }
  }

  @Test func mistakesInASpecAreAllReportedAndNothingIsMade() throws {
    try run { strata in
      try strata.write(
        "titel: T\nmodels: {a: smolm2-135m}\nprompts: [{id: a, text: \"\"}]\nfigures: [top-token]\n", to: "s.yaml")
      let words = """
        error: s.yaml:1:1: unknown key 'titel' in the spec
          hint: did you mean 'title'? known keys: title, subtitle, authors, date, intro, models, prompts, datasets, figures, conclusion, lens, style, output, traces
        error: s.yaml:2:13: unknown model 'smolm2-135m'
          hint: did you mean 'smollm2-135m'? known models: smollm2-135m, gemma-3-270m, distilgpt2, gpt2, gpt2-medium, gpt2-large, gpt2-xl
          hint: a model on the hub is written org/name, a file or folder with a path: ./smolm2-135m or {path: smolm2-135m}
        error: s.yaml:3:25: text of prompt 'a' must not be empty
        error: s.yaml:4:11: unknown figure kind 'top-token'
          hint: did you mean 'top-tokens'? known kinds: \(FigureKind.all.map(\.name).joined(separator: ", "))

        """
      let result = try strata.run("build", "s.yaml")
      #expect(result == .init(status: 65, out: "", err: words))
      #expect(!FileManager.default.fileExists(atPath: strata.folder.appending(path: "out").path))
    }
  }

  @Test func aPathThatLeadsNowhereHasItsPlaceInTheSpec() throws {
    try run { strata in
      let rest = "prompts: [{id: a, text: A}]\nfigures: [top-tokens]\n"
      try strata.write("models: {a: {path: smollm2-135m}, b: ./b.gguf}\n" + rest, to: "s.yaml")
      let build = try strata.run("build", "s.yaml", "--offline", "-q")
      #expect(build.status == 66)
      #expect(build.err.hasPrefix("error: s.yaml:1:10: smollm2-135m: no such file or folder\n  hint: looked for /"))
      #expect(
        build.err.contains(
          "  hint: smollm2-135m is also the name of a model: write {name: smollm2-135m}, or smollm2-135m alone\n"))
      #expect(build.err.contains("\nerror: s.yaml:1:35: ./b.gguf: no such file or folder\n"), "\(build.err)")
      let part = try strata.run("trace", "s.yaml", "--model", "b", "-o", "shards/", "-q")
      #expect(part.status == 66 && part.err.hasPrefix("error: s.yaml:1:35: ./b.gguf: no such"), "\(part.err)")
    }
  }

  @Test func twoSpecsOfOneNameAreRefused() throws {
    try run { strata in
      let spec = "models: {a: ./a.gguf}\nprompts: [{id: a, text: A}]\nfigures: [top-tokens]\n"
      try strata.write(spec, to: "s.yaml")
      try FileManager.default.createDirectory(at: strata.folder.appending(path: "b"), withIntermediateDirectories: true)
      try strata.write(spec, to: "b/s.yaml")
      let words =
        "error: b/s.yaml: another spec writes to the same folder 's'\n  hint: build them one by one with different --out\n"
      let result = try strata.run("build", "s.yaml", "b/s.yaml")
      #expect(result == .init(status: 64, out: "", err: words))
      let twice = try strata.run("build", "s.yaml", "./s.yaml")
      let same = "error: ./s.yaml: the same spec is given twice\n  hint: name it once\n"
      #expect(twice == .init(status: 64, out: "", err: same))
    }
  }

  @Test func whateverIsAskedOfDrawIsChecked() throws {
    try run { strata in
      let trace = Fixtures.tinyLlama
      #expect(
        try strata.run("trace", "--model", trace, "--prompt", "abc", "--generate", "1", "-q", "-o", "t.json").status
          == 0)
      let endings = FigureFormat.all.map(\.ending)
      let result6 = try strata.run("draw", "t.json", "--kind", "top-tokens", "-o", "f.jpg")
      #expect(
        result6
          == .init(
            status: 64, out: "",
            err:
              "error: f.jpg: expected a file that ends in \(endings.dropLast().joined(separator: ", ")) or \(endings[endings.count - 1])\n"
          ))
      let kind = try strata.run("draw", "t.json", "--kind", "heatmap", "-o", "f.pdf")
      #expect(kind.status == 64)
      #expect(kind.err.hasPrefix("error: unknown figure kind 'heatmap'\n"))
      let bare = try strata.run("draw", "t.json", "--kind", "top-tokens", "--k", "4", "-o", "f.pdf")
      #expect(bare.status == 64)
      #expect(
        bare.err
          == "error: unknown option '--k'\n  hint: options of a figure are given as in a spec: --set k=4\n")
      let option = try strata.run("draw", "t.json", "--kind", "top-tokens", "--set", "layr=1", "-o", "f.pdf")
      #expect(option.status == 64)
      #expect(option.err.hasPrefix("error: --set layr=1: unknown option 'layr' of top-tokens\n"))
      let result7 = try strata.run("draw", "none.json", "--kind", "top-tokens", "-o", "f.pdf")
      #expect(result7 == .init(status: 66, out: "", err: "error: none.json: no such file\n"))
    }
  }
}

extension Fixtures {
  /// A Llama of three layers and a context of 64 tokens.
  static var tinyLlama: String { url("models/llama/llama.gguf").path }
}
