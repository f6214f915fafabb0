import Foundation
import TestSupport
import Testing

/// Changed runs from the command line and from a spec.
@Suite struct ChangeProgramTests {
  private let model = Fixtures.url("models/gpt2/gpt2.gguf").path

  @Test func aChangeOfTheCommandLineIsToldByTraceCheckDrawAndShow() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let asked = ["-q", "--model", model, "--prompt", "a t e", "--generate", "2", "--columns", "all"]
      let change = ["--change", "{source: a e e, of: mlp, layer: 1, positions: last}"]
      let result = try strata.run(["trace"] + asked + change + ["-o", "t.json"])
      #expect(result.status == 0, "\(result.err)")
      #expect(try strata.run("trace", "--check", "t.json").status == 0)
      let told = "what the MLP of layer 1 adds at “e” (token 5) is that of “a e e”"
      let drawn = try strata.run("draw", "t.json", "--kind", "rank-heatmap", "-o", "t.tex")
      #expect(drawn.status == 0, "\(drawn.err)")
      let tex = try String(contentsOf: folder.appending(path: "t.tex"), encoding: .utf8)
      #expect(tex.contains("The run is changed: what the MLP of layer 1 adds"))
      let shown = try strata.run("show", "t.json")
      #expect(shown.out.contains("changed: \(told)") && shown.out.contains("In the changed run: "), "\(shown.out)")
      // The cache tells the runs apart.
      let plain = try strata.run(["trace"] + asked + ["-o", "p.json"])
      #expect(plain.status == 0)
      let own = try String(contentsOf: folder.appending(path: "p.json"), encoding: .utf8)
      #expect(own.contains("strata.trace/1") && !own.contains("changes"))
      let beside = try strata.run(["trace"] + asked + change + ["--attribute", "auto"])
      #expect(beside.status == 65 && beside.err.contains("found it beside a change of the run"), "\(beside.err)")
      let wrong = try strata.run(["trace"] + asked + ["--change", "{source: a}"])
      #expect(wrong.status == 64 && wrong.err.contains("'layer' is missing in the change"), "\(wrong.err)")
    }
  }

  @Test func aSpecDrawsAModelBesideItsChangedSelfAndBuildsAgainWhenTheFileOfADirectionChanges() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      func vectors(_ value: UInt8) throws {
        // A vector of 20 numbers: 2 or 4 everywhere.
        let header = #"{"v":{"dtype":"F32","shape":[20],"data_offsets":[0,80]}}"#
        var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
        for _ in 0..<20 { data += Data([0, 0, value, 0x40]) }
        try data.write(to: folder.appending(path: "v.safetensors"))
      }
      try vectors(0)
      let spec = """
        models:
          tiny: \(model)
          steered: {path: \(model), changes: {file: v.safetensors, layer: 1, positions: all, by: 0.5}}
        prompts:
          - {id: plain, text: "a t e", generate: 2}
          - {id: patched, text: "a t e", generate: 2, changes: {source: a e e, layer: 0, positions: 3}}
        figures: [rank-heatmap, {kind: comparison, prompts: plain}]
        traces: commit

        """
      try Data(spec.utf8).write(to: folder.appending(path: "s.yaml"))
      let built = try strata.run("build", "s.yaml")
      #expect(built.status == 0, "\(built.err)")
      let out = folder.appending(path: "out/s")
      let page = try String(contentsOf: out.appending(path: "index.html"), encoding: .utf8)
      #expect(page.contains("Changed run of steered: 0.5 times the direction “v” of v.safetensors (SHA-256 "))
      #expect(
        page.contains("Changed run of tiny: the residual stream after layer 0 at “t” (token 3) is that of “a e e”."))
      #expect(page.contains("A changed run goes on from the state that was changed"))
      let findings = try String(contentsOf: out.appending(path: "findings.csv"), encoding: .utf8)
      #expect(findings.hasPrefix("prompt,model,changes,") && findings.contains("In the changed run: "))
      let check = try strata.run("check", "s.yaml")
      #expect(check.status == 0, "\(check.out)\(check.err)")
      try vectors(0x80)
      #expect(try strata.run("check", "s.yaml").status != 0)
      let again = try strata.run("build", "s.yaml")
      #expect(again.status == 0, "\(again.err)")
      let later = try String(contentsOf: out.appending(path: "findings.csv"), encoding: .utf8)
      #expect(later != findings)
      // Traces of changed runs stand for a model only where the same changes are asked for.
      func given(_ changes: String) throws -> StrataProgram.Result {
        let spec = """
          models: {tiny: {traces: ./given}}
          prompts: [{id: patched, text: "a t e", generate: 2\(changes)}]
          figures: [rank-heatmap]

          """
        try Data(spec.utf8).write(to: folder.appending(path: "g.yaml"))
        return try strata.run("build", "g.yaml")
      }
      let kept = folder.appending(path: "given")
      try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: out.appending(path: "traces/tiny-patched.json"), to: kept.appending(path: "patched.json"))
      let own = try given("")
      #expect(own.status == 66 && own.err.contains("expected a trace of the prompt 'patched'"), "\(own.err)")
      let same = try given(", changes: {source: a e e, layer: 0, positions: 3}")
      #expect(same.status == 0, "\(same.err)")
      let other = try given(", changes: {source: a e e, layer: 1, positions: 3}")
      let words = "and of the changes that the spec asks for, found a changed run (the residual stream after layer 0"
      #expect(other.status == 66 && other.err.contains(words), "\(other.err)")
    }
  }
}
