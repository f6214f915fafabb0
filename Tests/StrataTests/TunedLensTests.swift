import Foundation
import TestSupport
import Testing

/// Tuned lenses and saved states from the command line and from a spec.
@Suite struct TunedLensTests {
  private let model = Fixtures.url("models/gpt2/gpt2.gguf").path
  private let lens = Fixtures.url("lenses/gpt2").path

  @Test func aTraceSaysWhichLensItCameThroughAndStatesAreTheSameWithout() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      func trace(_ more: String...) throws -> [String: Any] {
        let result = try strata.run(["trace", "-q", "--model", model, "--prompt", "the keys"] + more)
        #expect(result.status == 0, "\(result.err)")
        return try #require(try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any])
      }
      let plain = try trace("--save-states", "plain.safetensors")
      let tuned = try trace("--tuned-lens", lens, "--save-states", "tuned.safetensors")
      let about = try #require(tuned["lens"] as? [String: String])
      #expect(about["kind"] == "tuned" && about["base_model"] == "tiny gpt2" && about["sha256"]?.count == 64)
      #expect((plain["lens"] as? [String: String]) == ["kind": "logit", "norm": "final"])
      // The cache tells them apart.
      #expect(NSDictionary(dictionary: try trace("--tuned-lens", lens)) == NSDictionary(dictionary: tuned))
      #expect(NSDictionary(dictionary: try trace()) == NSDictionary(dictionary: plain))
      // The files say which lens was asked for.
      func states(_ name: String) throws -> Data {
        try Data(contentsOf: folder.appending(path: name)).numbersOfSafetensors
      }
      #expect(try !states("plain.safetensors").isEmpty && states("plain.safetensors") == states("tuned.safetensors"))
    }
  }

  @Test func aSpecComparesBothLensesSideBySide() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(
        """
        models:
          logit: {path: "\(model)"}
          tuned: {path: "\(model)", tuned_lens: "\(lens)"}
        prompts: [{id: keys, text: the keys, generate: 2}]
        figures: [rank-heatmap]
        output: {figures: [svg], report: none}

        """, to: "both.yaml")
      let result = try strata.run(["build", "-q", "both.yaml"])
      #expect(result.status == 0, "\(result.err)")
      let page = try String(contentsOf: folder.appending(path: "out/both/index.html"), encoding: .utf8)
      #expect(page.contains("tuned lens") && page.contains("logit lens"))
      #expect(page.contains("gpt2/params.pt"))
    }
  }

  @Test func mistakesAreToldBeforeAnythingRuns() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      func error(_ more: String...) throws -> (Int32, String) {
        let result = try strata.run(["trace", "-q", "--model", model, "--prompt", "a"] + more)
        return (result.status, result.err)
      }
      let missing = try error("--tuned-lens", "nowhere")
      #expect(missing.0 == 66 && missing.1.contains("nowhere"))
      let other = try error("--tuned-lens", Fixtures.url("lenses/llama-untied").path)
      #expect(other.0 == 66 && other.1.contains("expected a lens of 3 layers and width 20"))
      let raw = try error("--tuned-lens", lens, "--norm", "none")
      #expect(raw.0 == 66 && raw.1.contains("trained through the model's final norm"))
      let states = try error("--save-states", "states.pt")
      #expect(states.0 == 64 && states.1.contains("writes a .safetensors file"))
    }
  }
}
