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
      #expect(page.contains(sentence) && page.contains("8 checkpoints of first"))
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
}
