import Foundation
import TestSupport
import Testing
import Yams

/// The steps of action.yml, run as GitHub runs them, as far as that goes without GitHub.
@Suite struct ActionTests {
  private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()

  private struct Action: Decodable {
    var inputs: [String: Input]
    var runs: Runs
    struct Input: Decodable { var `default`: String? }
    struct Runs: Decodable {
      var using: String
      var steps: [Step]
    }
    struct Step: Decodable {
      var name: String
      var shell: String
      var env: [String: String]?
      var run: String
    }
  }

  private func action() throws -> Action {
    let text = try String(contentsOf: Self.root.appending(path: "action.yml"), encoding: .utf8)
    return try YAMLDecoder().decode(Action.self, from: text)
  }

  /// Runs the steps in a folder with a spec, committed traces and figures, and no model; gives the last one's result.
  private func runSteps(_ inputs: [String: String], in strata: StrataProgram) throws -> (status: Int32, output: String)
  {
    let action = try action()
    #expect(action.runs.using == "composite")
    let bin = strata.folder.appending(path: "bin")
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    try? FileManager.default.createSymbolicLink(
      atPath: bin.path + "/strata", withDestinationPath: try StrataProgram.path())
    var environment = [
      "PATH": "\(bin.path):/usr/bin:/bin", "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": Self.root.path,
      "GITHUB_STEP_SUMMARY": strata.folder.appending(path: "summary.md").path, "HOME": strata.folder.path,
      "GITHUB_PATH": strata.folder.appending(path: "path").path, "RUNNER_TEMP": strata.folder.path,
      "XDG_CACHE_HOME": strata.folder.appending(path: "cache").path,
    ]
    var last: (Int32, String) = (0, "")
    for step in action.runs.steps {
      #expect(step.shell == "bash")
      for (name, value) in step.env ?? [:] {
        let input = try #require(value.wholeMatch(of: /\$\{\{ inputs\.([a-z]+) \}\}/)).1
        environment[name] = try #require(inputs[String(input)] ?? action.inputs[String(input)]?.default, "\(input)")
      }
      // As the runner does: bash --noprofile --norc -eo pipefail FILE.
      let script = "cd '\(strata.folder.path)' && \(step.run)"
      let result = try Tool.run(
        "bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], environment: environment)
      last = (result.status, result.output)
      if result.status != 0 { break }
    }
    return last
  }

  @Test func theActionPassesWhatIsCommittedAndFailsOnOneNumber() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        """
        models: {Tiny: ./tiny.gguf}
        prompts: [{id: cat, text: the cat, generate: 1}]
        figures: [rank-heatmap]
        traces: commit

        """, to: "paper.yaml")
      #expect(try strata.run("build", "paper.yaml", "-q", "--out", "figures").status == 0)
      try FileManager.default.removeItem(at: folder.appending(path: "tiny.gguf"))
      try FileManager.default.removeItem(at: strata.cache)
      let good = try runSteps(["specs": "paper.yaml", "out": "figures"], in: strata)
      #expect(good.status == 0, "\(good.output)")
      #expect(
        try String(contentsOf: folder.appending(path: "summary.md"), encoding: .utf8).contains("is up to date: "))
      let file = folder.appending(path: "paper.traces/tiny-cat.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      let rank = try #require(text.firstMatch(of: /"rank":\[\[(\d+)/)).1
      let changed = text.replacingCharacters(in: rank.startIndex..<rank.endIndex, with: rank == "5" ? "6" : "5")
      try Data(changed.utf8).write(to: file)
      let bad = try runSteps(["specs": "paper.yaml", "out": "figures", "options": "--summary all.md"], in: strata)
      #expect(bad.status == 2, "\(bad.output)")
      #expect(bad.output.contains("::error file=paper.traces/tiny-cat.json,title=strata check::1 number changed: "))
      #expect(
        try String(contentsOf: folder.appending(path: "summary.md"), encoding: .utf8).contains(
          "| after the embedding"))
      #expect(FileManager.default.fileExists(atPath: folder.path + "/strata-check.html"))
      // While a committed trace is edited there is nothing to commit.
      #expect(!strata.files(in: "strata-check").contains("figures/paper/traces/tiny-cat.json"))
      try Data(text.utf8).write(to: file)
      // Conditions come one a line, and alone they need no gallery.
      let conditions = "tokens of cat == 1\n\nlast_layer > 100\n"
      let required = try runSteps(
        ["specs": "paper.yaml", "out": "nowhere", "require": conditions, "options": "--no-compare"], in: strata)
      #expect(required.status == 2, "\(required.output)")
      #expect(required.output.contains("holds: tokens of cat == 1 (1 value)\ndoes not hold: last_layer > 100\n"))
      #expect(required.output.contains("::error file=paper.yaml,title=does not hold%3A last_layer > 100::cat, Tiny: "))
    }
  }

  @Test func theActionInstallsTheReleaseOfItsVersionAndStopsAtAWrongSum() throws {
    let step = try #require(try action().runs.steps.first)
    #expect(step.name == "Install" && step.env == ["RELEASES": "${{ inputs.releases }}"])
    try withTemporaryFolder { folder in
      let releases = folder.appending(path: "releases")
      let archive = try ReleaseTests.makeRelease(in: releases, version: try ReleaseTests.version())
      let path = folder.appending(path: "path")
      func install() throws -> Tool.Result {
        try Tool.run(
          "bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run],
          environment: [
            "PATH": "/usr/bin:/bin", "GITHUB_ACTION_PATH": Self.root.path, "GITHUB_PATH": path.path,
            "RUNNER_TEMP": folder.path, "RELEASES": "file://\(releases.path)",
          ])
      }
      let good = try install()
      #expect(good.status == 0, "\(good.output)")
      #expect(try String(contentsOf: path, encoding: .utf8) == "\(folder.path)/strata/bin\n")
      #expect(
        try Tool.run(folder.path + "/strata/bin/strata", []).output == "\(try ReleaseTests.version())\n")
      try FileManager.default.removeItem(at: path)
      try Data("no archive".utf8).write(to: archive)
      let bad = try install()
      #expect(bad.status == 1 && bad.output.contains("is not the file that SHA256SUMS names"), "\(bad.output)")
      #expect(!FileManager.default.fileExists(atPath: path.path))
    }
  }

  @Test func theDocumentedWorkflowUsesTheActionAsItIs() throws {
    let text = try String(contentsOf: Self.root.appending(path: "docs/ci.md"), encoding: .utf8)
    let blocks = text.matches(of: /```yaml\n([\s\S]*?)```/).map { String($0.1) }
    #expect(blocks.count == 2)
    let workflow = try #require(try Yams.load(yaml: blocks[0]) as? [String: Any])
    let jobs = try #require(workflow["jobs"] as? [String: Any])
    let check = try #require(jobs["check"] as? [String: Any])
    let steps = try #require(check["steps"] as? [[String: Any]])
    let ours = try #require(steps.first { ($0["uses"] as? String)?.contains("/strata@") == true })
    let known = try action().inputs.keys
    for name in try #require(ours["with"] as? [String: String]).keys { #expect(known.contains(name), "\(name)") }
    #expect(try Yams.load(yaml: blocks[1]) is [String: Any])
  }
}
