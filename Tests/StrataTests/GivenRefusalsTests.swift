import Foundation
import TestSupport
import Testing

/// What is said about numbers from elsewhere that do not answer a spec, and what the pages say of their models.
@Suite struct GivenRefusalsTests {
  /// A folder with `tiny.gguf` and traces of the spec `here.yaml` in `else where`, which `there.yaml` takes.
  private func run(
    here: String, there: String, model: String = "./tiny.gguf", _ body: (StrataProgram) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write("prompt,target,foil,kind\nthe cat,a,o,x\nthe city,o,a,y\nthe keys,o,a,y\n", to: "pairs.csv")
      try strata.write("the cat is in the city of the north\n", to: "text.txt")
      try strata.write("models: {Tiny: \(model)}\n\(here)\n", to: "here.yaml")
      try strata.write("models: {Tiny: {traces: ./else where}}\n\(there)\n", to: "there.yaml")
      let made = try strata.run("build", "here.yaml", "-q")
      try #require(made.status == 0, "\(made.err)")
      try FileManager.default.createDirectory(
        at: folder.appending(path: "else where"), withIntermediateDirectories: true)
      for name in ["traces", "datasets"] {
        let own = folder.appending(path: "out/here/\(name)")
        guard FileManager.default.fileExists(atPath: own.path) else { continue }
        try FileManager.default.copyItem(at: own, to: folder.appending(path: "else where/\(name)"))
      }
      try body(strata)
    }
  }

  private static func prompt(_ more: String = "") -> String {
    "prompts: [{id: cat, text: the cat\(more)}]\nfigures: [top-tokens]"
  }

  private static func dataset(_ more: String) -> String {
    "datasets: [{id: pairs, file: pairs.csv, prompt: prompt, target: target, first_token: true, \(more)}]\nfigures: [dataset-profile]"
  }

  /// The command behind "then " in the hints of a message, as the shell takes it.
  private func command(in message: String) throws -> String {
    let match = try #require(message.firstMatch(of: /, then (strata trace .*)/), "\(message)")
    return String(match.1)
  }

  private func shell(_ command: String, in strata: StrataProgram) throws -> Tool.Result {
    try Tool.run(
      "sh", ["-c", "cd \"$FOLDER\" && strata() { \"$STRATA\" \"$@\"; } && \(command)"],
      environment: [
        "FOLDER": strata.folder.path, "STRATA": try StrataProgram.path(),
        "XDG_CACHE_HOME": strata.folder.appending(path: "cache").path,
      ])
  }

  @Test(arguments: [
    (prompt(), prompt(", columns: all, generate: 2")), (prompt(", generate: 1"), prompt(", generate: 2")),
    (prompt(), prompt(", top: 30")), (prompt(), "prompts: [{id: other, text: the city}]\nfigures: [top-tokens]"),
    (dataset("foil: foil"), dataset("foil: foil, group: kind")),
    (prompt(), dataset("foil: foil")),
  ]) func theCommandOfARefusalMakesWhatIsMissing(here: String, there: String) throws {
    try run(here: here, there: there) { strata in
      let refused = try strata.run("build", "there.yaml", "-q")
      #expect(refused.status == 66, "\(refused.err)")
      let command = try command(in: refused.err)
      #expect(
        command == "strata trace there.yaml --model 'Tiny' -o './else where/'" || command.hasSuffix("-o 'else where/'"))
      // Where the model is, the spec names it.
      try strata.write("models: {Tiny: ./tiny.gguf}\n\(there)\n", to: "own.yaml")
      let made = try shell(command.replacing("there.yaml", with: "own.yaml"), in: strata)
      #expect(made.status == 0, "\(made.output)")
      let built = try strata.run("build", "there.yaml", "-q")
      #expect(built.status == 0, "\(built.err)")
    }
  }

  @Test func theCommandNamesTheFolderFromWhereItRuns() throws {
    try run(here: Self.prompt(), there: Self.prompt()) { strata in
      try FileManager.default.createDirectory(
        at: strata.folder.appending(path: "specs/far"), withIntermediateDirectories: true)
      try strata.write(
        "models: {\"It's\": {traces: far}}\n\(Self.prompt())\n", to: "specs/there.yaml")
      let empty = try strata.run("build", "specs/there.yaml", "-q")
      #expect(empty.status == 66, "\(empty.err)")
      #expect(
        empty.err.contains("strata trace --model MODEL --prompt TEXT -o specs/far/NAME.json writes one"), "\(empty.err)"
      )
      let trace = try strata.run("trace", "-m", "./tiny.gguf", "-p", "the city", "-q", "-o", "specs/far/cat.json")
      try #require(trace.status == 0, "\(trace.err)")
      let other = try strata.run("build", "specs/there.yaml", "-q")
      #expect(
        other.err.contains("strata trace specs/there.yaml --model 'It'\\''s' -o specs/far/\n")
          && other.err.contains("strata build specs/there.yaml --keep-going"), "\(other.err)")
      #expect(other.err.contains("; far/cat.json is of the text 'the city'"), "\(other.err)")
    }
  }

  @Test func twoDifferentFilesAreComparedByTheCommandOfTheHint() throws {
    try run(here: Self.prompt(), there: Self.prompt()) { strata in
      let path = "else where/traces/tiny-cat.json"
      let cat = try String(contentsOf: strata.folder.appending(path: path), encoding: .utf8)
      let match = try #require(try cat.firstMatch(of: Regex(#""kl":\[\[([0-9.e-]+)"#)))
      let range = try #require(match.output[1].range)
      try strata.write(cat.replacingCharacters(in: range, with: try other(cat[range])), to: "else where/again.json")
      for arguments in [["build", "there.yaml", "-q"], ["gather", "else where", "-q"]] {
        let two = try strata.run(arguments)
        #expect(two.status == 66, "\(two.err)")
        let hint = try #require(two.err.firstMatch(of: /(strata diff .*) shows how they differ/), "\(two.err)")
        let compared = try shell(String(hint.1), in: strata)
        #expect(compared.status == 2 && compared.output.contains("1 compared, 1 differ"), "\(compared.output)")
      }
    }
  }

  @Test func runsThatWereChangedOtherwiseAreNamed() throws {
    let change = "changes: [{source: a cat, layer: 1, positions: last}]"
    for (here, there, words) in [
      ("", ", \(change)", "and of the changes that the spec asks for, found the model's own run in"),
      (
        ", \(change)", "",
        "and of the model's own run, found a changed run (the residual stream after layer 1 at “t” (token 4) is that of “a cat”)"
      ),
      (
        ", \(change)", ", \(change.replacing("1,", with: "0,"))",
        "and of the changes that the spec asks for, found a changed run (the residual stream after layer 1 at"
      ),
    ] {
      try run(here: Self.prompt(here), there: Self.prompt(there)) { strata in
        let result = try strata.run("build", "there.yaml", "-q")
        #expect(result.status == 66 && result.err.contains(words), "\(result.err)")
        #expect(result.err.contains("./else where/traces/tiny-cat.json") && !result.err.contains("found none"))
      }
    }
  }

  @Test func datasetsThatAreThereAreNamedWhereOneIsMissing() throws {
    let there = Self.dataset("foil: foil").replacing("id: pairs", with: "id: choices")
    try run(here: Self.dataset("foil: foil"), there: there) { strata in
      let result = try strata.run("build", "there.yaml", "-q")
      #expect(
        result.status == 66 && result.err.contains("found none among 1 file, which have those of 'pairs'"),
        "\(result.err)")
    }
  }

  @Test func optionsAboutModelsThatRunHaveNoEffectOnOthers() throws {
    try run(here: Self.prompt(), there: Self.prompt()) { strata in
      for (options, names) in [
        (["--traces", "shards"], "--traces has no effect: leave it out"),
        (["--refresh"], "--refresh has no effect: leave it out"),
        (["--refresh", "--traces", "shards"], "--traces and --refresh have no effect: leave them out"),
      ] {
        let result = try strata.run(["build", "there.yaml"] + options)
        #expect(
          result.status == 64
            && result.err.contains("there.yaml: every model of the spec has its own traces: folder, so \(names)"),
          "\(result.err)")
      }
      // Where one model runs, they mean something.
      try strata.write("models: {Tiny: {traces: ./else where}, Own: ./tiny.gguf}\n\(Self.prompt())\n", to: "both.yaml")
      #expect(try strata.run("build", "both.yaml", "-q", "--refresh").status == 0)
      #expect(try strata.run("build", "both.yaml", "there.yaml", "-q", "--refresh").status == 0)
    }
  }

  @Test func howARunWasOpenedIsTold() throws {
    let words = [
      "bos: no": "texts that begin without BOS, as requested of their run (bos: no) (1 of 1)",
      "bos: yes": "texts that begin with BOS, as requested of their run (bos: yes) (1 of 1)",
    ]
    for (option, words) in words {
      for spec in [Self.prompt(), Self.dataset("foil: foil")] {
        try run(here: spec, there: spec, model: "{path: ./tiny.gguf, \(option)}") { strata in
          let result = try strata.run("build", "there.yaml")
          #expect(result.status == 0 && result.err.contains(words), "\(result.err)")
        }
      }
    }
    try run(here: Self.prompt(), there: Self.prompt()) { strata in
      let plain = try strata.run("build", "there.yaml")
      #expect(!plain.err.contains("note: Tiny"), "\(plain.err)")
    }
  }

  @Test func theCardOfAModelThatRanElsewhereIsTheModelsOwn() throws {
    try run(here: Self.prompt(), there: Self.prompt()) { strata in
      #expect(try strata.run("build", "there.yaml", "-q").status == 0)
      func manifest(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: strata.folder.appending(path: "out/\(name)/manifest.json"))
        let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try #require((root["models"] as? [[String: Any]])?.first)
      }
      let (here, there) = (try manifest("here"), try manifest("there"))
      #expect(here["sha256"] as? String == there["sha256"] as? String)
      #expect(there["ranElsewhere"] as? Bool == true && here["ranElsewhere"] == nil)
      let page = try String(contentsOf: strata.folder.appending(path: "out/there/index.html"), encoding: .utf8)
      #expect(page.contains("<dt>Numbers</dt><dd>from elsewhere, 1 file, ") && !page.contains("<dt>Size</dt>"))
      #expect(page.contains("<dt>traces/tiny-cat.json <small>numbers of Tiny, "), "\(page)")
      #expect(page.contains("<code>\(try #require(here["sha256"] as? String))</code>"))
      // Files of models that ran here are theirs.
      let own = try String(contentsOf: strata.folder.appending(path: "out/here/index.html"), encoding: .utf8)
      #expect(
        own.contains("<dt>Size</dt>") && own.contains("<dt>tiny.gguf <small>Tiny, ")
          && !own.contains("<dt>Numbers</dt>"))
      #expect(try strata.run("gather", "else where", "-q").status == 0)
      let gathered = try String(contentsOf: strata.folder.appending(path: "out/gathered/index.html"), encoding: .utf8)
      #expect(gathered.contains("<dt>Numbers</dt><dd>from elsewhere</dd>") && !gathered.contains("<dt>Size</dt>"))
      // Another file in the folder is seen.
      try FileManager.default.copyItem(
        at: strata.folder.appending(path: "else where/traces/tiny-cat.json"),
        to: strata.folder.appending(path: "else where/again.json"))
      #expect(try strata.run("build", "there.yaml", "-q").status == 0)
      let more = try String(contentsOf: strata.folder.appending(path: "out/there/index.html"), encoding: .utf8)
      #expect(more.contains("from elsewhere, 2 files, "))
    }
  }

  @Test func targetsAndFoilsThatAreExchangedAreSeenInShards() throws {
    let spec = Self.dataset("foil: foil")
    try run(here: Self.prompt(), there: spec) { strata in
      try strata.write("models: {Tiny: ./tiny.gguf}\n\(spec)\n", to: "own.yaml")
      #expect(try strata.run("trace", "own.yaml", "--model", "Tiny", "-o", "else where/", "-q").status == 0)
      #expect(try strata.run("build", "there.yaml", "-q").status == 0)
      try strata.write(
        spec.replacing("target: target", with: "target: foil").replacing("foil: foil", with: "foil: target")
          .replacing("datasets:", with: "models: {Tiny: {traces: ./else where}}\ndatasets:"), to: "there.yaml")
      let other = try strata.run("build", "there.yaml", "-q")
      #expect(
        other.status == 66 && other.err.contains("items: expected those of 'pairs.csv', found others"), "\(other.err)")
    }
  }

  @Test func otherItemsOfADatasetAreSeenWithoutTheNumbersOfItems() throws {
    let grouped = Self.dataset("foil: foil, group: kind")
    try run(here: grouped, there: grouped) { strata in
      #expect(try strata.run("build", "there.yaml", "-q").status == 0)
      try strata.write("prompt,target,foil,kind\nthe cat,a,o,x\nthe city,o,a,x\nthe keys,o,a,y\n", to: "pairs.csv")
      let other = try strata.run("build", "there.yaml", "-q")
      #expect(
        other.status == 66 && other.err.contains("groups: expected 2 items of kind 'x' as in 'pairs.csv', found 1"),
        "\(other.err)")
    }
    let corpus = "datasets: [{id: text, corpus: text.txt, words: true}]\nfigures: [dataset-profile]"
    try run(here: corpus, there: corpus) { strata in
      let same = try strata.run("build", "there.yaml", "-q")
      #expect(same.status == 0, "\(same.err)")
      try strata.write("some entirely different sentence about dogs\n", to: "text.txt")
      let other = try strata.run("build", "there.yaml", "-q")
      #expect(
        other.status == 66 && other.err.contains("words: expected those of 'text.txt', found 'the cat is in"),
        "\(other.err)")
    }
  }

  @Test func aSummarySaysOfWhichTextsItIs() throws {
    let spec = Self.dataset("foil: foil, group: kind")
    try run(here: spec, there: spec) { strata in
      let same = try strata.run("build", "there.yaml")
      #expect(same.status == 0 && !same.err.contains("could not be compared"), "\(same.err)")
      for (table, words) in [
        ("the cat,o,a,x\nthe city,a,o,y\nthe keys,a,o,y\n", "items: expected those of 'pairs.csv', found others"),
        ("a cat,a,o,x\na city,o,a,y\na key,o,a,y\n", "whose texts, targets or foils differ"),
        ("the cat,a,o,y\nthe city,o,a,x\nthe keys,o,a,y\n", "groups: expected the items of kind '"),
      ] {
        try strata.write("prompt,target,foil,kind\n" + table, to: "pairs.csv")
        let other = try strata.run("build", "there.yaml", "-q")
        #expect(
          other.status == 66 && other.err.contains(words) && other.err.contains("else where/datasets/tiny-pairs.json"),
          "\(table): \(other.err)")
      }
      let path = "else where/datasets/tiny-pairs.json"
      let text = try String(contentsOf: strata.folder.appending(path: path), encoding: .utf8)
      try strata.write(text.replacing(/"items_sha256":"[0-9a-f]{64}",/, with: ""), to: path)
      try strata.write(
        "prompt,target,foil,kind\nthe cat,a,o,x\nthe city,o,a,y\nthe keys,o,a,y\n", to: "pairs.csv")
      let old = try strata.run("build", "there.yaml")
      #expect(old.status == 0 && old.err.contains("could not be compared"), "\(old.err)")
    }
  }

  /// A divergence close to another one, which nothing in the trace contradicts.
  private func other(_ number: Substring) throws -> String { "\(try #require(Double(number)) * 1.001)" }
}
