import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Multimodal models")
struct WrapperTests {
  /// The language part of some multimodal models: its type, whether config.json can choose another, whether the head is tied.
  private static let some: [(String, String, Bool, Bool)] = [
    ("aya_vision", "cohere2", false, true), ("deepseek_vl", "llama", false, true),
    ("exaone4_5", "exaone4", false, false),
    ("gemma3", "gemma3_text", true, true), ("idefics3", "llama", false, false), ("llava", "llama", false, false),
    ("mistral3", "mistral", false, true),
    ("qwen2_5_vl", "qwen2_5_vl_text", true, false), ("qwen2_audio", "qwen2", false, false),
    ("qwen3_vl_moe", "qwen3_vl_moe_text", true, false), ("smolvlm", "llama", false, false),
    ("voxtral", "llama", false, false),
  ]

  @Test func theDefaultsOfTransformersSayWhatTheLanguagePartIs() {
    for (name, language, isFixed, isTied) in Self.some {
      let wrapper = Wrapper.all.first { $0.modelType == name }
      #expect(wrapper?.language == language && wrapper?.isFixed == isFixed && wrapper?.isTied == isTied, "\(name)")
    }
    #expect(Set(Wrapper.all.map(\.modelType)).count == Wrapper.all.count)
    #expect(Wrapper.all.allSatisfy { Wrapper.refused[$0.modelType] == nil })
    #expect(
      !Wrapper.all.contains { $0.modelType == "paligemma" }, "it reads prompts in both directions, and is refused")
  }

  /// The llava fixture with another config.json.
  private func opened(_ change: (inout [String: Any]) -> Void) throws -> LanguageModel {
    let source = Fixtures.url("models/llava/hf")
    return try withTemporaryFolder { folder in
      for name in try FileManager.default.contentsOfDirectory(atPath: source.path) where name != "config.json" {
        try FileManager.default.copyItem(
          at: source.appendingPathComponent(name), to: folder.appendingPathComponent(name))
      }
      let data = try Data(contentsOf: source.appendingPathComponent("config.json"))
      var config = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      change(&config)
      try JSONSerialization.data(withJSONObject: config).write(to: folder.appendingPathComponent("config.json"))
      return try LanguageModel(openModelFiles(path: folder.path), identity: ModelIdentity(name: "llava", sha256: ""))
    }
  }

  @Test func aModelOfAnUnknownTypeOpensByItsTextConfig() throws {
    let request = TraceRequest(prompt: "the keys to", method: .generate(4), columns: .all)
    let known = try traceOne(try opened { _ in }, request)
    let unknown = try traceOne(try opened { $0["model_type"] = "llava_of_tomorrow" }, request)
    #expect(known.logprob == unknown.logprob && known.tokens.map(\.id) == unknown.tokens.map(\.id))
    let notes = try opened { $0["model_type"] = "llava_of_tomorrow" }.notes.map(\.message)
    #expect(notes.contains("'llava_of_tomorrow' is an unknown type; its language part, of type 'llama', is run"))
  }

  @Test func aSettingAroundTheLanguagePartThatIsNotListedIsRefusedByName() throws {
    let error = #expect(throws: LoadError.self) { try opened { $0["logit_booster"] = 3 } }
    guard case .unreadSettings(let settings, _) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
    #expect(settings.map(\.key) == ["logit_booster"])
  }

  @Test(arguments: Wrapper.refused.keys.sorted())
  func aModelThatIsMoreThanItsLanguagePartIsRefusedWithTheReason(name: String) throws {
    let error = #expect(throws: LoadError.self) { try opened { $0["model_type"] = name } }
    #expect(error?.message == "setting 'model_type' is '\(name)', expected \(Wrapper.refused[name] ?? "")")
  }

  @Test func aLanguagePartThatCallsItselfOtherwiseIsNoted() throws {
    for (type, isNoted) in [("superlm_text", true), ("gemma3_text", false), ("llama", true)] {
      try withTemporaryFolder { folder in
        let model = folder.appending(path: "m")
        try FileManager.default.copyItem(at: Fixtures.url("models/gemma3-wrapper/hf"), to: model)
        let place = model.appending(path: "config.json")
        var config = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: place)) as? [String: Any])
        var part = try #require(config["text_config"] as? [String: Any])
        part["model_type"] = type
        config["text_config"] = part
        try JSONSerialization.data(withJSONObject: config).write(to: place)
        let notes = try openModel(model, name: "m").notes.map(\.message)
        let note =
          "text_config calls itself '\(type)'; the language part of a 'gemma3' model is always of type 'gemma3_text'"
        #expect(notes.contains { $0.hasPrefix(note) } == isNoted, "\(notes)")
      }
    }
  }

  @Test func aLanguagePartOfAnUnknownFamilyIsNamed() throws {
    let error = #expect(throws: LoadError.self) {
      try opened { config in
        var part = config["text_config"] as? [String: Any] ?? [:]
        part["model_type"] = "parrot"
        config["text_config"] = part
      }
    }
    #expect(error?.message == "unknown architecture 'parrot'")
    #expect(error?.hints.first?.contains("\"model_type\" of text_config in a copy of its config.json") == true)
  }
}
