import Foundation
import TestSupport
import Testing

/// `strata dataset` on a tiny model.
@Suite struct DatasetCommandTests {
  private let model = Fixtures.url("models/llama/llama.gguf").path
  private static let items = "prompt,target,foil,kind\nthe keys,t,e,x\na cat,a,t,y\nthe,t,o,x\n"

  @Test func tableJSONAndCSVComeFromOneRun() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(Self.items, to: "d.csv")
      let arguments = ["dataset", "-q", "--model", model, "d.csv", "--foil", "foil", "--group", "kind"]
      let table = try strata.run(arguments)
      #expect(table.status == 0, "\(table.err)")
      #expect(table.out.contains("d: 3 prompts\n") && table.out.contains("kind: y"))
      let json = try strata.run(arguments + ["--format", "json", "--threads", "1"])
      let object = try #require(try JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: Any])
      #expect(object["schema"] as? String == "strata.dataset/1")
      #expect((object["groups"] as? [Any])?.count == 3)
      #expect(strata.files(in: "cache/strata/datasets").count == 1)
      // Without the cache the bytes are the same.
      try FileManager.default.removeItem(at: strata.cache.appending(path: "datasets"))
      #expect(try strata.run(arguments + ["--format", "json", "--threads", "3"]) == json)
      let csv = try strata.run(arguments + ["--format", "csv", "-o", "out.csv"])
      #expect(csv.status == 0 && csv.out.isEmpty)
      #expect(
        try String(contentsOf: folder.appending(path: "out.csv"), encoding: .utf8).hasPrefix("column,value,items,"))
    }
  }

  @Test func answersWithoutTheirSpaceAreToldOnceForADataset() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      let words =
        "note: tiny: pairs: the target 'a' on line 2 begins without a space, so after 'cat' it makes 'cata', and is read "
        + "as the token 'a'; so do 3 more answers; if it should be the next word, write ' a'\n"
      for (text, isTold) in [
        ("prompt,target,foil\nthe cat,a,o\nthe city,o,a\n", true),
        ("prompt,target,foil\nthe cat, a, o\nthe city, o, a\n", false),
        ("prompt,target,foil\nthe cat ,a,o\n\"the city, \",o,a\n", false),
      ] {
        try strata.write(text, to: "pairs.csv")
        let scored = try strata.run("dataset", "--model", "./tiny.gguf", "pairs.csv", "--foil", "foil")
        #expect(scored.status == 0 && scored.err.contains(words) == isTold, "\(scored.err)")
        #expect(scored.err.contains("without a space") == isTold, "\(scored.err)")
        try strata.write(
          "models: {tiny: ./tiny.gguf}\ndatasets: [{id: pairs, file: pairs.csv, foil: foil}]\n"
            + "figures: [dataset-profile]\n",
          to: "s.yaml")
        let shard = try strata.run("trace", "s.yaml", "--model", "tiny", "-o", "shards/")
        #expect(shard.status == 0 && shard.err.contains(words) == isTold, "\(shard.err)")
      }
    }
  }

  @Test func badLinesAreToldTogetherAndNothingIsWritten() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(Self.items + "the,the keys,e,x\nthe,t,zqzq,x\n", to: "d.csv")
      let bad = try strata.run("dataset", "-q", "--model", model, "d.csv", "--foil", "foil", "-o", "out.txt")
      #expect(bad.status == 65 && bad.out.isEmpty)
      #expect(bad.err.contains("error: d.csv:5: the target 'the keys' is"))
      #expect(bad.err.contains("error: d.csv:6: the foil 'zqzq' is"))
      #expect(
        bad.err.contains("hint: score: sum (--score sum) takes all of its tokens, first_token: true (--first-token)"))
      #expect(strata.files(in: ".").contains("out.txt") == false)
      let lenient = try strata.run(
        "dataset", "-q", "--model", model, "d.csv", "--foil", "foil", "--first-token", "--resamples", "100")
      #expect(lenient.status == 0 && lenient.out.contains("5 prompts, first tokens"), "\(lenient.err)")
      #expect(try strata.run("dataset", "--model", model, "d.csv", "--resamples", "7").status == 64)
      #expect(try strata.run("dataset", "--model", model, "none.csv").status == 66)
    }
  }
}
