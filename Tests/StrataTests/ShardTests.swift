import Foundation
import TestSupport
import Testing
import Traces

/// Parts of a spec that run by themselves, on any machine, and the gallery that is made of them.
@Suite struct ShardTests {
  private static let spec = """
    title: Words
    models:
      Tiny: ./tiny.gguf
      Other: {path: ./other.gguf, lenses: [logit, {jacobian: ./lens.pt}]}
    prompts:
      - {id: cat, text: the cat, generate: 2}
      - {id: given, text: the, continuation: " cat", watch: [a, b]}
      - {id: again, text: the cat, generate: 2}
      - {id: drawn, text: the city, generate: 3, sample: {temperature: 0.9, seed: 3}}
      - {id: parts, text: the keys, attribute: {target: a, foil: o}}
      - {id: patched, text: the cat, patch: {source: the car, target: a, foil: o}}
      - {id: refused, text: the house, watch: [no such word of one token]}
    datasets:
      - {id: pairs, file: pairs.csv, prompt: prompt, target: target, foil: foil, group: kind, attribute: true}
      - {id: states, file: pairs.csv, prompt: prompt, target: target, foil: foil, source: source}
    figures: [rank-heatmap, top-tokens, token-ranks, dataset-profile, {kind: patching, prompts: [patched]}]

    """
  private static let models = ["tiny", "other-logit-lens", "other-jacobian-lens"]

