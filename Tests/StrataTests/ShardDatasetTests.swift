import Foundation
import TestSupport
import Testing
import Traces

/// Datasets in shards: those that a model cannot answer, and the sources of patched runs.
@Suite struct ShardDatasetTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try FileManager.default.copyItem(at: Fixtures.url("models/t5/hf"), to: folder.appending(path: "t5"))
      try body(strata)
    }
  }

  @Test(arguments: [1, 2]) func aDatasetThatAModelCannotAnswerIsAGapAsInALocalBuild(parts: Int) throws {
    try run { strata in
      try strata.write("prompt,target,foil\nthe cat,aa,o\nthe city,o,ee\nthe keys,aa,e\n", to: "sums.csv")
      try strata.write(
        """
        models: {T5: ./t5, Tiny: ./tiny.gguf}
        prompts: [{id: cat, text: the cat, generate: 1}]
        datasets: [{id: sums, file: sums.csv, foil: foil, score: sum}]
        figures: [top-tokens]
        output: {report: none, figures: [svg]}

        """, to: "words.yaml")
      let local = try strata.run("build", "words.yaml", "-q", "-o", "local")
      #expect(local.status == 1 && local.err.contains("for which 'score' is not defined"), "\(local.err)")
      for (model, status) in [("T5", Int32(1)), ("Tiny", 0)] {
        for part in 1...parts {
          let made = try strata.run(
            "trace", "words.yaml", "--model", model, "--shard", "\(part)/\(parts)", "-o", "shards/", "-q")
          #expect(made.status == status, "\(made.err)")
          #expect(made.out == "shards/\(model.lowercased())-\(part)-of-\(parts).jsonl\n")
          // What all items share is told once.
          let told = made.err.split(separator: "\n").filter { $0.contains("'score' is not defined") }
          #expect(told.count == Int(status) && told.allSatisfy { $0.contains("T5, sums: ") }, "\(made.err)")
        }
      }
      let far = try strata.run("build", "words.yaml", "-q", "-o", "far", "--traces", "shards")
      #expect(far.status == 1 && far.err == local.err, "\(far.err)\(local.err)")
      let (one, other) = (try strata.contents(of: "local/words"), try strata.contents(of: "far/words"))
      #expect(one.keys.sorted() == other.keys.sorted())
      for (path, data) in one {
        #expect(other[path] == data, "\(path): \(StrataProgram.firstDifference(data, other[path] ?? Data()))")
      }
      let gathered = try strata.run("gather", "shards", "-q")
      #expect(gathered.status == 0, "\(gathered.err)")
    }
  }

  /// A folder with shards of a dataset with sources, a local build, and `there.yaml`, which takes the shards.
  private func withSources(_ body: (StrataProgram) throws -> Void) throws {
    try run { strata in
      try strata.write(Self.pairs, to: "pairs.csv")
      for (name, model) in [("here", "./tiny.gguf"), ("there", "{traces: ./shards}")] {
        try strata.write(
          "models: {Tiny: \(model)}\ndatasets: [{id: states, file: pairs.csv, foil: foil, source: source, group: kind}]\n"
            + "output: {report: none, figures: [svg]}\n", to: "\(name).yaml")
      }
      let local = try strata.run("build", "here.yaml", "-q")
      try #require(local.status == 0, "\(local.err)")
      for part in ["1/2", "2/2"] {
        let made = try strata.run("trace", "here.yaml", "--model", "Tiny", "--shard", part, "-o", "shards/", "-q")
        try #require(made.status == 0, "\(made.err)")
      }
      try body(strata)
    }
  }

  private static let pairs =
    "prompt,source,target,foil,kind\n1 0 1,5 0 5,a,o,x\n2 1 2,6 1 6,e,i,y\n3 2 3,7 2 7,a,i,x\n4 3 4,8 3 8,e,o,y\n"

  @Test func aSummaryOfShardsSaysOfWhichSourcesItIs() throws {
    try withSources { strata in
      let there = try strata.run("build", "there.yaml")
      #expect(there.status == 0 && !there.err.contains("could not be compared"), "\(there.err)")
      #expect(try strata.run("gather", "shards", "-q").status == 0)
      let path = "datasets/tiny-states.json"
      let local = try #require(try strata.contents(of: "out/here")[path])
      #expect(String(decoding: local, as: UTF8.self).contains("\"items_sha256\""))
      for gallery in ["there", "gathered"] {
        let other = try strata.contents(of: "out/\(gallery)")[path] ?? Data()
        #expect(other == local, "\(gallery): \(StrataProgram.firstDifference(local, other))")
      }
      try strata.write(Self.pairs.replacing("5 0 5", with: "8 0 8"), to: "pairs.csv")
      let changed = try strata.run("build", "there.yaml", "-q")
      #expect(
        changed.status == 66 && changed.err.contains("whose texts, targets, foils or sources differ"), "\(changed.err)")
    }
  }

  @Test func shardsThatDoNotSayTheirSourcesAreToldAndGoWithThoseThatDo() throws {
    try withSources { strata in
      let new = try strata.contents(of: "shards")
      for name in new.keys.sorted() {
        var lines = String(decoding: try #require(new[name]), as: UTF8.self)
          .replacing(#/("schema":"strata.item/1",)"source":"[^"]*",/#) { String($0.1) }
          .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(!lines.dropFirst().contains { $0.contains("strata.item/1\",\"source\"") })
        let sum = SHA256.hex(of: Data(lines.dropFirst().joined(separator: "\n").utf8))
        lines[0] = Substring(
          lines[0].replacing(#/"sha256":"[0-9a-f]{64}","shard"/#, with: "\"sha256\":\"\(sum)\",\"shard\""))
        #expect(lines.joined(separator: "\n").utf8.count < new[name]?.count ?? 0)
        try strata.write(lines.joined(separator: "\n"), to: "shards/\(name)")
      }
      let old = try strata.run("build", "there.yaml")
      #expect(
        old.status == 0 && old.err.contains("note: Tiny: sources could not be compared with those of the dataset"),
        "\(old.err)")
      let local = try strata.run("build", "here.yaml", "-q", "--traces", "shards", "--out", "far")
      #expect(local.status == 0, "\(local.err)")
      // Together with shards that say them.
      for (name, data) in new { try data.write(to: strata.folder.appending(path: "shards/new-\(name)")) }
      let both = try strata.run("build", "there.yaml")
      #expect(both.status == 0 && !both.err.contains("could not be compared"), "\(both.err)")
      #expect(try strata.run("gather", "shards", "-q").status == 0)
    }
  }
}
