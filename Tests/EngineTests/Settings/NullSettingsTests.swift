import Foundation
import TestSupport
import Testing

@testable import Engine

/// Null in config.json where transformers takes a number: its configuration classes refuse it, and none takes the default.
@Suite struct NullSettingsTests {
  private func open(_ model: String, null key: String) throws {
    try withTemporaryFolder { folder in
      let copy = folder.appending(path: "m", directoryHint: .isDirectory)
      try FileManager.default.copyItem(at: Fixtures.url("models/\(model)/hf"), to: copy)
      let file = copy.appending(path: "config.json")
      try EditableJSON(file).replacing([key], with: NSNull()).data.write(to: file)
      _ = try LanguageModel.open(path: copy.path, identity: ModelIdentity(name: model, sha256: ""))
    }
  }

  @Test(arguments: [
    ("llama", "rms_norm_eps"), ("llama", "intermediate_size"), ("llama", "max_position_embeddings"),
    ("gpt2", "layer_norm_epsilon"), ("mixtral", "num_experts_per_tok"), ("mixtral", "num_key_value_heads"),
    ("gemma3", "query_pre_attn_scalar"), ("gemma3", "head_dim"), ("mamba", "layer_norm_epsilon"),
    ("granite", "attention_multiplier"), ("granite", "logits_scaling"), ("deepseek2", "routed_scaling_factor"),
  ])
  func nullIsNoNumber(model: String, key: String) throws {
    let error = #expect(throws: LoadError.self) { try open(model, null: key) }
    #expect(error?.message == "setting '\(key)' is null, expected a number, or no such key")
  }

  @Test(arguments: [("llama", "num_key_value_heads"), ("mixtral", "head_dim"), ("mixtral", "sliding_window")])
  func nullStaysWhatItMeansInTransformers(model: String, key: String) {
    let known = defaults(of: model)
    #expect(known?.refusesNull(key) == false)
  }

  /// What the models of fixtures have is never refused: transformers made them.
  @Test func noFixtureHasANullThatIsRefused() throws {
    for model in try Fixtures.names(in: "models") {
      let folder = Fixtures.url("models/\(model)/hf")
      guard FileManager.default.fileExists(atPath: folder.path + "/config.json") else { continue }
      let files = try openModelFiles(path: folder.path)
      let defaults = ConfigDefaults(files)
      let config = try EditableJSON(folder.appending(path: "config.json"))
      let prefix = files.settingsPrefix.split(separator: ".").map(String.init)
      for (path, value) in config.places() where value is NSNull && path.starts(with: prefix) {
        let key = path.dropFirst(prefix.count).joined(separator: ".")
        #expect(!defaults.refusesNull(key), "\(model): \(key)")
      }
    }
  }

  private func defaults(of model: String) -> ConfigDefaults? {
    (try? openModelFiles(path: Fixtures.url("models/\(model)/hf").path)).map { ConfigDefaults($0) }
  }
}
