import Foundation
import TestSupport
import Testing

/// Adapters from the command line and from a spec.
@Suite struct AdapterTests {
  private let model = Fixtures.url("models/llama/hf").path
  private let gguf = Fixtures.url("models/llama/llama.gguf").path
  private let adapter = Fixtures.url("adapters/llama").path

  private func json(_ result: StrataProgram.Result) throws -> [String: Any] {
    #expect(result.status == 0, "\(result.err)")
    return try #require(try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any])
  }

  @Test func aTraceNamesItsAdapterAndTheCacheTellsThemApart() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let plainCommand = ["trace", "-q", "--model", model, "--prompt", "the keys", "--generate", "2"]
      let plain = try strata.run(plainCommand)
      let adapted = try strata.run(plainCommand + ["--adapter", adapter])
      #expect(try strata.run(plainCommand) == plain)
      #expect(try strata.run(plainCommand + ["--adapter", adapter]) == adapted)
      let (without, with) = (try json(plain), try json(adapted))
      #expect((without["model"] as? [String: Any])?["adapter"] == nil)
      let about = try #require((with["model"] as? [String: Any])?["adapter"] as? [String: Any])
      #expect(about["name"] as? String == "llama" && about["base_model"] as? String == "tiny/llama")
      #expect(about["rank"] as? Int == 3 && about["alpha"] as? Double == 5)
      #expect((about["sha256"] as? String)?.count == 64)
      #expect(
        (without["model"] as? [String: Any])?["sha256"] as? String
          == (with["model"] as? [String: Any])?["sha256"] as? String)
      #expect(plain.out != adapted.out)
      // The trace is read again and drawn, and its caption says what was added.
      try Data(adapted.out.utf8).write(to: folder.appending(path: "keys.json"))
      #expect(try strata.run("trace", "--check", "keys.json").status == 0)
      let drawn = try strata.run("draw", "keys.json", "--kind", "rank-heatmap", "-o", "keys.tex")
      #expect(drawn.status == 0, "\(drawn.err)")
      let words = try String(contentsOf: folder.appending(path: "keys.tex"), encoding: .utf8)
      #expect(words.contains("with adapter llama"))
      // Side by side, traces of one model are told apart.
      try Data(plain.out.utf8).write(to: folder.appending(path: "plain.json"))
      let both = try strata.run("draw", "plain.json", "keys.json", "--kind", "comparison", "-o", "both.svg")
      #expect(both.status == 0, "\(both.err)")
      let picture = try String(contentsOf: folder.appending(path: "both.svg"), encoding: .utf8)
      #expect(picture.contains("hf and hf with adapter llama"))
    }
  }

  @Test func showDatasetAndDoctorTakeAnAdapter() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let show = ["show", "-q", "--model", model, "--prompt", "the keys", "--generate", "2"]
      let (plain, shown) = (try strata.run(show), try strata.run(show + ["--adapter", adapter]))
      #expect(shown.status == 0, "\(shown.err)")
      #expect(shown.out.contains("with adapter llama") && shown.out != plain.out)
      try strata.write("prompt,target\nthe keys, a\nthe city, o\n", to: "items.csv")
      let dataset = ["dataset", "-q", "items.csv", "--model", model, "--first-token", "--format", "json"]
      let summed = try json(try strata.run(dataset + ["--adapter", adapter]))
      #expect(((summed["model"] as? [String: Any])?["adapter"] as? [String: Any])?["name"] as? String == "llama")
      #expect((try json(try strata.run(dataset))["model"] as? [String: Any])?["adapter"] == nil)
      let doctor = try strata.run("doctor", "-q", "--model", model, "--adapter", adapter)
      #expect(doctor.status == 0, "\(doctor.err)")
      #expect(doctor.out.contains("adapter llama of rank 3"))
      #expect(try strata.run("doctor", "--adapter", adapter).status == 64)
    }
  }

  @Test func aSpecShowsBaseAndFineTunedSideBySide() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try FileManager.default.copyItem(
        at: Fixtures.url("adapters/llama"), to: folder.appending(path: "stories"))
      try strata.write(
        """
        models:
          base: {path: "\(model)"}
          tuned: {path: "\(model)", adapter: ./stories}
          as GGUF: {path: "\(gguf)", adapter: ./stories}
        prompts: [{id: keys, text: the keys, continuation: " to the city"}]
        figures: [comparison, {kind: difference, together: true, between: models, models: [base, tuned]}]
        datasets: [{id: words, file: items.csv, first_token: true, by: model}]
        output: {figures: [pdf, svg, tex], report: none, latex: paper}

        """, to: "both.yaml")
      try strata.write("prompt,target\nthe keys, a\nthe city, o\n", to: "items.csv")
      let result = try strata.run(["build", "-q", "both.yaml"])
      #expect(result.status == 0, "\(result.err)")
      let out = folder.appending(path: "out/both")
      let page = try String(contentsOf: out.appending(path: "index.html"), encoding: .utf8)
      #expect(page.contains("tuned with adapter stories"))
      #expect(
        page.contains("tuned is read with the LoRA adapter stories, trained for tiny/llama (rank 3, alpha 5, SHA-256 "))
      #expect(page.contains("stories/adapter_model.safetensors"))
      let manifest = try #require(
        try JSONSerialization.jsonObject(with: try Data(contentsOf: out.appending(path: "manifest.json")))
          as? [String: Any])
      let models = try #require(manifest["models"] as? [[String: Any]])
      #expect(models.map { ($0["adapter"] as? [String: Any])?["name"] as? String } == [nil, "stories", "stories"])
      let bibliography = try String(contentsOf: out.appending(path: "paper/strata.bib"), encoding: .utf8)
      #expect(bibliography.contains("LoRA adapter stories, SHA-256 "))
      func trace(_ name: String) throws -> [String: Any] {
        try #require(
          try JSONSerialization.jsonObject(with: try Data(contentsOf: out.appending(path: "traces/\(name)-keys.json")))
            as? [String: Any])
      }
      let (base, tuned, fromGGUF) = (try trace("base"), try trace("tuned"), try trace("as-gguf"))
      #expect(NSArray(array: tuned["logprob"] as? [Any] ?? []) == NSArray(array: fromGGUF["logprob"] as? [Any] ?? []))
      #expect(NSArray(array: tuned["logprob"] as? [Any] ?? []) != NSArray(array: base["logprob"] as? [Any] ?? []))
      // A build with nothing to do, then one with another adapter.
      #expect(try strata.run(["build", "both.yaml"]).err.contains("0 drawn"))
      let config = folder.appending(path: "stories/adapter_config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      try Data(text.replacing("\"lora_alpha\": 5", with: "\"lora_alpha\": 7").utf8).write(to: config)
      let again = try strata.run(["build", "both.yaml", "--explain"])
      #expect(again.status == 0 && again.err.contains("the adapter"), "\(again.err)")
    }
  }

  @Test func aNameOnAHubIsFetched() throws {
    try withTemporaryFolder { folder in
      let hub = try FakeHub(in: folder)
      for name in ["adapter_config.json", "adapter_model.safetensors"] {
        try hub.add(try Data(contentsOf: Fixtures.url("adapters/llama/\(name)")), name, to: "test/stories")
      }
      try hub.add(Data("---\nlicense: mit\n---\n".utf8), "README.md", to: "test/stories")
      try hub.add(Data("not needed".utf8), "tokenizer.json", to: "test/stories")
      let strata = StrataProgram(folder: folder, environment: hub.environment)
      let trace = ["trace", "-q", "--prompt", "the keys", "--model"]
      let result = try strata.run(trace + [model, "--adapter", "test/stories"])
      let about = try #require((try json(result)["model"] as? [String: Any])?["adapter"] as? [String: Any])
      #expect(about["name"] as? String == "stories")
      #expect((about["source"] as? String)?.hasPrefix("https://huggingface.co/test/stories/tree/") == true)
      #expect(try strata.run(trace + [model, "--adapter", "test/stories", "--offline"]) == result)
      let asModel = try strata.run(trace + ["test/stories"])
      #expect(asModel.status == 66)
      #expect(asModel.err.contains("the repository holds an adapter, expected a model"), "\(asModel.err)")
      #expect(asModel.err.contains("--adapter test/stories"))
      let absent = try strata.run(trace + [model, "--adapter", "test/absent", "--offline"])
      #expect(absent.status == 69 && absent.err.contains("the adapter is not in the cache"), "\(absent.err)")
    }
  }

  @Test func mistakesAreToldInTheirWords() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      func error(_ more: String...) throws -> (Int32, String) {
        let result = try strata.run(["trace", "-q", "--prompt", "a"] + more)
        return (result.status, result.err)
      }
      let missing = try error("--model", model, "--adapter", "nowhere")
      #expect(missing.0 == 66 && missing.1.hasPrefix("error: nowhere: no such file or folder"))
      let asModel = try error("--model", adapter)
      #expect(asModel.0 == 66, "\(asModel.1)")
      #expect(asModel.1.contains("this is a LoRA adapter of tiny/llama, expected a model"))
      #expect(asModel.1.contains("give the model, and this as its adapter: --model tiny/llama --adapter "))
      let modelAsAdapter = try error("--model", model, "--adapter", model)
      #expect(modelAsAdapter.0 == 66 && modelAsAdapter.1.contains("expected a LoRA adapter"), "\(modelAsAdapter.1)")
      let ggufAsAdapter = try error("--model", gguf, "--adapter", gguf)
      #expect(ggufAsAdapter.0 == 66 && ggufAsAdapter.1.contains("expected LoRA"), "\(ggufAsAdapter.1)")
      try strata.write(
        "models: {a: {path: m, adapter: [x]}}\nprompts: [{id: a, text: b}]\nfigures: [top-tokens]\n", to: "bad.yaml")
      let spec = try strata.run(["build", "bad.yaml"])
      #expect(spec.status == 65 && spec.err.contains("bad.yaml:1:32: adapter of model 'a'"), "\(spec.err)")
    }
  }
}
