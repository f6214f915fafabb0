import Foundation
import TestSupport
import Testing

/// Numbers from elsewhere that are taken together: what they have to agree on, what is told, and what stands in gaps.
@Suite struct GivenTogetherTests {
  /// A folder with `SS/a.json` and `SS/b.json`, traces of "the cat" and "the city", and `there.yaml`, which takes them.
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      for (name, text) in [("a", "the cat"), ("b", "the city")] {
        let made = try strata.run(
          "trace", "--model", "./tiny.gguf", "--prompt", text, "--generate", "1", "-q", "-o", "SS/\(name).json")
        try #require(made.status == 0, "\(made.err)")
      }
      try strata.write(Self.spec("./SS/"), to: "there.yaml")
      try body(strata)
    }
  }

  private static func spec(_ folder: String, generate: Int = 1) -> String {
    """
    models: {Tiny: {traces: \(folder)}}
    prompts: [{id: cat, text: the cat, generate: \(generate)}, {id: city, text: the city, generate: 1}]
    figures: [top-tokens]
    output: {report: none, figures: [svg]}

    """
  }

  /// Changes a file by a pattern that occurs in it.
  private func change(
    _ name: String, _ pattern: String, _ replacement: String, in strata: StrataProgram
  ) throws {
    let text = try String(contentsOf: strata.folder.appending(path: name), encoding: .utf8)
    let changed = text.replacing(try Regex(pattern), with: replacement, maxReplacements: 1)
    try #require(changed != text)
    try strata.write(changed, to: name)
  }

  @Test func aGapOfAGatheredGallerySaysThatNoTraceWasGiven() throws {
    try run { strata in
      try FileManager.default.copyItem(
        at: Fixtures.url("models/gpt2/gpt2.gguf"), to: strata.folder.appending(path: "two.gguf"))
      try strata.write("prompt,target\nthe cat,a\nthe city,o\n", to: "pairs.csv")
      try strata.write(
        "models: {Two: ./two.gguf}\nprompts: [{id: cat, text: the cat, generate: 1}]\n"
          + "datasets: [{id: pairs, file: pairs.csv, prompt: prompt, target: target, first_token: true}]\n"
          + "figures: [top-tokens, dataset-profile]\n",
        to: "two.yaml")
      let made = try strata.run("trace", "two.yaml", "--model", "Two", "-o", "two/", "-q")
      try #require(made.status == 0, "\(made.err)")
      let gathered = try strata.run("gather", "SS", "two")
      #expect(gathered.status == 0 && !gathered.err.contains("failed"), "\(gathered.err)")
      let page = try String(contentsOf: strata.folder.appending(path: "out/gathered/index.html"), encoding: .utf8)
      let gap = "<strong>This figure is left empty.</strong> <span>no"
      #expect(page.contains("\(gap) trace was given for it</span>"))
      #expect(page.contains("\(gap) summary was given for it</span>") && !page.contains("could not be made"))
      // So does the gallery of a spec, and what failed is told as before.
      try FileManager.default.removeItem(at: strata.folder.appending(path: "SS/b.json"))
      let built = try strata.run("build", "there.yaml", "-q", "--keep-going")
      #expect(built.status == 1 && built.err.contains("Tiny, city: expected a trace"), "\(built.err)")
      func text() throws -> String {
        try String(contentsOf: strata.folder.appending(path: "out/there/index.html"), encoding: .utf8)
      }
      #expect(try text().contains("<strong>This figure is left empty.</strong> <span>expected a trace"))
      try strata.write("{\"schema\": \"strata.trace/1\"}\n", to: "SS/b.json")
      #expect(try strata.run("build", "there.yaml", "-q", "--keep-going").status == 1)
      #expect(try text().contains("<strong>This figure could not be made.</strong> <span>expected a trace"))
    }
  }

  @Test(arguments: ["./SS/", "./SS//", ".//SS/."]) func aFolderIsNamedWithoutSlashesTooMany(folder: String) throws {
    try run { strata in
      try strata.write(Self.spec(folder, generate: 2), to: "there.yaml")
      try FileManager.default.removeItem(at: strata.folder.appending(path: "SS/b.json"))
      let built = try strata.run("build", "there.yaml", "-q")
      #expect(built.status == 66, "\(built.err)")
      #expect(built.err.contains("found 1 generated token in ./SS/a.json"), "\(built.err)")
      #expect(built.err.contains("in './SS', found none") && !built.err.contains("//"), "\(built.err)")
      try strata.write("{\"schema\": \"strata.trace/1\"}\n", to: "SS/b.json")
      let damaged = try strata.run("build", "there.yaml", "-q")
      #expect(damaged.err.contains("error: ./SS/b.json") && !damaged.err.contains("//"), "\(damaged.err)")
      let gathered = try strata.run("gather", "./SS//", "-q")
      #expect(gathered.err.contains("error: ./SS/b.json") && !gathered.err.contains("//"), "\(gathered.err)")
    }
  }

  @Test(arguments: ["vocabulary", "width"]) func oneDigestIsOfOneModel(key: String) throws {
    try run { strata in
      try change("SS/b.json", "\"\(key)\":[0-9]+", "\"\(key)\":4000", in: strata)
      for (arguments, folder) in [(["build", "there.yaml"], "./SS"), (["gather", "SS"], "SS")] {
        let result = try strata.run(arguments + ["-q"])
        #expect(result.status == 66, "\(result.err)")
        let words = try #require(
          result.err.firstMatch(of: /expected one model with sha256 [0-9a-f]{12}…, found (.*)/), "\(result.err)")
        let found = try Regex("\(key) [0-9]+ in \(folder)/a.json and \(key) 4,000 in \(folder)/b.json")
        #expect(try found.wholeMatch(in: words.1) != nil, "\(words.1)")
      }
      #expect(!FileManager.default.fileExists(atPath: strata.folder.appending(path: "out/there/index.html").path))
    }
  }

  @Test func numbersOfTwoPrecisionsAreTold() throws {
    try run { strata in
      #expect(try !strata.run("gather", "SS", "--out", "same").err.contains("precision"))
      try change("SS/b.json", "\"compute\":\"f32\"", "\"compute\":\"f16\"", in: strata)
      let words = "were computed in different precisions: f32 in"
      let gathered = try strata.run("gather", "SS")
      #expect(gathered.status == 0 && gathered.err.contains("\(words) SS/a.json, f16 in SS/b.json"), "\(gathered.err)")
      let built = try strata.run("build", "there.yaml")
      #expect(built.status == 0, "\(built.err)")
      #expect(built.err.contains("note: Tiny: numbers of one model (sha256 "), "\(built.err)")
      #expect(built.err.contains("\(words) ./SS/a.json, f16 in ./SS/b.json"), "\(built.err)")
      let page = try String(contentsOf: strata.folder.appending(path: "out/there/index.html"), encoding: .utf8)
      #expect(page.contains(words))
    }
  }

  @Test(arguments: [
    ("\"architecture\":\"[A-Za-z]+\"", "\"architecture\":\"Other\"", "name different architectures: "),
    ("\"the\"", "\"The\"", "the text of token [0-9]+ in .*b.json is another one than in .*a.json"),
  ]) func tokensOfOneModelAreThoseOfOneTokenizer(pattern: String, replacement: String, words: String) throws {
    try run { strata in
      #expect(try !strata.run("gather", "SS", "--out", "same").err.contains("numbers of one model"))
      let text = try String(contentsOf: strata.folder.appending(path: "SS/b.json"), encoding: .utf8)
      try strata.write(text.replacing(try Regex(pattern), with: replacement), to: "SS/b.json")
      for arguments in [["gather", "SS"], ["build", "there.yaml"]] {
        let result = try strata.run(arguments)
        let found = try result.err.contains(Regex(words))
        #expect(result.status == 0 && found, "\(arguments): \(result.err)")
      }
    }
  }

  @Test func aTextThatBeginsWithBOSBesideOthersIsTold() throws {
    try run { strata in
      let made = try strata.run(
        "trace", "--model", "./tiny.gguf", "--prompt", "the city", "--generate", "1", "--bos", "yes", "-q", "-o",
        "SS/b.json")
      try #require(made.status == 0, "\(made.err)")
      try change("SS/b.json", "\"bos\":\"yes\",", "", in: strata)
      let result = try strata.run("gather", "SS")
      #expect(result.status == 0, "\(result.err)")
      #expect(
        result.err.contains("begin differently: no control token in SS/a.json, '<|im_start|>' in SS/b.json"),
        "\(result.err)")
    }
  }

  @Test func shardsOfTwoBuildsOfTheProgramAreTold() throws {
    try run { strata in
      try strata.write(Self.spec("x").replacing("{traces: x}", with: "./tiny.gguf"), to: "here.yaml")
      for part in ["1/2", "2/2"] {
        let made = try strata.run("trace", "here.yaml", "--model", "Tiny", "--shard", part, "-o", "shards/", "-q")
        try #require(made.status == 0, "\(made.err)")
      }
      try strata.write(Self.spec("shards"), to: "there.yaml")
      #expect(try !strata.run("gather", "shards", "--out", "same").err.contains("different builds"))
      try change("shards/tiny-2-of-2.jsonl", "\"program\":\"[^\"]*\"", "\"program\":\"another build\"", in: strata)
      for arguments in [["build", "there.yaml"], ["gather", "shards"]] {
        let result = try strata.run(arguments)
        #expect(result.status == 0, "\(result.err)")
        #expect(result.err.contains("numbers of different builds of the program are taken together: "), "\(result.err)")
        let builds = " in shards/tiny-1-of-2.jsonl:2, another buil in shards/tiny-2-of-2.jsonl:2\n"
        #expect(result.err.contains(builds), "\(result.err)")
      }
    }
  }
}
