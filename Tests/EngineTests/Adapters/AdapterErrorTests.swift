import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("What an adapter asks for is followed, or refused by name")
struct AdapterErrorTests {
  private static let llama = ParityModel(name: "llama", kind: .safetensors)

  /// The error of a changed copy of an adapter on the tiny Llama.
  private func problem(
    _ name: String = "llama", on base: ParityModel = llama, config: [String: Any?] = [:],
    rename: (String) -> String? = { $0 }
  ) throws -> any EngineError {
    try withTemporaryFolder { folder in
      let edited = try EditedAdapter(name, in: folder, config: config, rename: rename)
      let error = #expect(throws: (any Error).self) { try openAdapted(base, edited.folder.path) }
      return try #require(error as? any EngineError)
    }
  }

  @Test(
    "settings that change the computation",
    arguments: [
      ("use_dora", "true"), ("use_qalora", "true"), ("use_bdlora", #"{"nblocks": 2}"#),
      ("arrow_config", #"{"top_k": 3}"#), ("kasa_config", #"{"beta": 1}"#), ("monteclora_config", #"{"a": 1}"#),
      ("alora_invocation_tokens", "[1, 2]"), ("layer_replication", "[[0, 2]]"), ("megatron_config", #"{"a": 1}"#),
      ("trainable_token_indices", "[3]"), ("task_type", #""SEQ_CLS""#), ("init_lora_weights", #""pissa""#),
      ("init_lora_weights", #""pissa_niter_4""#), ("init_lora_weights", #""olora""#),
      ("init_lora_weights", #""corda""#), ("init_lora_weights", #""loftq""#), ("init_lora_weights", #""lora_ga""#),
    ])
  func settingsAreRefused(key: String, value: String) throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
    let error = try problem(config: [key: parsed])
    guard case AdapterError.unsupported(let path, key, _, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(path.hasSuffix("adapter_config.json"))
    #expect(error.place.hasSuffix("adapter_config.json: \(key)"))
  }

  @Test("ways to begin training that change nothing", arguments: ["gaussian", "eva", "orthogonal", "mica"])
  func plainBeginnings(_ word: String) throws {
    try withTemporaryFolder { folder in
      let edited = try EditedAdapter("llama", in: folder, config: ["init_lora_weights": word])
      #expect(try openAdapted(Self.llama, edited.folder.path).adapter?.rank == 3)
    }
  }

  @Test func aSettingThatNobodyKnowsIsRefusedUnlessItIsAccepted() throws {
    let error = try problem(config: ["use_newest": 2])
    guard case LoadError.unreadSettings(let settings, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(settings.map(\.key) == ["use_newest"])
    #expect(error.message == "1 setting is not followed: 'use_newest' = 2 in adapter_config.json")
    try withTemporaryFolder { folder in
      let edited = try EditedAdapter("llama", in: folder, config: ["use_newest": 2])
      let model = try openAdapted(Self.llama, edited.folder.path, accepting: ["use_newest"])
      #expect(model.acceptedSettings.map(\.key) == ["use_newest"])
    }
  }

  @Test func everyFieldOfPEFTIsAccountedFor() throws {
    // All fields of LoraConfig are in the files that peft 0.21 writes.
    let model = try TinyAdapter(name: "llama").open()
    let accounts = model.settings.filter { $0.file == .adapterConfig }
    #expect(accounts.count > 30)
    #expect(accounts.allSatisfy { $0.outcome != .refused && $0.outcome != .accepted })
  }

  @Test("other kinds of adapter", arguments: ["IA3", "PROMPT_TUNING", "ADALORA", ""])
  func otherKinds(_ kind: String) throws {
    let error = try problem(config: ["peft_type": kind])
    guard case AdapterError.otherKind(_, "peft_type", kind) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func ranksMustBeThoseOfTheConfiguration() throws {
    let error = try problem(config: ["r": 2])
    guard case AdapterError.badRank(_, _, 3, 2) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(try problem(config: ["r": 0]).message == "expected 1 to 65536, found 0")
  }

  @Test func tensorsThatAreNotSelectedOrMissingAreToldApart() throws {
    let some = "base_model.model.model.layers.1.mlp.up_proj.lora_"
    let extra = try problem(config: ["target_modules": ["q_proj"]])
    guard case AdapterError.notSelected(let names, _) = extra else {
      Issue.record("\(extra)")
      return
    }
    #expect(names.contains(some + "A.weight") && !names.contains { $0.contains("q_proj") })
    #expect(
      try problem { $0.hasPrefix(some) ? nil : $0 }.message
        == "a module that the configuration selects has no tensors: 'model.layers.1.mlp.up_proj'")
    let half = try problem { $0 == some + "B.weight" ? nil : $0 }
    #expect(
      half.message
        == "tensor '\(some)A.weight' is there, but 'model.layers.1.mlp.up_proj.lora_B.weight' is missing")
    let unknown = try problem { $0.replacing("up_proj", with: "side_proj") }
    guard case AdapterError.unknownTensors(let strange, _, _) = unknown else {
      Issue.record("\(unknown)")
      return
    }
    #expect(strange.count == 3 && strange.allSatisfy { $0.contains("side_proj") })
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    let error = try problem(on: ParityModel(name: "qwen3", kind: .safetensors))
    guard case LoadError.badShape = error else {
      Issue.record("\(error)")
      return
    }
    let others = try problem(on: ParityModel(name: "gpt2", kind: .safetensors))
    guard case AdapterError.unknownTensors = others else {
      Issue.record("\(others)")
      return
    }
    #expect(
      throws: AdapterError.otherArchitecture(
        path: TinyAdapter(name: "llama").gguf, found: "llama", expected: "qwen3")
    ) { try openAdapted(ParityModel(name: "qwen3", kind: .gguf), TinyAdapter(name: "llama").gguf) }
    let crossed = #expect(throws: AdapterError.self) {
      try openAdapted(Self.llama, TinyAdapter(name: "llama").gguf)
    }
    guard case .otherLayout? = crossed else {
      Issue.record("\(String(describing: crossed))")
      return
    }
  }

  @Test func namesOfOtherProgramsMeanTheSame() throws {
    let request = TraceRequest(prompt: "the keys", method: .generate(3), columns: .all)
    func same(_ name: String, _ rename: (String) -> String?) throws {
      try withTemporaryFolder { folder in
        let tiny = TinyAdapter(name: name)
        let base = ParityModel(name: try tiny.expected().base, kind: .safetensors)
        let edited = try EditedAdapter(name, in: folder, rename: rename)
        let renamed = try traceOne(try openAdapted(base, edited.folder.path), request)
        #expect(try renamed.jsonData() == traceOne(try tiny.open(), request).jsonData())
      }
    }
    try same("llama") { $0.replacing("lora_A.", with: "lora_A.default.").replacing("lora_B.", with: "lora_B.default.") }
    try same("llama") { String($0.dropFirst("base_model.model.".count)) }
    try same("llama") { "base_model.model._orig_mod." + $0.dropFirst("base_model.model.".count) }
    try same("llama-saved") { $0.replacing("lm_head.weight", with: "lm_head.modules_to_save.default.weight") }
    // The head as transformers 4 called it.
    try withTemporaryFolder { folder in
      let targets = ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h", "embed_out"]
      let edited = try EditedAdapter("gptneox", in: folder, config: ["target_modules": targets]) {
        $0.replacing("lm_head", with: "embed_out")
      }
      let renamed = try traceOne(
        try openAdapted(ParityModel(name: "gptneox", kind: .safetensors), edited.folder.path), request)
      #expect(try renamed.jsonData() == traceOne(try TinyAdapter(name: "gptneox").open(), request).jsonData())
    }
  }

  @Test func aPatternThatTakesTooLongIsRefused() throws {
    let start = ContinuousClock.now
    let error = try problem(config: ["target_modules": "(([a-z._0-9])+)+[!?]"])
    guard case AdapterError.badPattern(_, "target_modules", _, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(ContinuousClock.now - start < .seconds(5))
    let broken = try problem(config: ["rank_pattern": ["(": 3]])
    guard case AdapterError.badPattern(_, "rank_pattern", _, _) = broken else {
      Issue.record("\(broken)")
      return
    }
  }

  @Test func separateExpertsWithTheRootOfTheRankHaveTwoMeanings() throws {
    let error = try problem(
      "mixtral-each", on: ParityModel(name: "mixtral", kind: .safetensors), config: ["use_rslora": true])
    guard case AdapterError.unsupported(_, "use_rslora", _, _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func anAdapterGivenAsAModelIsToldWhatItIs() throws {
    let tiny = TinyAdapter(name: "llama")
    func problem(_ path: String) throws -> any EngineError {
      let error = #expect(throws: (any Error).self) { try openModelFiles(path: path) }
      return try #require(error as? any EngineError)
    }
    let folder = try problem(tiny.folder.replacing("llama", with: "gpt2"))
    #expect(folder.message == "this is a LoRA adapter of tiny/gpt2, expected a model")
    #expect(
      folder.hints.first?.hasPrefix("give the model, and this as its adapter: --model tiny/gpt2 --adapter ") == true)
    #expect(try problem(tiny.gguf).message == "this is a LoRA adapter, expected a model")
    try withTemporaryFolder { parent in
      let edited = try EditedAdapter("llama", in: parent, config: ["peft_type": "IA3"])
      try Data("{}".utf8).write(to: edited.folder.appending(path: "config.json"))
      #expect(try problem(edited.folder.path).message == "this is a IA3 adapter of tiny/llama, expected a model")
    }
  }

  @Test func numbersThatAreNotFiniteAreNamed() throws {
    try withTemporaryFolder { parent in
      let edited = try EditedAdapter("llama", in: parent)
      let file = edited.folder.appending(path: "adapter_model.safetensors")
      var data = try Data(contentsOf: file)
      // The last value of the last tensor, in float16: infinite.
      data.replaceSubrange((data.count - 2)..., with: [0x00, 0x7C])
      try data.write(to: file)
      let model = try openAdapted(Self.llama, edited.folder.path)
      let error = #expect(throws: (any Error).self) { try traceOne(model, TraceRequest(prompt: "the keys")) }
      guard case LoadError.nonFinite(let tensor, _, _, _)? = error as? LoadError else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(tensor == "base_model.model.model.layers.2.self_attn.v_proj.lora_B.weight")
    }
  }
}
