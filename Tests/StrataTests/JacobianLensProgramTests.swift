import Foundation
import TestSupport
import Testing

/// Jacobian lenses from the command line, from a spec and from a hub.
@Suite struct JacobianLensProgramTests {
  private let model = Fixtures.url("models/gpt2/gpt2.gguf").path
  private let lens = Fixtures.url("jacobian/gpt2.pt").path

  private func json(_ result: StrataProgram.Result) throws -> [String: Any] {
    #expect(result.status == 0, "\(result.err)")
    return try #require(try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any])
  }

  @Test func aTraceNamesTheLensAndTheProgramWarnsOfOneThatIsFartherFromTheOutput() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let asked = ["trace", "--model", model, "--prompt", "the keys", "--generate", "2"]
      let result = try strata.run(asked + ["--jacobian-lens", lens])
      let trace = try json(result)
      let about = try #require(trace["lens"] as? [String: Any])
      #expect(trace["schema"] as? String == "strata.trace/2" && about["kind"] as? String == "jacobian")
      #expect(about["n_prompts"] as? Int == 101 && about["d_model"] as? Int == 20)
      #expect(about["source_layers"] as? [Int] == [0, 1] && (about["sha256"] as? String)?.count == 64)
      #expect(((trace["rank"] as? [[Any]])?[0] ?? []).allSatisfy { $0 is NSNull })
      // The lens is random, so it says less of the output than the state itself.
      #expect(
        result.err.contains(
          "warning: gpt2.pt: the Jacobian lens is farther from the model's output than the logit lens after 2 of 2 layers"
        ),
        "\(result.err)")
      // The cache tells the lenses apart, and the second time says the same.
      let plain = try json(try strata.run(asked + ["-q"]))
      #expect(
        plain["schema"] as? String == "strata.trace/1"
          && plain["lens"] as? [String: String] == ["kind": "logit", "norm": "final"])
      let again = try strata.run(asked + ["--jacobian-lens", lens])
      #expect(again.out == result.out && again.err.contains("warning: gpt2.pt"))
      let identity = Fixtures.url("jacobian/identity/gpt2.pt").path
      let same = try strata.run(asked + ["--jacobian-lens", identity])
      #expect(same.status == 0 && !same.err.contains("warning"), "\(same.err)")
    }
  }

  @Test func aCheckPrintsTheTableAndItsVerdict() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let check = ["lens", "check", lens, "-q", "--model", model, "--prompt", "the keys", "--prompt", "a b c"]
      let table = try strata.run(check)
      #expect(table.status == 2 && table.out.contains("layer  logit lens  Jacobian lens"), "\(table.out)\(table.err)")
      #expect(table.out.hasSuffix("farther from the model's output than the logit lens after 2 of 2 layers.\n"))
      let numbers = try strata.run(check + ["--json"])
      let parsed = try #require(try JSONSerialization.jsonObject(with: Data(numbers.out.utf8)) as? [String: Any])
      #expect(numbers.status == 2 && parsed["schema"] as? String == "strata.lens-check/1")
      #expect(parsed["worse"] as? Int == 2 && parsed["suspect"] as? Bool == true)
      let identity = Fixtures.url("jacobian/identity/gpt2.pt").path
      let same = try strata.run(["lens", "check", identity, "-q", "--model", model, "--prompt", "the keys"])
      #expect(
        same.status == 0 && same.out.contains("is as far from the model's output as the logit lens"),
        "\(same.out)\(same.err)")
      let tuned = try strata.run(
        ["lens", "check", Fixtures.url("lenses/gpt2").path, "-q", "--model", model, "--prompt", "the keys"])
      #expect(tuned.out.contains("embedding") && tuned.out.contains("tuned lens"), "\(tuned.err)")
    }
  }

  @Test func aSpecShowsBothLensesAndItsGalleryHasTheWarning() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try FileManager.default.copyItem(atPath: lens, toPath: folder.appending(path: "lens.pt").path)
      try strata.write(
        """
        models:
          logit: {path: "\(model)"}
          jacobian: {path: "\(model)", jacobian_lens: ./lens.pt}
        prompts: [{id: keys, text: the keys, generate: 2}]
        figures: [rank-heatmap, comparison]
        output: {figures: [svg, csv], report: none}
        traces: commit

        """, to: "both.yaml")
      let result = try strata.run(["build", "both.yaml"])
      #expect(result.status == 0, "\(result.err)")
      let warning = "the Jacobian lens is farther from the model&#x27;s output"
      func page() throws -> String {
        try String(contentsOf: folder.appending(path: "out/both/index.html"), encoding: .utf8)
      }
      let first = try page()
      #expect(result.err.contains("warning: jacobian: lens.pt: the Jacobian lens is farther"), "\(result.err)")
      #expect(first.contains("farther from the model"), "\(warning)")
      #expect(first.contains("Jacobian lens (SHA-256 ") && first.contains("fitted on 101 prompts"))
      #expect(first.contains("does not read the embedding, which stays blank."))
      // Committed traces make the same gallery where model and lens are gone.
      try FileManager.default.removeItem(at: folder.appending(path: "out"))
      try FileManager.default.removeItem(at: folder.appending(path: "lens.pt"))
      try FileManager.default.removeItem(at: folder.appending(path: "cache"))
      let again = try strata.run(["build", "-q", "both.yaml", "--offline"])
      #expect(again.status == 0, "\(again.err)")
      #expect(try page() == first)
    }
  }

  @Test func mistakesAreToldInTheirWords() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      func error(_ more: String...) throws -> (Int32, String) {
        let result = try strata.run(["trace", "-q", "--model", model, "--prompt", "a"] + more)
        return (result.status, result.err)
      }
      let missing = try error("--jacobian-lens", "nowhere.pt")
      #expect(missing.0 == 66 && missing.1.contains("nowhere.pt: no such file"))
      let folderGiven = try error("--jacobian-lens", Fixtures.url("lenses/gpt2").path)
      #expect(folderGiven.0 == 66 && folderGiven.1.contains("expected the file of a Jacobian lens, found a folder"))
      let raw = try error("--jacobian-lens", lens, "--norm", "none")
      #expect(raw.0 == 66 && raw.1.contains("a Jacobian lens is read through the model's final norm"))
      let both = try error("--jacobian-lens", lens, "--tuned-lens", "x")
      #expect(both.0 == 64 && both.1.contains("use one of them"))
      let other = try error("--jacobian-lens", Fixtures.url("jacobian/gemma2.pt").path)
      #expect(other.0 == 66 && other.1.contains("expected a lens of width 20"))
      let unfinished = try error("--jacobian-lens", Fixtures.url("jacobian/hostile/unfinished.pt").path)
      #expect(unfinished.0 == 66 && unfinished.1.contains("a fit that is not finished (7 prompts done)"))
      func spec(_ model: String, _ rest: String) throws -> (Int32, String) {
        try strata.write("models: {m: \(model)}\nprompts: [{id: a, text: a}]\n\(rest)\n", to: "s.yaml")
        let result = try strata.run(["build", "-q", "s.yaml"])
        return (result.status, result.err)
      }
      let two = try spec("{path: ./m.gguf, tuned_lens: ./t, jacobian_lens: ./j.pt}", "figures: [top-tokens]")
      #expect(two.0 == 65 && two.1.contains("model 'm' has both tuned_lens and jacobian_lens"), "\(two.1)")
      let none = try spec("{path: ./m.gguf, jacobian_lens: ./j.pt}", "figures: [top-tokens]\nlens: {norm: none}")
      #expect(
        none.0 == 65
          && none.1.contains(
            "s.yaml:4:1: the Jacobian lens of model 'm' is read through the final norm, found norm: none"),
        "\(none.1)")
    }
  }

  @Test func aFileOnAHubIsFetchedAndCached() throws {
    try withTemporaryFolder { folder in
      let hub = try FakeHub(in: folder)
      let path = "gpt2/jlens/text/gpt2_jacobian_lens.pt"
      try hub.add(try Data(contentsOf: URL(fileURLWithPath: lens)), path, to: "test/lenses")
      try hub.add(Data("not needed".utf8), "gpt2/jlens/text/config.yaml", to: "test/lenses")
      try hub.add(Data("not needed".utf8), "other/jlens/text/other_jacobian_lens.pt", to: "test/lenses")
      let strata = StrataProgram(folder: folder, environment: hub.environment)
      let trace = ["trace", "-q", "--model", model, "--prompt", "the keys", "--jacobian-lens"]
      let result = try strata.run(trace + ["test/lenses:\(path)"])
      #expect((try json(result)["lens"] as? [String: Any])?["n_prompts"] as? Int == 101)
      #expect(hub.requests.allSatisfy { !$0.contains("config.yaml") && !$0.contains("other_jacobian") })
      // A folder with one lens names it; the second time nothing is fetched.
      let again = try strata.run(trace + ["test/lenses:gpt2", "--offline"])
      #expect(again == result)
      let absent = try strata.run(trace + ["test/lenses:absent.pt"])
      #expect(absent.status == 66 && absent.err.contains("the repository has no file 'absent.pt'"), "\(absent.err)")
      let offline = try strata.run(trace + ["test/none:\(path)", "--offline"])
      #expect(offline.status == 69 && offline.err.contains("the lens is not in the cache"), "\(offline.err)")
    }
  }
}