  private func run(items: Int = 40, _ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      for (from, to) in [("models/gpt2/gpt2.gguf", "other.gguf"), ("jacobian/gpt2.pt", "lens.pt")] {
        try FileManager.default.copyItem(at: Fixtures.url(from), to: folder.appending(path: to))
      }
      try strata.write(Self.spec, to: "words.yaml")
      let lines = (0..<items).map { item in
        let (one, other) = (["1", "2", "3", "4"][item % 4], ["5", "6", "7", "8"][item / 4 % 4])
        return
          "\(one) \(item % 10) \(one),\(other) \(item % 10) \(other),\(["a", "e"][item % 2]),\(["o", "i"][item / 2 % 2]),k\(item % 3)"
      }
      try strata.write("prompt,source,target,foil,kind\n" + lines.joined(separator: "\n") + "\n", to: "pairs.csv")
      try body(strata)
    }
  }

  private func shard(_ strata: StrataProgram, _ model: String, _ part: String) throws -> StrataProgram.Result {
    try strata.run("trace", "words.yaml", "--model", model, "--shard", part, "-o", "shards/", "-q")
  }

  @Test func partsInAnyOrderMakeTheGalleryOfALocalBuildWithoutAModel() throws {
    try run { strata in
      let local = try strata.run("build", "words.yaml", "-q", "-o", "local")
      // A watched word is no token, which a build tells.
      #expect(local.status == 1, "\(local.err)")
      for (model, parts) in zip(Self.models, [[3, 1, 2], [1, 2, 3, 4, 5], [2, 1]]) {
        for part in parts {
          let made = try shard(strata, model, "\(part)/\(parts.count)")
          #expect(made.status == 0, "\(made.err)")
          #expect(made.out == "shards/\(model)-\(part)-of-\(parts.count).jsonl\n")
        }
      }
      // No model and no cache is left.
      for name in ["tiny.gguf", "other.gguf", "lens.pt", "cache"] {
        try FileManager.default.removeItem(at: strata.folder.appending(path: name))
      }
      let far = try strata.run("build", "words.yaml", "-q", "-o", "far", "--traces", "shards")
      #expect(far.status == 1 && far.err == local.err, "\(far.err)")
      let (one, other) = (try strata.contents(of: "local/words"), try strata.contents(of: "far/words"))
      #expect(one.count > 150 && one.keys.sorted() == other.keys.sorted())
      for (path, data) in one {
        #expect(other[path] == data, "\(path): \(StrataProgram.firstDifference(data, other[path] ?? Data()))")
      }
      let again = try strata.run("build", "words.yaml", "-o", "far", "--traces", "shards")
      #expect(again.err.contains("0 drawn, 0 cells traced"), "\(again.err)")
      // Without a spec, too.
      let gathered = try strata.run("gather", "shards")
      #expect(gathered.status == 0, "\(gathered.err)")
      #expect(gathered.err.contains("3 models, 6 prompts, 2 datasets, 10 files"), "\(gathered.err)")
      for path in strata.files(in: "out/gathered/datasets") where path.hasSuffix("tiny-pairs.csv") {
        #expect(try strata.contents(of: "out/gathered/datasets")[path] == one["datasets/tiny-pairs.csv"])
      }
    }
  }

  @Test func aShardOfAModelThatIsOpenedOtherwiseIsNamedByWhatDiffers() throws {
    try run { strata in
      try #require(try shard(strata, "tiny", "1/1").status == 0)
      let other = Self.spec.replacing("Tiny: ./tiny.gguf", with: "Tiny: {path: ./tiny.gguf, bos: no}")
      try strata.write(other, to: "words.yaml")
      let result = try strata.run("build", "words.yaml", "-q", "--traces", "shards")
      #expect(result.status == 66)
      let words =
        "expected numbers of './tiny.gguf' as the spec opens it, found those with bos: model, where the spec has bos: no\n"
      #expect(result.err.contains(words), "\(result.err)")
    }
  }

  @Test func anItemOfAShardIsNamedByItsPathOnce() throws {
    try run { strata in
      try #require(try shard(strata, "tiny", "1/1").status == 0)
      let other = Self.spec.replacing("Tiny: ./tiny.gguf", with: "Tiny: {traces: ./shards}")
      try strata.write(other, to: "words.yaml")
      // Another text of one item, so that the summary of the shard is not that of the file.
      let items = try String(contentsOf: strata.folder.appending(path: "pairs.csv"), encoding: .utf8)
      try strata.write(items.replacing("1 0 1,5 0 5,", with: "1 9 1,5 9 5,"), to: "pairs.csv")
      let result = try strata.run("build", "words.yaml", "-q", "--keep-going")
      #expect(!result.err.contains("./shards/./shards"), "\(result.err)")
      #expect(result.err.contains("./shards/tiny-1-of-1.jsonl:"), "\(result.err)")
    }
  }

  @Test func aPartThatIsKilledGoesOnWhereItEnded() throws {
    try run(items: 200) { strata in
      let start = Date()
      try #require(try shard(strata, "tiny", "1/1").status == 0)
      let length = Date().timeIntervalSince(start)
      let whole = try strata.contents(of: "shards")
      #expect(whole.keys.sorted() == ["tiny-1-of-1.jsonl"])
      var random = SystemRandomNumberGenerator()
      var killed = 0
      var left = 0
      for round in 0..<4 {
        try FileManager.default.removeItem(at: strata.folder.appending(path: "shards"))
        for attempt in 0..<3 {
          // Sometimes two run the same part at once.
          let count = (round + attempt) % 3 == 0 ? 2 : 1
          let processes = try (0..<count).map { _ in
            try strata.start(["trace", "words.yaml", "--model", "tiny", "--shard", "1/1", "-o", "shards/", "-q"])
              .process
          }
          Thread.sleep(forTimeInterval: Double.random(in: 0...length, using: &random))
          for process in processes {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal { killed += 1 }
          }
          if try strata.contents(of: "shards").keys.contains(where: { $0.contains(".part-") }) { left += 1 }
        }
        // A line that was half written, and something else that looks like a part.
        let torn = Data("{\"schema\":\"strata.shard/1\"}\n{\"cel".utf8)
        try torn.write(to: strata.folder.appending(path: "shards/.tiny-1-of-1.jsonl.part-x"))
        #expect(try shard(strata, "tiny", "1/1").status == 0)
        #expect(try strata.contents(of: "shards") == whole, "round \(round)")
      }
      #expect(killed > 0 && left > 0, "\(killed) were killed, of which \(left) left cells")
      let again = try strata.run("trace", "words.yaml", "--model", "tiny", "--shard", "1/1", "-o", "shards/")
      #expect(again.status == 0 && again.err.contains("407 cells, 0 traced"), "\(again.err)")
      // Other parts have the same cells.
      for part in 1...3 { #expect(try shard(strata, "tiny", "\(part)/3").status == 0) }
    }
  }

  @Test func aShardDoesNotTakeThePlaceOfAnother() throws {
    try run { strata in
      func make(_ part: String, _ model: String) throws -> StrataProgram.Result {
        try strata.run("trace", "words.yaml", "--model", model, "--shard", part, "-q", "-o", "all")
      }
      #expect(try make("1/4", "Tiny").status == 0)
      let first = try Data(contentsOf: strata.folder.appending(path: "all"))
      for (part, model) in [("2/4", "Tiny"), ("1/4", "Other (logit lens)")] {
        let other = try make(part, model)
        #expect(
          other.status == 73 && other.err.contains("found shard 1/4 of 'Tiny' in 'words', which would be lost"),
          "\(other.err)")
        #expect(other.err.contains("-o all/"), "\(other.err)")
      }
      #expect(try make("1/4", "tiny").status == 0)
      #expect(try Data(contentsOf: strata.folder.appending(path: "all")) == first)
    }
  }

  @Test func whatIsMissingIsNamedWithTheCommandThatMakesIt() throws {
    try run { strata in
      for part in ["1/4", "2/4", "4/4"] { try #require(try shard(strata, "tiny", part).status == 0) }
      let result = try strata.run("build", "words.yaml", "-q", "--traces", "shards")
      #expect(result.status == 66)
      #expect(
        result.err.contains(
          "error: Tiny: expected numbers of 87 cells in 'shards', found 65; missing: 'states, line "
            + "4', 'states, line 5', 'states, line 6', 'states, line 7', 'states, line 8' and 17 more\n"
            + "  hint: strata trace words.yaml --model 'Tiny' --shard 3/4 -o shards/\n")
          || result.err.contains(
            "  hint: strata trace words.yaml --model 'Tiny' --shard 3/4 -o shards/\n"),
        "\(result.err)")
      #expect(result.err.contains("Other (logit lens): expected shards of it in 'shards', found none"), "\(result.err)")
      #expect(!FileManager.default.fileExists(atPath: strata.folder.appending(path: "out/words/index.html").path))
      let some = try strata.run("build", "words.yaml", "-q", "--traces", "shards", "--keep-going")
      #expect(some.status == 1, "\(some.err)")
      #expect(strata.files(in: "out/words").contains("figures/cat-rank-heatmap-tiny.pdf"))
      #expect(try strata.run("build", "words.yaml", "-q", "--traces", "none").status == 66)
    }
  }

  @Test func twoPartsWithDifferentNumbersAreBothNamedAndDamageIs() throws {
    try run { strata in
      for part in ["1/2", "2/2", "1/1"] { try #require(try shard(strata, "tiny", part).status == 0) }
      try strata.write(
        Self.spec.replacing("  Other: {path: ./other.gguf, lenses: [logit, {jacobian: ./lens.pt}]}\n", with: ""),
        to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q", "--traces", "shards").status == 1)
      let place = strata.folder.appending(path: "shards/tiny-2-of-2.jsonl")
      let good = try String(contentsOf: place, encoding: .utf8)
      try Data(good.dropLast(40).utf8).write(to: place)
      let cut = try strata.run("build", "words.yaml", "-q", "--traces", "shards")
      #expect(cut.status == 66 && cut.err.contains("shards/tiny-2-of-2.jsonl: expected whole lines"), "\(cut.err)")
      let match = try #require(try good.firstMatch(of: Regex(#""logprob":\[(-[0-9.]+)"#)))
      let range = try #require(match.output[1].range)
      try Data(good.replacingCharacters(in: range, with: "-1.5").utf8).write(to: place)
      let edited = try strata.run("build", "words.yaml", "-q", "--traces", "shards")
      #expect(edited.status == 66 && edited.err.contains("tiny-2-of-2.jsonl: expected sha256"), "\(edited.err)")
      // Another machine that computes wrongly vouches for its numbers.
      var lines = good.replacingCharacters(in: range, with: "-1.5").split(
        separator: "\n", omittingEmptySubsequences: false)
      let rest = Data(lines.dropFirst().joined(separator: "\n").utf8)
      let sum = SHA256.hex(of: rest)
      lines[0] = Substring(
        lines[0].replacing(#/"sha256":"[0-9a-f]{64}","shard"/#, with: "\"sha256\":\"\(sum)\",\"shard\""))
      try Data(lines.joined(separator: "\n").utf8).write(to: place)
      let other = try strata.run("build", "words.yaml", "-q", "--traces", "shards")
      #expect(other.status == 66, "\(other.err)")
      #expect(
        other.err.contains(
          #/shards/tiny-2-of-2.jsonl:\d+: expected the numbers of shards/tiny-1-of-1.jsonl:\d+, which answers the same/#
        ),
        "\(other.err)")
      // Of the model, only the dataset with that item is left out.
      let going = try strata.run("build", "words.yaml", "-q", "--traces", "shards", "--keep-going")
      #expect(going.status == 1 && going.err.contains("which answers the same question, found others"), "\(going.err)")
      let files = strata.files(in: "out/words")
      #expect(["cat", "given", "again"].allSatisfy { files.contains("traces/tiny-\($0).json") }, "\(files)")
      #expect(files.count { $0.hasPrefix("datasets/") && $0.hasSuffix(".json") } == 1, "\(files)")
    }
  }

  @Test(arguments: [
    (["trace", "words.yaml", "-o", "s/"], "name a model of the spec with --model"),
    (["trace", "words.yaml", "--model", "tiny"], "name a file or a folder for the shard with -o"),
    (["trace", "words.yaml", "--model", "tiny", "-o", "s/", "--prompt", "a"], "so --prompt has no effect"),
    (
      ["trace", "words.yaml", "--model", "tiny", "-o", "s/", "--shard", "4/3"],
      "The value '4/3' is invalid for '--shard <i/n>': expected a part i/n, i from 1 to n and n at most 100000, found '4/3'"
    ),
    (
      ["trace", "words.yaml", "--model", "tiny", "-o", "s/", "--shard", "0/1"],
      "from 1 to n and n at most 100000, found '0/1'"
    ),
    (
      ["trace", "words.yaml", "--model", "tiny", "-o", "s/", "--shard", "-1/2"],
      "from 1 to n and n at most 100000, found '-1/2'"
    ),
    (["gather", ""], "expected the name of a folder, found ''"),
    (["trace", "--model", "tiny", "--shard", "1/3", "--prompt", "a"], "--shard divides what a spec asks"),
    (
      ["trace", "words.yaml", "--model", "tinny", "-o", "s/"],
      "the spec has no model 'tinny'\n  hint: did you mean 'Tiny'?"
    ),
    (["plan", "words.yaml", "--minutes", "0"], "--minutes must be between 1 and 10000, found 0"),
  ]) func wrongUsesAreNamed(arguments: [String], words: String) throws {
    try run { strata in
      let result = try strata.run(arguments)
      #expect(result.status == 64 && result.err.contains(words), "\(result.err)")
    }
  }

  /// The first shard of two has the prompts, the second one only items of the dataset.
  @Test(arguments: [1, 2]) func withKeepGoingADamagedShardCostsItsOwnCellsAlone(part: Int) throws {
    try run { strata in
      for (model, parts) in zip(Self.models, [2, 1, 1]) {
        for part in 1...parts { try #require(try shard(strata, model, "\(part)/\(parts)").status == 0) }
      }
      let path = "shards/tiny-\(part)-of-2.jsonl"
      let text = try String(contentsOf: strata.folder.appending(path: path), encoding: .utf8)
      try strata.write(String(text.dropLast(200)), to: path)
      let strict = try strata.run("build", "words.yaml", "-q", "--traces", "shards")
      #expect(strict.status == 66 && strict.err.contains("\(path): expected"), "\(strict.err)")
      let built = try strata.run("build", "words.yaml", "-q", "--keep-going", "--traces", "shards")
      #expect(built.status == 1 && built.err.contains("left out: \(path): expected"), "\(built.err)")
      let traces = strata.files(in: "out/words")
      let prompts = Self.models.map { model in
        traces.filter { $0.hasPrefix("traces/\(model)-") }.map { $0.dropFirst("traces/\(model)-".count) }
      }
      #expect(prompts[1].count > 3 && prompts[1] == prompts[2])
      #expect(prompts[0] == (part == 1 ? [] : prompts[1]))
    }
  }

  @Test func aDamagedShardIsMadeAgainAndNeverSealedAnew() throws {
    try run(items: 8) { strata in
      let command = ["trace", "words.yaml", "--model", "Tiny", "-q", "-o", "tiny.jsonl"]
      #expect(try strata.run(command).status == 0)
      let place = strata.folder.appending(path: "tiny.jsonl")
      let good = try Data(contentsOf: place)
      // One digit of one number.
      let text = String(decoding: good, as: UTF8.self)
      let start = try #require(text.range(of: "\"logprob\":[[-"))
      let digit = text[start.upperBound]
      let changed = text.replacingCharacters(
        in: start.upperBound..<text.index(after: start.upperBound), with: digit == "1" ? "2" : "1")
      try strata.write(changed, to: "tiny.jsonl")
      #expect(try strata.run(command).status == 0)
      #expect(try Data(contentsOf: place) == good)
      // Neither a line in the making that somebody changed, nor one that a crash cut.
      let lines = changed.split(separator: "\n")
      let header = String(lines[0].replacing(/"cells":\d+,|,"sha256":"[0-9a-f]{64}"/, with: ""))
      try strata.write(
        [header, String(repeating: "0", count: 64) + " " + lines[1], String(lines[2].prefix(99))].joined(
          separator: "\n"),
        to: ".tiny.jsonl.part-elsewhere-1-a")
      try FileManager.default.removeItem(at: place)
      #expect(try strata.run(command).status == 0)
      #expect(try Data(contentsOf: place) == good)
      #expect(!FileManager.default.fileExists(atPath: strata.folder.path + "/.tiny.jsonl.part-elsewhere-1-a"))
    }
  }

  @Test func aShardReplacesNoOtherFile() throws {
    try run(items: 8) { strata in
      let pipe = strata.folder.path + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      for name in ["words.yaml", "pairs.csv", "tiny.gguf", "pipe"] {
        let before = name == "pipe" ? nil : try Data(contentsOf: strata.folder.appending(path: name))
        let result = try strata.run("trace", "words.yaml", "--model", "Tiny", "-q", "-o", name)
        #expect(
          result.status == 73 && result.err.contains("expected no file or a shard, which is made anew"), "\(result.err)"
        )
        if let before { #expect(try Data(contentsOf: strata.folder.appending(path: name)) == before) }
      }
      var status = stat()
      #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }
  }

  @Test(.timeLimit(.minutes(2))) func linksAndPipesBesideAShardAreNotRead() throws {
    try run(items: 8) { strata in
      let command = ["trace", "words.yaml", "--model", "Tiny", "-q", "-o", "tiny.jsonl", "--keep-going"]
      let (pipe, zeros) = (strata.folder.path + "/.tiny.jsonl.part-a", strata.folder.path + "/.tiny.jsonl.part-b")
      #expect(mkfifo(pipe, 0o600) == 0)
      try FileManager.default.createSymbolicLink(atPath: zeros, withDestinationPath: "/dev/zero")
      let result = try strata.run(command)
      #expect(result.status <= 1, "\(result.err)")
      #expect(strata.files(in: ".").contains("tiny.jsonl"))
    }
  }

  @Test func aPlanCountsCellsAndRunsNothing() throws {
    try run { strata in
      let one = try strata.run("plan", "words.yaml", "--json", "--shards", "4")
      #expect(one.status == 0, "\(one.err)")
      #expect(try strata.run("plan", "words.yaml", "--json", "--shards", "4") == one)
      let plan = try #require(try JSONSerialization.jsonObject(with: Data(one.out.utf8)) as? [String: Any])
      let models = try #require(plan["models"] as? [[String: Any]])
      #expect(plan["schema"] as? String == "strata.plan/1" && plan["inputs"] as? [String] == ["pairs.csv"])
      #expect(models.compactMap { $0["slug"] as? String } == Self.models)
      for model in models {
        let parts = try #require(model["parts"] as? [[String: Any]])
        #expect(parts.compactMap { $0["shard"] as? String } == ["1/4", "2/4", "3/4", "4/4"])
        #expect(parts.compactMap { $0["cells"] as? Int }.reduce(0, +) == 87)
        #expect(parts.allSatisfy { ($0["seconds"] as? Int ?? 0) > 0 && ($0["memory_mb"] as? Int ?? 0) > 0 })
      }
      try strata.write(
        Self.spec.replacing("Tiny: ./tiny.gguf", with: #""It's; ls": ./tiny.gguf"#), to: "quoted.yaml")
      let quoted = try strata.run("plan", "quoted.yaml").out
      #expect(quoted.contains(#"--model 'It'\''s; ls' --shard"#), "\(quoted)")
      let table = try strata.run("plan", "words.yaml")
      #expect(
        table.out.hasPrefix("model                  files  prompts  items  shards  a shard  memory\nTiny  "),
        "\(table.out)")
      #expect(!FileManager.default.fileExists(atPath: strata.cache.appending(path: "traces").path))
    }
  }
}
