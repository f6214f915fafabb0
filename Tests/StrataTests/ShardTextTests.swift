import Foundation
import TestSupport
import Testing
import Traces

/// Datasets of sentences, texts and answers of several tokens: shards, caches, files, and the command line.
@Suite struct ShardTextTests {
  private static let spec = """
    models:
      Tiny: ./tiny.gguf
      Other: {path: ./other.gguf, lenses: [logit, {jacobian: ./lens.pt}]}
    datasets:
      - {id: longer, file: pairs.csv, prompt: text, target: other, foil: text, score: mean, group: kind}
      - {id: sentences, file: pairs.csv, sentence: text, foil: other, group: side, pair: pair}
      - {id: story, corpus: story.txt, passage: 100, words: true}
    figures:
      - dataset-profile
      - {kind: dataset-comparison, prompts: [sentences, story], by: model}
      - {kind: dataset-comparison, id: sides, prompts: [sentences], by: group}

    """

  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      for (from, to) in [("models/gpt2/gpt2.gguf", "other.gguf"), ("jacobian/gpt2.pt", "lens.pt")] {
        try FileManager.default.copyItem(at: Fixtures.url(from), to: folder.appending(path: to))
      }
      try strata.write(Self.spec, to: "texts.yaml")
      let lines = (0..<24).map { item in
        let (one, other) = (["1", "2", "3", "4"][item % 4], ["5", "6", "7", "8"][item / 4 % 4])
        return "\(one) \(item % 10) \(one),\(other) \(item % 10) \(other),k\(item % 3),s\(item % 2),p\(item / 2)"
      }
      try strata.write("text,other,kind,side,pair\n" + lines.joined(separator: "\n") + "\n", to: "pairs.csv")
      let story = (0..<12).map { "the cat \($0) sat in the city of keys,\n" + ($0 % 5 == 0 ? "\n" : "") }
      try strata.write(story.joined(), to: "story.txt")
      try body(strata)
    }
  }

  @Test func shardsOfTextsMakeTheGalleryOfALocalBuild() throws {
    try run { strata in
      let local = try strata.run("build", "texts.yaml", "-q", "-o", "local")
      #expect(local.status == 0, "\(local.err)")
      let again = try strata.run("build", "texts.yaml", "-o", "other")
      #expect(again.status == 0 && again.err.contains("0 cells traced"), "\(again.err)")
      for model in ["tiny", "other-logit-lens", "other-jacobian-lens"] {
        for part in ["2/3", "1/3", "3/3"] {
          let made = try strata.run("trace", "texts.yaml", "--model", model, "--shard", part, "-o", "shards/", "-q")
          #expect(made.status == 0, "\(made.err)")
        }
      }
      for name in ["tiny.gguf", "other.gguf", "lens.pt", "cache"] {
        try FileManager.default.removeItem(at: strata.folder.appending(path: name))
      }
      let far = try strata.run("build", "texts.yaml", "-q", "-o", "far", "--traces", "shards")
      #expect(far.status == 0, "\(far.err)")
      let (one, other) = (try strata.contents(of: "local/texts"), try strata.contents(of: "far/texts"))
      #expect(one.count > 40 && one.keys.sorted() == other.keys.sorted())
      for (path, data) in one { #expect(other[path] == data, "\(path)") }
      #expect(one.keys.contains("datasets/tiny-story-words.csv"))
      let findings = String(decoding: try #require(one["findings.json"]), as: UTF8.self)
      #expect(findings.contains("\"comparisons\"") && findings.contains("McNemar’s exact p"))
      let gathered = try strata.run("gather", "shards")
      #expect(gathered.status == 0, "\(gathered.err)")
      let gallery = try strata.contents(of: "out/gathered")
      for name in ["longer", "sentences", "story", "story-words"] {
        let path = "datasets/tiny-\(name).csv"
        #expect(gallery[path] != nil && gallery[path] == one[path], "\(path)")
      }
      let checked = try strata.run("trace", "--check", "local/texts/datasets/tiny-story.json")
      #expect(checked.status == 0 && checked.out.contains("good: strata.dataset/3, Tiny, "), "\(checked.err)")
      let damaged = String(decoding: try #require(one["datasets/tiny-sentences.json"]), as: UTF8.self)
        .replacing("\"right\":[[", with: "\"right\":[[2,")
      try strata.write(damaged, to: "damaged.json")
      let wrong = try strata.run("trace", "--check", "damaged.json")
      #expect(wrong.status == 66 && wrong.err.contains("'items.right[0]': 25 items, expected 24"), "\(wrong.err)")
    }
  }

  @Test func theCommandLineScoresTextsAndDrawsComparisons() throws {
    try run { strata in
      func dataset(_ arguments: String...) throws -> StrataProgram.Result {
        try strata.run(["dataset", "-q", "-m", "./tiny.gguf", "--resamples", "100"] + arguments)
      }
      let pairs = ["pairs.csv", "--sentence", "text", "--foil", "other", "--items"]
      let table = try strata.run(["dataset", "-q", "-m", "./tiny.gguf"] + pairs.dropLast())
      #expect(table.status == 0 && table.out.contains("24 pairs, sum over tokens"), "\(table.err)")
      for model in ["tiny", "other"] {
        let made = try strata.run(
          ["dataset", "-q", "-m", "./\(model).gguf"] + pairs + ["--format", "json", "-o", "\(model).json"])
        #expect(made.status == 0, "\(made.err)")
      }
      let drawn = try strata.run("draw", "tiny.json", "other.json", "--kind", "dataset-comparison", "-o", "c.svg")
      #expect(drawn.status == 0, "\(drawn.err)")
      let words = try dataset("story.txt", "--words", "--format", "words", "--passage", "100")
      #expect(words.status == 0 && words.out.hasPrefix("item,word,text,tokens,layer,point,surprisal,"), "\(words.err)")
      #expect(try dataset("story.txt", "--passage", "100").out.contains("bits per byte"))
      #expect(try dataset("pairs.csv", "--prompt", "text", "--target", "other", "--score", "mean").status == 0)
      for (arguments, words) in [
        (["story.txt", "--foil", "f"], "--foil is about columns"),
        (["pairs.csv", "--words"], "--words needs a .txt file"),
        (["pairs.csv", "--sentence", "text", "--score", "sum"], "--score needs --foil"),
        (["pairs.csv", "--sentence", "text", "--target", "t"], "--target is about words after prompts"),
        (["pairs.csv", "--passage", "300"], "--passage cuts a .txt file"),
        (["story.txt", "--passage", "3"], "--passage must be"),
        (["pairs.csv", "--format", "words"], "--format words needs --words"),
      ] {
        let found = try strata.run(["dataset", "-m", "./tiny.gguf"] + arguments)
        #expect(found.status == 64 && found.err.contains(words), "\(found.err)")
      }
    }
  }

  @Test func aPassageThatIsTooLongForAModelIsAnsweredWithALengthThatFits() throws {
    try run { strata in
      let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
      try FileManager.default.copyItem(
        at: root.appending(path: "models/first"), to: strata.folder.appending(path: "first"))
      // Dense lines among others: a length that fits on average does not fit them.
      let dense = (0..<6).map { "7 8 9 1 \($0) 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0\n" }
      let words = (0..<30).map { "the cat sat in the city of the keys and the king \($0)\n" }
      var lengths: [Int] = []
      for (name, text) in [("mixed", (words + dense + words).joined()), ("even", words.joined())] {
        try strata.write(text, to: "\(name).txt")
        let found = try strata.run("dataset", "-q", "-m", "./first", "\(name).txt")
        let hint = try #require(
          found.err.firstMatch(
            of: /hint: cut '(\w+)' into passages that fit first: passage: (\d+) \(--passage (\d+)\)/),
          "\(found.err)")
        #expect(found.status == 65 && hint.1 == name && hint.2 == hint.3)
        let length = try #require(Int(hint.2))
        lengths.append(length)
        let again = try strata.run("dataset", "-q", "-m", "./first", "\(name).txt", "--passage", "\(length)")
        #expect(again.status == 0, "\(length): \(again.err)")
        try strata.write(
          "models: {One: ./first}\ndatasets: [{id: d, corpus: \(name).txt}]\nfigures: [dataset-profile]\n", to: "s.yaml"
        )
        let built = try strata.run("build", "s.yaml", "-q")
        #expect(built.err.contains("hint: cut 'd' into passages that fit One: passage: \(length) "), "\(built.err)")
      }
      #expect((200..<300).contains(lengths[0]) && (300..<400).contains(lengths[1]), "\(lengths)")
      let line = words.joined().replacing("\n", with: " ")
      try strata.write("text\nthe cat\n\(line)\n", to: "column.csv")
      let column = try strata.run("dataset", "-q", "-m", "./first", "column.csv", "--sentence", "text")
      #expect(
        column.status == 65 && column.err.contains("column.csv:3: ")
          && column.err.contains(
            /hint: texts of \d+ characters in the dataset 'column' fit first: shorten this one, or cut it/),
        "\(column.err)")
      #expect(!column.err.contains("passage"), "\(column.err)")
      try strata.write(String(repeating: "7 8 ", count: 300), to: "none.txt")
      let none = try strata.run("dataset", "-q", "-m", "./tiny.gguf", "none.txt")
      #expect(
        none.status == 65
          && none.err.contains(/no passages fit tiny: the shortest have 100 characters, and of 'none' \d\d would fit/),
        "\(none.err)")
    }
  }

  @Test func groupsWithoutPairsAreToldApartFromPairsThatAreTooFew() throws {
    try run { strata in
      let groups = [
        "-q", "-m", "./tiny.gguf", "few.csv", "--sentence", "text", "--foil", "other", "--group", "kind", "--items",
      ]
      for (pair, hint) in [
        ([], "hint: name the column that items of a pair share: pair: COLUMN (--pair)"),
        (
          ["--pair", "pair"],
          "hint: items of a pair have one value in the column of pair: and different ones in the first column"
        ),
      ] {
        try strata.write("text,other,kind,pair\n1 2 1,5 2 5,a,p1\n2 3 2,6 3 6,b,p1\n3 3 3,4 4 4,a,p2\n", to: "few.csv")
        let made = try strata.run(["dataset"] + groups + ["--format", "json", "-o", "few.json"] + pair)
        #expect(made.status == 0, "\(made.err)")
        let drawn = try strata.run(
          "draw", "few.json", "--kind", "dataset-comparison", "--set", "by=group", "-o", "c.svg")
        #expect(
          drawn.status == 66 && drawn.err.contains("no two groups with two or more pairs of items"), "\(drawn.err)")
        #expect(drawn.err.contains(hint), "\(drawn.err)")
      }
      // Which of two items is compared would be a guess.
      try strata.write(
        "text,other,kind,pair\n1 2 1,5 2 5,a,p1\n2 3 2,6 3 6,b,p1\n3 3 3,4 4 4,a,p1\n2 1 2,3 1 3,b,p2\n1 1 1,4 1 4,a,p2\n",
        to: "few.csv")
      let made = try strata.run(["dataset"] + groups + ["--format", "json", "-o", "few.json", "--pair", "pair"])
      #expect(made.status == 0, "\(made.err)")
      let drawn = try strata.run("draw", "few.json", "--kind", "dataset-comparison", "--set", "by=group", "-o", "c.svg")
      #expect(
        drawn.status == 66 && drawn.err.contains("found several of the pair 'p1' in 'a'"), "\(drawn.err)")
    }
  }
}
