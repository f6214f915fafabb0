import Foundation
import TestSupport
import Testing

/// Parts of a trace that were exchanged with those of another one, or put in another order.
@Suite struct ExchangedPartsTests {
  private typealias JSON = [String: Any]

  /// Makes a trace with some options, and checks changed ones.
  private func withTrace(_ options: [String], _ body: (Site) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let made = try strata.run(["trace", "--model", Fixtures.tinyLlama, "-q", "-o", "t.json"] + options)
      try #require(made.status == 0, "\(made.err)")
      let data = try Data(contentsOf: folder.appending(path: "t.json"))
      let trace = try #require(try JSONSerialization.jsonObject(with: data) as? JSON)
      let site = Site(strata: strata, good: trace)
      #expect(try site.check(trace).status == 0)
      try body(site)
    }
  }

  private struct Site {
    let strata: StrataProgram
    let good: JSON

    func check(_ trace: JSON) throws -> StrataProgram.Result {
      let data = try JSONSerialization.data(withJSONObject: trace, options: .sortedKeys)
      try data.write(to: strata.folder.appending(path: "wrong.json"))
      return try strata.run("trace", "--check", "wrong.json")
    }

    func fails(_ words: String, _ edit: (inout JSON) throws -> Void) throws {
      var wrong = good
      try edit(&wrong)
      let result = try check(wrong)
      #expect(result.status == 66 && result.err.contains(words), "\(words): \(result.out)\(result.err)")
    }
  }

  @Test(arguments: [
    ("The keys to the cabinet", "The key to the cabinets"), ("The key to the cabinets", "The keys to the cabinet"),
    ("red", "cat"), ("the cat", "the cats"), ("the cats", "the cat"),
  ]) func aPromptIsThatOfItsTokens(prompt: String, other: String) throws {
    try withTrace(["--prompt", prompt]) { site in
      try site.fails("'prompt': '\(other)', expected the text that 'tokens' spell, '\(prompt)'; they differ first at ")
      {
        $0["prompt"] = other
      }
      // Spaces, marks and the size of letters are the tokenizer's.
      var same = site.good
      same["prompt"] = "\(prompt.uppercased())! "
      #expect(try site.check(same).status == 0)
    }
  }

  @Test func aContinuationIsThatOfItsTokens() throws {
    try withTrace(["--prompt", "the cat", "--continuation", " 50, 51"]) { site in
      try site.fails("'method.continuation': ' 44, 45', expected the text that 'tokens' spell, ' 50, 51'; they differ ")
      {
        $0["method"] = ["continuation": " 44, 45"]
      }
    }
  }

  @Test func rowsGoFromTheBottomToTheTop() throws {
    try withTrace(["--prompt", "the cat", "--rows", "attention"]) { site in
      func rows(_ edit: @escaping (inout [JSON]) -> Void) -> (inout JSON) throws -> Void {
        { trace in
          var rows = try #require(trace["rows"] as? [JSON])
          edit(&rows)
          trace["rows"] = rows
        }
      }
      try site.fails(
        "'rows[1]': the embedding, expected a point above the attention of layer 0", rows { $0.swapAt(0, 1) })
      try site.fails(
        "'rows[2]': the attention of layer 0, expected a point above layer 0", rows { $0.swapAt(1, 2) })
      try site.fails("'rows[3]': layer 0, expected a point above layer 0", rows { $0[3] = $0[2] })
      try site.fails("'rows[4].layer': 1, expected 0", rows { $0[4] = ["layer": 1, "point": "embedding"] })
    }
  }

  @Test func patchedRunsAreOfTheirTexts() throws {
    let pair = "target: a, foil: o"
    try withTrace(
      ["--prompt", "the cat", "--patch", "{source: the car, \(pair)}", "--attribute", "{\(pair)}", "--top", "3"]
    ) { site in
      func patching(_ edit: @escaping (inout JSON) throws -> Void) -> (inout JSON) throws -> Void {
        { trace in
          var patching = try #require(trace["patching"] as? JSON)
          try edit(&patching)
          trace["patching"] = patching
        }
      }
      func exchanged(_ one: String, _ other: String) -> (inout JSON) throws -> Void {
        patching { ($0[one], $0[other]) = ($0[other], $0[one]) }
      }
      for key in ["source_difference", "base_difference"] {
        try site.fails("'patching.\(key)': ", exchanged("source_difference", "base_difference"))
      }
      try site.fails("as 'attribution' has it", exchanged("target", "foil"))
      let own = try #require(site.good["tokens"] as? [JSON])
      let count = try #require(site.good["prompt_length"] as? Int)
      try site.fails(
        "'patching.source_tokens': those of the prompt, expected others",
        patching {
          $0["source_tokens"] = Array(own.prefix(count))
        })
      try site.fails(
        "'patching.source': 'the bar', expected the text that 'patching.source_tokens' spell",
        patching {
          $0["source"] = "the bar"
        })
    }
  }

  @Test func aPatchThatReachesNothingChangesNothing() throws {
    let pair = "target: a, foil: o"
    try withTrace(
      ["--prompt", "the red car", "--patch", "{source: the old car, \(pair), of: [stream, attention, mlp]}"]
    ) { site in
      let runs = try #require((site.good["patching"] as? JSON)?["differences"] as? [JSON])
      func change(_ run: Int, _ row: Int, _ position: Int) throws {
        try site.fails("'patching.differences[\(run)].values[\(row)][\(position)]': 50") { trace in
          var patching = try #require(trace["patching"] as? JSON)
          var runs = runs
          var values = try #require(runs[run]["values"] as? [[Any]])
          values[row][position] = 50
          runs[run]["values"] = values
          patching["differences"] = runs
          trace["patching"] = patching
        }
      }
      let (own, source) = try (
        #require(site.good["tokens"] as? [JSON]),
        #require((site.good["patching"] as? JSON)?["source_tokens"] as? [JSON])
      )
      let pairs = zip(own, source).map { ($0["id"] as? Int, $1["id"] as? Int) }
      let first = try #require(pairs.firstIndex { $0.0 != $0.1 })
      let same = try #require(pairs.indices.last { $0 > first && pairs[$0].0 == pairs[$0].1 })
      try change(0, 0, same)
      let end = try #require(runs[0]["values"] as? [[Any]]).count - 1
      try change(0, end, first)
      try change(2, end - 1, first)
    }
  }

  @Test func theLensOfAPartIsThatOfItsRow() throws {
    try withTrace([
      "--prompt", "the cat", "--attribute", "{target: a, foil: o}", "--rows", "attention", "--watch", "a", "--watch",
      "o",
    ]) { site in
      let parts = try #require((site.good["attribution"] as? JSON)?["parts"] as? [JSON])
      for index in parts.indices where parts[index]["lens"] != nil {
        try site.fails("'attribution.parts[\(index)].lens': 90.0, expected ") { trace in
          var attribution = try #require(trace["attribution"] as? JSON)
          var parts = parts
          parts[index]["lens"] = 90
          attribution["parts"] = parts
          trace["attribution"] = attribution
        }
      }
    }
  }

  @Test func aDivergenceIsNotBelowWhatTheListsShow() throws {
    try withTrace(["--prompt", "the cat", "--top", "100"]) { site in
      let kl = try #require(site.good["kl"] as? [[Double]])
      try #require(kl[0][0] > 0.1, "\(kl)")
      for small in [0, 0.5 * kl[0][0]] {
        try site.fails("'kl[0][0]': \(small == 0 ? "0" : "")") {
          var changed = kl
          changed[0][0] = small
          $0["kl"] = changed
        }
      }
    }
  }

  @Test func theTextsOfAWatchSetAreThoseOfItsTokens() throws {
    try withTrace(["--prompt", "the cat", "--watch-set", "{name: letters, tokens: [a, o]}"]) { site in
      try site.fails("'watch[0].texts[0]': 'o', expected 'a', the text of") { trace in
        var watched = try #require(trace["watch"] as? [JSON])
        watched[0]["texts"] = (watched[0]["texts"] as? [Any]).map { Array($0.reversed()) }
        trace["watch"] = watched
      }
    }
  }

  @Test(arguments: ["<b>x</b>", "", "  ", "f32\n", String(repeating: "f", count: 41), "é"])
  func aPrecisionHasAName(compute: String) throws {
    try withTrace(["--prompt", "the cat"]) { site in
      try site.fails("'compute': '") { $0["compute"] = compute }
      var good = site.good
      good["compute"] = "bf16 acc_f32-v1.0"
      #expect(try site.check(good).status == 0)
    }
  }
}
