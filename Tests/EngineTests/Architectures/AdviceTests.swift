import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// What errors advise leads further.
@Suite struct AdviceTests {
  /// Runs `body` with a copy of a tiny model and the top object of its config.json changed.
  private func with(_ path: String, _ change: (inout [String: Any]) -> Void, _ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "m")
      try FileManager.default.copyItem(at: Fixtures.url(path), to: model)
      let config = model.appending(path: "config.json")
      var root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any])
      change(&root)
      try JSONSerialization.data(withJSONObject: root).write(to: config)
      try body(model)
    }
  }

  @Test(arguments: ["qwen3", "mamba", "gpt2", "seed-oss", "llama", "gemma3", "t5", "mistral", "olmo2", "falcon"])
  func aFamilyThatIsSaidToFitOpens(name: String) throws {
    guard ParityModel.names.contains(name) else { return }
    try with("models/\(name)/hf", { $0["model_type"] = "unknownthing" }) { model in
      let error = #expect(throws: LoadError.self) { try openModel(model, name: "m") }
      let hint = try #require(error?.hints.first)
      guard hint.hasPrefix("all its tensors and settings fit ") else {
        #expect(hint.hasPrefix("nearest is '") || hint.hasPrefix("strata models families"), "\(hint)")
        return
      }
      let families = hint.prefix { $0 != ":" }.matches(of: /'([a-z0-9_.-]+)'/).map { String($0.1) }
      #expect(!families.isEmpty)
      let config = model.appending(path: "config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      for family in families {
        try Data(text.replacing("unknownthing", with: family).utf8).write(to: config)
        #expect(throws: Never.self, "\(family)") { try openModel(model, name: "m") }
      }
    }
  }

  @Test func theListOfFamiliesIsShort() throws {
    try with("models/llama/hf", { $0["model_type"] = "qwen9" }) { model in
      let error = #expect(throws: LoadError.self) { try openModel(model, name: "m") }
      let hint = try #require(error?.hints.last)
      #expect(
        hint.hasPrefix("types with names like it: qwen2, qwen3, qwen3_5; strata models families lists all "), "\(hint)")
    }
  }

  @Test func acceptingASettingIsAdvisedWhereItLeadsFurther() throws {
    for (path, key, value, helps) in [
      ("models/llama/hf", "use_bidirectional_attention", true as Any, true),
      ("models/llama/hf", "hidden_act", "x", true),
      ("models/llama/hf", "num_attention_heads", 7, false), ("models/llama/hf", "hidden_size", 1 << 30, false),
      ("models/llava/hf", "model_type", "blip-2", false),
    ] {
      try with(path, { $0[key] = value }) { model in
        let error = #expect(throws: LoadError.self) { try openModel(model, name: "m") }
        #expect(error?.message.hasPrefix("setting '") == true, "\(error?.message ?? "")")
        let advised = error?.hints.contains { $0.contains("--accept-setting") } == true
        #expect(advised == helps, "\(key): \(error?.hints ?? [])")
        guard advised else { return }
        #expect(throws: Never.self) {
          try LanguageModel.open(
            path: model.path, identity: ModelIdentity(name: "m", sha256: ""),
            options: ModelOptions(acceptedSettings: [key]))
        }
      }
    }
  }

  @Test func aPaliGemmaIsNotToldToAcceptWhatChangesNothing() throws {
    try with("models/llava/hf", { $0["model_type"] = "paligemma" }) { model in
      let error = #expect(throws: LoadError.self) { try openModel(model, name: "m") }
      #expect(error?.message.contains("use_bidirectional_attention") == true, "\(error?.message ?? "")")
      #expect(error?.hints.contains { $0.contains("--accept-setting") } == false)
    }
  }

  @Test func aConversationIsRefusedByWhatTheModelIs() throws {
    for (path, words, advice) in [
      ("models/t5/hf", "an encoder-decoder model", "give what the encoder reads as text: (--prompt)"),
      ("models/bart/hf", "an encoder-decoder model", "give what the encoder reads as text: (--prompt)"),
      ("masked/bert/hf", "a masked language model", "give a text with its mask as text: (--prompt)"),
    ] where FileManager.default.fileExists(atPath: Fixtures.url(path).path) {
      let error = #expect(throws: LoadError.self) {
        try ChatTemplates.of(openModelFiles(path: Fixtures.url(path).path))
      }
      #expect(error?.message.hasPrefix("expected a model that answers in conversations, found \(words)") == true)
      #expect(error?.hints.first?.hasPrefix(advice) == true)
    }
    for name in ["llama", "bart-decoder", "bert-decoder"] {
      #expect(try ChatTemplates.of(openModelFiles(path: Fixtures.url("models/\(name)/hf").path)).isEmpty, "\(name)")
    }
  }

  @Test func aHeadThatPredictsNoWordsIsNoted() throws {
    for (name, isNoted) in [("LlamaForSequenceClassification", true), ("LlamaForCausalLM", false)] {
      try with("models/llama/hf", { $0["architectures"] = [name] }) { model in
        let notes = try openModel(model, name: "m").notes.map(\.message)
        #expect(notes.contains { $0.contains("saved as '\(name)', whose own head is not run") } == isNoted, "\(notes)")
      }
    }
  }

  @Test func numbersWithoutWhichTransformersDoesNotRunAreAskedFor() throws {
    func message(_ name: String, _ change: (inout [String: Any]) -> Void) throws -> String? {
      var message: String?
      try with("models/\(name)/hf", change) { model in
        message = #expect(throws: LoadError.self, "\(name)") { try openModel(model, name: "m") }?.message
      }
      return message
    }
    for name in ["qwen3", "phi", "diffllama", "arcee"] {
      #expect(
        try message(name) { $0["rope_theta"] = NSNull() }
          == "setting 'rope_theta' is null, expected a number, or no such key")
    }
    for key in ["n_group", "topk_group"] {
      #expect(try message("deepseek2") { $0[key] = nil } == "setting '\(key)' is missing")
    }
    // A base within the section counts.
    try with("models/qwen2-window/hf", { $0["rope_theta"] = NSNull() }) { _ = try openModel($0, name: "m") }
  }

  @Test func weightsThatTransformersWouldDivideAreNoted() throws {
    for name in ["mamba", "falcon-mamba", "mamba2"] {
      for isTrue in [true, false] {
        try with("models/\(name)/hf", { $0["rescale_prenorm_residual"] = isTrue }) { model in
          let notes = try openModel(model, name: "m").notes.map(\.message)
          #expect(notes.contains { $0.contains("'rescale_prenorm_residual' is true") } == isTrue, "\(name): \(notes)")
        }
      }
    }
  }

  /// What a configuration class sets itself when config.json is silent is in no field of it.
  @Test(arguments: [
    ("qwen3-next", 0.25), ("qwen35-moe", 0.25), ("recurrent-gemma-wide", 0.5), ("phi", 0.5), ("glm4", 0.5),
  ])
  func thePartOfAHeadThatTurnsIsThatOfTheConfigurationClass(name: String, part: Double) throws {
    func turning(_ part: Double?) throws -> Int? {
      var count: Int?
      try with(
        "models/\(name)/hf",
        { config in
          config["partial_rotary_factor"] = part
          var section = config["rope_parameters"] as? [String: Any]
          section?["partial_rotary_factor"] = part
          if let section { config["rope_parameters"] = section }
        }
      ) { model in
        let blocks = try openModel(model, name: "m").network.blocks
        count = blocks.compactMap { $0.attention?.rotation?.frequencies.count }.first
      }
      return count
    }
    let silent = try turning(nil)
    #expect(try silent != nil && silent == turning(part), "\(name)")
    #expect(try silent != turning(1), "\(name)")
  }

  @Test func whatTransformersOverwritesIsNoted() throws {
    try with("models/youtu/hf", { $0["pad_token_id"] = 7 }) { model in
      let notes = try openModel(model, name: "m").notes.map(\.message)
      #expect(notes.contains { $0.hasPrefix("'pad_token_id' is 7: the stored embedding") }, "\(notes)")
    }
    for part in [0.25, 0.5] {
      try with(
        "models/bamba/hf",
        { config in
          config["partial_rotary_factor"] = part
          config["rope_parameters"] = ["rope_type": "default", "rope_theta": 10000.0]
        }
      ) { model in
        let opened = try openModel(model, name: "m")
        let notes = opened.notes.map(\.message)
        #expect(notes.contains { $0.hasPrefix("'partial_rotary_factor' is 0.25") } == (part == 0.25), "\(notes)")
        let attention = opened.network.blocks.compactMap(\.attention).first
        let width = try #require(attention?.headWidth)
        #expect(attention?.rotation?.frequencies.count == width / 4)
      }
    }
  }

  @Test func aConfigurationWithoutATypeSaysWhatToDo() throws {
    try with("models/llama/hf", { $0["model_type"] = nil }) { model in
      let error = #expect(throws: ConfigurationError.self) { try openModel(model, name: "m") }
      #expect(error?.message == "expected the key 'model_type', found none")
      #expect(error?.hints.first?.hasPrefix("it says which family the model is of") == true)
    }
  }
}
