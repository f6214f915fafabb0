import Foundation
import TestSupport
import Testing

/// Checkpoints of a training, from a spec to its gallery, on the small models that lie in the repository.
@Suite struct CheckpointTests {
  private static let steps = Fixtures.repository.appending(path: "models/first-steps")
  private static let numbers = [0, 125, 250, 500, 1000, 2000, 4000, 8000]

  private func bytes(_ path: String, in folder: URL) throws -> Data {
    try Data(contentsOf: folder.appending(path: path))
  }

  @Test func theExampleShowsATrainingAsAnAxis() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let spec = Fixtures.repository.appending(path: "examples/checkpoints.yaml").path
      #expect(try strata.run(["build", "--offline", "-q", spec]).status == 0)
      let findings = try JSONSerialization.jsonObject(with: bytes("out/checkpoints/findings.json", in: folder))
      let training = try #require((findings as? [String: Any])?["training"] as? [[String: Any]])
      #expect(training.compactMap { $0["prompt"] as? String } == ["doctors", "children", "red", "counting"])
      for one in training {
        let checkpoints = try #require(one["checkpoints"] as? [[String: Any]])
        #expect(checkpoints.compactMap { $0["step"] as? Int } == Self.numbers)
      }
      // The page, the report's text and the figures say the same.
      let sentence = try #require(training[0]["finding"] as? String)
      let page = try String(decoding: bytes("out/checkpoints/index.html", in: folder), as: UTF8.self)
      let plain = page.replacing("\u{A0}%", with: " %")
      #expect(plain.contains(sentence) && page.contains("8 checkpoints of first"))
      #expect(page.contains("first is shown at 8 checkpoints of its training: steps 0, 125, 250"))
      for kind in ["rank-heatmap", "trajectory", "profile"] {
        let table = try String(decoding: bytes("out/checkpoints/figures/red-\(kind).csv", in: folder), as: UTF8.self)
        #expect(table.contains("\"step 8,000\""))
      }
      let second = try strata.run(["build", "--offline", "--explain", spec])
      #expect(second.err.contains("nothing has changed since the last build"), "\(second.err)")
    }
  }

  @Test func revisionsOnAHubAreFetchedAndShownInTheirOrder() throws {
    try withTemporaryFolder { folder in
      let hub = try FakeHub(in: folder)
      try hub.addModel(to: "test/plain")
      let strata = StrataProgram(folder: folder, environment: hub.environment)
      try Data(
        """
        models:
          A: test/plain@{step2000,step1000}
        prompts: [{id: keys, text: "The keys to the cabinet", watch: [" is", " are"]}]
        figures: [{kind: trajectory, together: true}]
        output: {report: none, figures: [svg, csv]}

        """.utf8
      ).write(to: folder.appending(path: "run.yaml"))
      let built = try strata.run(["build", "-q", "run.yaml"])
      #expect(built.status == 0, "\(built.err)")
      let table = try String(decoding: bytes("out/run/figures/keys-trajectory.csv", in: folder), as: UTF8.self)
      let rows = table.split(separator: "\n")
      #expect(
        rows.dropFirst().first?.contains("\"step 1,000\"") == true && rows.last?.contains("\"step 2,000\"") == true,
        "\(table)")
      #expect(try strata.run(["build", "-q", "--offline", "run.yaml"]).status == 0)
    }
  }

  @Test func everyCheckpointHasTheTraceOfItsFolderAsAModelOfItsOwn() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let rest = """
        prompts:
          - {id: keys, text: "The keys to the cabinet", watch: [" is", " are"]}
          - {id: ones, text: " 7, 7, 7,", generate: 3}
        figures: [{kind: top-tokens, models: [PLAIN]}]
        output: {report: none, figures: [svg]}

        """
      let alone = Self.numbers.map { "  first (step \($0)): {path: \(Self.steps.path)/step\($0)}\n" }.joined()
      try Data(("models:\n  A: {checkpoints: \(Self.steps.path)/step*}\n" + rest.replacing("PLAIN", with: "A")).utf8)
        .write(to: folder.appending(path: "run.yaml"))
      try Data(
        ("models:\n" + alone + rest.replacing(", models: [PLAIN]", with: "")).replacing("first (", with: "A (").utf8
      ).write(to: folder.appending(path: "alone.yaml"))
      #expect(try strata.run(["build", "--offline", "-q", "run.yaml"]).status == 0)
      #expect(try strata.run(["build", "--offline", "-q", "alone.yaml", "--refresh"]).status == 0)
      for number in Self.numbers {
        for prompt in ["keys", "ones"] {
          let file = "traces/a-step-\(number)-\(prompt).json"
          #expect(try bytes("out/run/\(file)", in: folder) == bytes("out/alone/\(file)", in: folder), "\(file)")
        }
      }
      // Shards of checkpoints make the same gallery.
      let plan = try strata.run(["plan", "run.yaml", "--json"])
      #expect(plan.out.contains("\"run\" : \"A\"") && plan.out.contains("\"number\" : 8000"))
      for number in Self.numbers {
        let shard = try strata.run([
          "trace", "run.yaml", "--model", "A (step \(number))", "--shard", "1/1", "-o", "shards/",
        ])
        #expect(shard.status == 0, "\(shard.err)")
      }
      #expect(
        try strata.run(["build", "--offline", "-q", "run.yaml", "--traces", "shards/", "--out", "other"]).status == 0)
      #expect(
        try bytes("out/run/traces/a-step-500-ones.json", in: folder)
          == bytes("other/run/traces/a-step-500-ones.json", in: folder))
      // Traces that were gathered are checkpoints by their names.
      let gathered = try strata.run(["gather", "out/run/traces", "-q"])
      #expect(gathered.status == 0, "\(gathered.err)")
      let figures = try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: "out/gathered/figures").path)
      #expect(
        figures.contains { $0.hasSuffix("-trajectory.svg") } && !figures.contains { $0.contains("trajectory-a-step") })
      // A check compares findings of the training.
      #expect(try strata.run(["check", "run.yaml"]).status == 0)
    }
  }

  /// A spec of checkpoints below `run`, and their folders: copies of those of the repository by the steps that they are called after.
  private func withRun(_ copies: [Int: Int], _ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try FileManager.default.createDirectory(at: folder.appending(path: "run"), withIntermediateDirectories: true)
      for (name, source) in copies {
        try FileManager.default.copyItem(
          at: Self.steps.appending(path: "step\(source)"), to: folder.appending(path: "run/step\(name)"))
      }
      try strata.write(
        """
        models: {A: {checkpoints: ./run/step*}}
        prompts: [{id: ones, text: " 7, 7, 7,"}]
        figures: [{kind: top-tokens, models: [A]}]
        output: {report: none, figures: [svg]}

        """, to: "run.yaml")
      try body(strata)
    }
  }

  @Test func checkpointsOfTheSameWeightsAreTold() throws {
    let words = "A (step 1000) and A (step 2000) have the same weights (SHA-256 "
    for (copies, isTold) in [([500: 500, 1000: 1000, 2000: 1000], true), ([500: 500, 1000: 1000, 2000: 2000], false)] {
      try withRun(copies) { strata in
        let built = try strata.run("build", "--offline", "run.yaml")
        #expect(built.status == 0 && built.err.contains("note: \(words)") == isTold, "\(built.err)")
        let page = try String(contentsOf: strata.folder.appending(path: "out/run/index.html"), encoding: .utf8)
        #expect(page.contains(words) == isTold)
        guard isTold else { return }
        // Shards, and traces that were gathered, are of the same weights, too.
        for number in [500, 1000, 2000] {
          let name = "A (step \(number))"
          #expect(try strata.run("trace", "run.yaml", "--model", name, "-o", "shards/", "-q").status == 0)
        }
        let sharded = try strata.run("build", "run.yaml", "--traces", "shards", "--out", "other")
        #expect(sharded.status == 0 && sharded.err.contains(words), "\(sharded.err)")
      }
    }
  }

  @Test func oneModelUnderTwoNamesIsToldUnlessItIsReadOtherwise() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      for (second, isTold) in [("./tiny.gguf", true), ("{path: ./tiny.gguf, bos: no}", false)] {
        try strata.write(
          "models: {One: ./tiny.gguf, Two: \(second)}\nprompts: [{id: cat, text: the cat}]\nfigures: [top-tokens]\n"
            + "output: {report: none, figures: [svg]}\n", to: "s.yaml")
        let built = try strata.run("build", "s.yaml")
        #expect(built.status == 0, "\(built.err)")
        #expect(built.err.contains("note: One and Two have the same weights") == isTold, "\(built.err)")
      }
    }
  }

  @Test func aCheckpointWhoseTrainerTellsAnotherStepIsTold() throws {
    try withRun([1000: 1000, 2000: 2000]) { strata in
      // The folders are exchanged: each trainer tells the step of the other.
      try strata.write(
        "{\"epoch\": 1.0, \"global_step\": 2000, \"log_history\": []}", to: "run/step1000/trainer_state.json")
      try strata.write("{\"global_step\": 1000}", to: "run/step2000/trainer_state.json")
      let words =
        "trainer_state.json: the trainer saved it at step 2,000 (global_step), and the spec takes it for step 1,000"
      let built = try strata.run("build", "--offline", "run.yaml")
      #expect(built.status == 0 && built.err.contains(words), "\(built.err)")
      #expect(built.err.components(separatedBy: "the trainer saved it").count == 3, "\(built.err)")
      let page = try String(contentsOf: strata.folder.appending(path: "out/run/index.html"), encoding: .utf8)
      #expect(page.contains("A (step 1000), trainer_state.json: the trainer saved it at step 2,000"))
      let shard = try strata.run("trace", "run.yaml", "--model", "A (step 1000)", "-o", "shards/")
      #expect(shard.status == 0 && shard.err.contains(words), "\(shard.err)")
      // What tells the same step, or nothing, is passed over.
      try strata.write("{\"global_step\": 1000}", to: "run/step1000/trainer_state.json")
      for state in ["{\"global_step\": 2000}", "{\"global_step\": \"many\"}", "[]", "{"] {
        try strata.write(state, to: "run/step2000/trainer_state.json")
        let again = try strata.run("build", "--offline", "run.yaml", "--refresh")
        #expect(again.status == 0 && !again.err.contains("the trainer saved it"), "\(state): \(again.err)")
      }
    }
  }
}
