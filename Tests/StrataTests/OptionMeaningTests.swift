import Foundation
import TestSupport
import Testing

/// Options that have no effect in the way in which a command is used are refused: the program's own table of options says which there are.
@Suite struct OptionMeaningTests {
  /// A way to use a command, and the options that mean something then.
  struct Mode: Sendable, CustomTestStringConvertible {
    let command: [String]
    let arguments: [String]
    let meaning: Set<String>
    var testDescription: String { (command + arguments).joined(separator: " ") }
    init(_ command: [String], _ arguments: [String], meaning: Set<String>) {
      (self.command, self.arguments, self.meaning) = (command, arguments, meaning)
    }
  }

  private static let opening: Set<String> = ["accept-setting", "bos", "adapter"]
  private static let running: Set<String> = ["offline", "threads", "quiet"]

  static let modes: [Mode] = [
    Mode(["trace"], ["--check", "t.json"], meaning: ["check"]),
    Mode(
      ["trace"], ["s.yaml", "--model", "tiny", "-o", "shards/"],
      meaning: running.union(["model", "output", "shard", "keep-going", "check"])),
    Mode(
      ["trace"], ["--states", "states.safetensors", "--model", "./tiny.gguf"],
      meaning: opening.union(running).union([
        "model", "states", "output", "check", "prompt", "continuation", "watch", "watch-set", "top", "norm", "rows",
        "columns", "tuned-lens", "jacobian-lens",
      ])),
    Mode(["show"], ["t.json"], meaning: []),
    Mode(["doctor"], [], meaning: ["model"]),
    Mode(["models", "show"], ["smollm2-135m"], meaning: ["settings", "json"]),
    Mode(
      ["check"], ["s.yaml", "--no-compare", "--require", "settled of one <= 28"],
      meaning: running.union(["require", "no-compare", "summary", "out"])),
    Mode(["plan"], ["s.yaml", "--shards", "2"], meaning: ["shards", "threads", "json"]),
    Mode(
      ["build"], ["s.yaml", "--traces", "shards"],
      meaning: [
        "out", "only", "keep-going", "explain", "refresh", "single-file", "traces", "threads", "quiet", "json",
        "offline",
      ]),
    Mode(
      ["dataset"], ["c.txt", "--model", "./tiny.gguf"],
      meaning: opening.union(running).union([
        "model", "words", "items", "passage", "resamples", "seed", "norm", "tuned-lens", "jacobian-lens", "format",
        "output", "of",
      ]).subtracting(["of", "items"])),
    Mode(
      ["dataset"], ["d.csv", "--model", "./tiny.gguf", "--sentence", "text"],
      meaning: opening.union(running).union([
        "model", "sentence", "foil", "score", "group", "words", "resamples", "seed", "norm", "tuned-lens",
        "jacobian-lens", "format", "output",
      ]).subtracting(["score"])),
    Mode(
      ["draw"], ["t.json", "--kind", "token-ranks", "-o", "a.svg"],
      meaning: ["kind", "set", "venue", "span", "width", "height", "output"]),
  ]

  /// Values that the parser takes; "1" for all others.
  private static let values = [
    "norm": "final", "rows": "blocks", "columns": "all", "bos": "yes", "thinking": "on", "shard": "1/2",
    "format": "json", "score": "sum", "of": "stream", "date": "2025-01-31", "save-states": "s.safetensors",
    "passage": "500", "resamples": "500", "model": "./tiny.gguf", "variable": "a=1",
  ]

  /// An option of a command as the program lists it.
  private struct Listed {
    var name: String
    var takesValue: Bool
  }

  private func options(of command: [String], in help: [String: Any]) throws -> [Listed] {
    var node = try #require(help["command"] as? [String: Any])
    for word in command {
      let below = try #require(node["subcommands"] as? [[String: Any]])
      node = try #require(below.first { $0["commandName"] as? String == word })
    }
    return try #require(node["arguments"] as? [[String: Any]]).compactMap { argument in
      guard let kind = argument["kind"] as? String, kind != "positional" else { return nil }
      let names = argument["names"] as? [[String: Any]] ?? []
      let name = names.first { $0["kind"] as? String == "long" }?["name"] as? String
      return name.map { Listed(name: $0, takesValue: kind == "option") }
    }.filter { !["help", "version"].contains($0.name) }
  }

  @Test(arguments: modes) func anOptionWithoutEffectIsRefused(mode: Mode) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let dump = try strata.run("--experimental-dump-help").out
      let help = try #require(try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any])
      let all = try options(of: mode.command, in: help)
      #expect(mode.meaning.subtracting(all.map(\.name)) == [], "every option that means something is one")
      for option in all where !mode.meaning.contains(option.name) {
        let value = option.takesValue ? [Self.values[option.name] ?? "1"] : []
        let result = try strata.run(mode.command + mode.arguments + ["--\(option.name)"] + value)
        #expect(
          result.status == 64 && result.err.contains("--\(option.name)") && result.out.isEmpty,
          "\(mode.testDescription) --\(option.name): \(result.status) \(result.err)")
      }
    }
  }

  @Test func allOptionsWithoutEffectAreNamedAtOnce() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let result = try strata.run("trace", "--check", "t.json", "--model", "m", "--generate", "3", "--quiet")
      #expect(
        result.status == 64
          && result.err.hasPrefix(
            "Error: --check reads files alone, so --model, --generate and --quiet have no effect: leave them out\n"),
        "\(result.err)")
      let plain = try strata.run("trace", "--model", "m", "--chat", "hello", "--plain-text")
      #expect(
        plain.status == 64
          && plain.err.hasPrefix(
            "Error: a conversation is no plain text, so --plain-text has no effect: leave it out\n"),
        "\(plain.err)")
      let ranks = try strata.run("show", "--model", "m", "--prompt", "a", "--attribute", "auto")
      #expect(ranks.status == 64 && ranks.err.contains("so --attribute has no effect"), "\(ranks.err)")
    }
  }

  @Test func theStandardFolderCountsAsGivenWhereItIsNamed() throws {
    try withTemporaryFolder { folder in
      // What a link leads to is the user's word where the user names the link, for a check as for a build.
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        "models: {tiny: {path: ./tiny.gguf}}\nprompts: [{id: one, text: the, generate: 1}]\nfigures: [top-tokens]\n",
        to: "s.yaml")
      try withTemporaryFolder { elsewhere in
        try FileManager.default.createSymbolicLink(
          at: folder.appending(path: "out"), withDestinationURL: elsewhere)
        #expect(try strata.run("build", "s.yaml", "-q").status == 73)
        #expect(try strata.run("build", "s.yaml", "-q", "--out", "out").status == 0)
        #expect(try strata.run("check", "s.yaml", "-q").status == 73)
        #expect(try strata.run("check", "s.yaml", "-q", "--out", "out").status == 0)
      }
    }
  }
}
