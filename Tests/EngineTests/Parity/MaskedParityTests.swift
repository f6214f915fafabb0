import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// A tiny masked model of Tests/Fixtures/masked (Tools/make_masked_fixtures.py).
struct MaskedModel: CustomTestStringConvertible, Sendable {
  let name: String
  var testDescription: String { name }

  static let all: [MaskedModel] = ((try? Fixtures.names(in: "masked")) ?? []).map(MaskedModel.init)

  var path: String { Fixtures.url("masked/\(name)/hf").path }

  func open() throws -> LanguageModel { try openModel(URL(fileURLWithPath: path), name: name) }

  /// The folder's files after `edit`.
  func open(_ edit: (EditedFiles) -> Void) throws -> LanguageModel {
    let files = EditedFiles(try openModelFiles(path: path))
    edit(files)
    return try LanguageModel(files, identity: ModelIdentity(name: name, sha256: ""))
  }

  /// The model with its adapter.
  func openAdapted(task: String? = nil) throws -> LanguageModel {
    let adapter = Fixtures.url("masked/\(name)/adapter")
    return try withTemporaryFolder { folder in
      var settings = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: adapter.appending(path: "adapter_config.json")))
          as? [String: Any])
      if let task { settings["task_type"] = task }
      try JSONSerialization.data(withJSONObject: settings).write(to: folder.appending(path: "adapter_config.json"))
      try Data(contentsOf: adapter.appending(path: "adapter_model.safetensors")).write(
        to: folder.appending(path: "adapter_model.safetensors"))
      return try LanguageModel.open(
        path: path, identity: ModelIdentity(name: name, sha256: String(repeating: "0", count: 64)),
        options: ModelOptions(), adapter: try Adapter(path: folder.path, name: "tiny", sha256: "00"))
    }
  }

  static let adapted = all.filter {
    FileManager.default.fileExists(atPath: Fixtures.url("masked/\($0.name)/adapter.json").path)
  }

  func expected(_ file: String = "expected") throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Fixtures.data("masked/\(name)/\(file).json"))
  }

  struct Expected: Decodable {
    let architecture: String
    let tolerance: Double
    let top: Int
    let prompts: [Prompt]
  }

  struct Prompt: Decodable {
    let text: String
    let ids: [Int]
    let masks: [Int]
    /// What the model puts there.
    let targets: [Int]
    /// At the last mask. [V]
    let logits: [Double]
    let normed: ExpectedLens
    let raw: ExpectedLens
  }
}

@Suite("Masked models against transformers")
struct MaskedParityTests {
  @Test func everyMaskedFamilyHasAFixture() throws {
    let found = Set(try MaskedModel.all.map { try $0.expected().architecture })
    for family in Architecture.all where family.settings.isMasked {
      #expect(found.contains(family.name), "\(family.name)")
    }
    #expect(MaskedModel.all.count >= 5)
  }

  @Test(arguments: MaskedModel.all)
  func lensEqualsTheReference(_ tiny: MaskedModel) throws {
    try compare(try tiny.open(), with: try tiny.expected(), name: tiny.name)
  }

  @Test("LoRA adapters against peft", arguments: MaskedModel.adapted)
  func adapterEqualsTheReference(_ tiny: MaskedModel) throws {
    let model = try tiny.openAdapted()
    #expect(model.adapter != nil)
    try compare(model, with: try tiny.expected("adapter"), name: "\(tiny.name) with its adapter")
    let requests = (0..<8).map { TraceRequest(prompt: "the keys to the \(model.mask ?? "") \($0)") }
    let alone = try requests.map { try traceOne(model, $0).jsonData() }
    #expect(try trace(model, requests, threads: 3).map { try $0.jsonData() } == alone)
  }

  @Test func adaptersOfAHeadAndOfOtherTasksAreRefused() throws {
    #expect(MaskedModel.adapted.count == 6)
    let head = #expect(throws: AdapterError.self) { try MaskedModel(name: "bert-untied").openAdapted() }
    #expect(head?.message.contains("cls.predictions.decoder.lora_A") == true)
    for task in ["FEATURE_EXTRACTION", "TOKEN_CLS"] {
      let error = #expect(throws: AdapterError.self) { try MaskedModel(name: "bert").openAdapted(task: task) }
      #expect(error?.message.contains("'\(task)'") == true)
    }
  }

  private func compare(_ model: LanguageModel, with expected: MaskedModel.Expected, name: String) throws {
    for norm in Trace.Lens.Norm.allCases {
      var comparison = LensComparison(tolerance: expected.tolerance)
      for prompt in expected.prompts {
        let trace = try traceOne(model, TraceRequest(prompt: prompt.text, topK: expected.top, norm: norm))
        #expect(trace.tokens.map(\.id) == prompt.ids)
        #expect(trace.promptLength == prompt.ids.count)
        #expect(trace.masks == prompt.masks)
        #expect(trace.columns.map(\.position) == prompt.masks)
        #expect(trace.columns.map(\.target) == prompt.targets)
        comparison.compare(
          trace, columns: Array(trace.columns.indices), with: norm == .final ? prompt.normed : prompt.raw,
          context: "\(name), \(norm)")
      }
      print("masked \(name), norm \(norm.rawValue): \(comparison.summary)")
      #expect(comparison.disagreements == [])
    }
  }

  @Test(arguments: MaskedModel.all)
  func logitsDifferByLessThanOneInTenThousand(_ tiny: MaskedModel) throws {
    let model = try tiny.open()
    for prompt in try tiny.expected().prompts {
      let trace = try traceOne(model, TraceRequest(prompt: prompt.text, topK: model.counted(.final), columns: .last))
      let ids = try #require(trace.top.ids.last?.last)
      let logprobs = try #require(trace.top.logprobs.last?.last).map(Double.init)
      let peak = prompt.logits.max() ?? 0
      let sum = peak + log(prompt.logits.reduce(0) { $0 + exp($1 - peak) })
      let scale = prompt.logits.map(abs).max() ?? 1
      let largest = zip(ids, logprobs).map { abs($1 + sum - prompt.logits[$0]) / scale }.max() ?? 1
      print("masked \(tiny.name): largest relative difference of \(ids.count) logits \(Float(largest))")
      #expect(ids.count == prompt.logits.count)
      #expect(largest < 1e-4)
    }
  }

  @Test("neighbours in the batch, threads and chosen columns change nothing", arguments: MaskedModel.all)
  func independence(_ tiny: MaskedModel) throws {
    let model = try tiny.open()
    let mask = try #require(model.mask)
    // Texts that begin alike, equal ones, and more tokens together than a chunk has.
    let texts = ["the keys to the \(mask)", "the keys to the \(mask) and the \(mask)", "the keys to the \(mask)", mask]
    let requests = (0..<40).map { index in
      TraceRequest(
        prompt: texts[index % 4], topK: 5, columns: index % 3 == 0 ? .last : .generated,
        norm: index % 5 == 0 ? .none : .final, rows: index % 2 == 0 ? .blocks : .attention)
    }
    let alone = try requests.map { try traceOne(model, $0).jsonData() }
    for threads in [1, 3] {
      #expect(try trace(model, requests, threads: threads).map { try $0.jsonData() } == alone)
    }
    for data in alone { #expect(try Trace.read(data, path: "masked.json").jsonData() == data) }
  }

  @Test("what stands behind a mask counts as what stands before it", arguments: MaskedModel.all)
  func bothDirections(_ tiny: MaskedModel) throws {
    let model = try tiny.open()
    let mask = try #require(model.mask)
    let one = try traceOne(model, TraceRequest(prompt: "the \(mask) of the city"))
    let other = try traceOne(model, TraceRequest(prompt: "the \(mask) of the land"))
    #expect(one.entropy != other.entropy)
  }
}

@Suite("Masked models: what they refuse")
struct MaskedRefusalTests {
  private let bert = MaskedModel(name: "bert")

  private func error(_ request: TraceRequest) throws -> RunError? {
    let model = try bert.open()
    return #expect(throws: RunError.self) { try traceOne(model, request) }
  }

  @Test("a prompt without a mask, with the mask's spelling")
  func noMask() throws {
    let refused = try error(TraceRequest(prompt: "the keys"))
    #expect(refused == .noMask(model: "bert", mask: "[MASK]"))
    #expect(refused?.message.contains("'[MASK]'") == true)
  }

  @Test("text after the prompt, and columns that hide nothing")
  func text() throws {
    let prompt = "the [MASK]"
    for method in [Trace.Method.generate(1), .continuation(" keys"), .sample(1, Sampling(seed: 1))] {
      #expect(try error(TraceRequest(prompt: prompt, method: method)) == .textForMasks(model: "bert", mask: "[MASK]"))
    }
    #expect(
      try error(TraceRequest(prompt: prompt, columns: .all)) == .columnsWithoutMask(model: "bert", mask: "[MASK]"))
    #expect(try error(TraceRequest(prompt: prompt, chat: .rendered(.given))) == .chatForEncoder(model: "bert"))
    #expect(try error(TraceRequest(prompt: prompt, decoder: "x")) == .noDecoderBesideEncoder(model: "bert"))
  }

  @Test("padding in a text of RoBERTa, which would move positions")
  func padding() throws {
    let model = try MaskedModel(name: "roberta").open()
    #expect(model.context == 46)
    #expect(throws: RunError.padding(model: "roberta", position: 1)) {
      try traceOne(model, TraceRequest(prompt: "<pad> the <mask>"))
    }
  }

  @Test("an encoder without its head, cross attention, and other positions; a decoder fills in nothing")
  func loading() throws {
    let bare = #expect(throws: LoadError.self) {
      try bert.open { files in files.tensors = files.tensors.filter { !$0.key.hasPrefix("cls.") } }
    }
    #expect(
      bare?.message == "expected a model with a head for masked tokens ('cls.predictions.transform.dense'), found none")
    #expect(bare?.hints.first?.contains("BertForMaskedLM") == true)
    #expect(throws: LoadError.self) { try bert.open { $0.settings["add_cross_attention"] = true } }
    #expect(try bert.open { _ in }.fillsMasks)
    #expect(try !bert.open { $0.settings["is_decoder"] = true }.fillsMasks)
    let other = #expect(throws: LoadError.self) {
      try MaskedModel(name: "roformer").open {
        $0.set("roformer.encoder.embed_positions.weight", shape: [48, 4], [Float](repeating: 0, count: 192))
      }
    }
    #expect(
      other?.message
        == "tensor 'roformer.encoder.embed_positions.weight' holds 0.0 at [0, 2], expected 1.0, the sine or cosine that the settings give"
    )
    #expect(throws: LoadError.self) { try bert.open { $0.settings["position_embedding_type"] = "relative_key" } }
  }

  @Test("norms under their old names, poolers and buffers change nothing")
  func oldCheckpoints() throws {
    let request = TraceRequest(prompt: "the [MASK] of the city")
    let expected = try traceOne(try bert.open { _ in }, request)
    let old = try bert.open { files in
      for (name, tensor) in files.tensors where name.contains("LayerNorm.") {
        files.tensors[name] = nil
        let old = name.replacing("LayerNorm.weight", with: "LayerNorm.gamma").replacing(
          "LayerNorm.bias", with: "LayerNorm.beta")
        files.tensors[old] = tensor
      }
      files.set("bert.pooler.dense.weight", shape: [2, 2], [1, 2, 3, 4])
      files.set("cls.seq_relationship.bias", shape: [2], [1, 2])
    }
    #expect(try traceOne(old, request).jsonData() == expected.jsonData())
    #expect(old.notes.contains { "\($0)".contains("bert.pooler.") })
  }

  /// Keys that published config.json files have beside those of the tiny models.
  static let published: [(fixture: String, keys: [String: any Sendable])] = [
    (
      "masked/bert",
      [
        "directionality": "bidi", "pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3,
        "pooler_size_per_head": 128, "pooler_type": "first_token_transform", "use_cache": true,
        "transformers_version": "4.6.0",
        "classifier_dropout": 0.1, "_name_or_path": "bert",
      ]
    ),
    ("masked/roberta", ["use_cache": true, "classifier_dropout": 0.1, "position_embedding_type": "absolute"]),
    ("masked/distilbert", ["tie_weights_": true, "output_past": true]),
    ("masked/electra", ["generator_size": "0.33", "position_embedding_type": "absolute", "use_cache": true]),
    ("masked/ernie", ["fuse": false, "use_cache": true]),
    (
      "models/bart",
      [
        "output_past": true, "use_cache": true, "gradient_checkpointing": false, "add_final_layer_norm": false,
        "force_bos_token_to_be_generated": true, "num_beams": 4, "early_stopping": true, "length_penalty": 2.0,
        "no_repeat_ngram_size": 3, "min_length": 56, "max_length": 142, "prefix": " ", "classifier_dropout": 0.0,
        "forced_eos_token_id": 2, "save_step": 7,
      ]
    ),
    (
      "models/marian",
      [
        "bad_words_ids": [[287]], "num_beams": 4, "normalize_before": false, "normalize_embedding": false,
        "static_position_embeddings": true, "add_bias_logits": false, "add_final_layer_norm": false,
        "classif_dropout": 0.0, "classifier_dropout": 0.0, "num_hidden_layers": 2, "max_length": 512,
        "_name_or_path": "x",
        "forced_eos_token_id": 2,
      ]
    ),
    (
      "models/t5",
      [
        "output_past": true, "use_cache": true, "feed_forward_proj": "relu", "is_gated_act": false,
        "dense_act_fn": "relu",
        "relative_attention_max_distance": 128, "num_decoder_layers": 2, "classifier_dropout": 0.0,
        "tie_word_embeddings": true,
        "gradient_checkpointing": false, "_name_or_path": "t5",
      ]
    ),
  ]

  @Test("settings of published files are accounted for", arguments: published.map(\.fixture))
  func publishedSettings(_ fixture: String) throws {
    let more = try #require(Self.published.first { $0.fixture == fixture }).keys
    try withTemporaryFolder { folder in
      let from = Fixtures.url("\(fixture)/hf")
      for name in ["model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        try Data(contentsOf: from.appending(path: name)).write(to: folder.appending(path: name))
      }
      let told = try JSONSerialization.jsonObject(with: Data(contentsOf: from.appending(path: "config.json")))
      let all = try #require(told as? [String: Any]).merging(more.mapValues { $0 as Any }) { $1 }
      try JSONSerialization.data(withJSONObject: all).write(to: folder.appending(path: "config.json"))
      _ = try openModel(folder, name: fixture)
    }
  }

  @Test("a dataset has one mask in each prompt, and its numbers are those of watched words")
  func datasets() throws {
    let model = try bert.open()
    let tracer = try Tracer(model: model, threads: 1)
    func request(_ prompts: [String]) -> DatasetRequest {
      DatasetRequest(
        name: "masks",
        items: prompts.enumerated().map { .init(prompt: $1, target: " the", foil: " city", line: $0 + 1) })
    }
    let prompts = ["[MASK] keys", "the keys to [MASK] city"]
    let scores = try tracer.scores(of: request(prompts))
    for (item, prompt) in prompts.enumerated() {
      let trace = try traceOne(model, TraceRequest(prompt: prompt, watch: [" the", " city"]))
      #expect(scores.rank.map { Int($0[item]) } == trace.watch[0].rank.map { $0[0] })
      #expect(scores.logprob.map { $0[item] } == trace.watch[0].logprob.map { $0[0] })
    }
    let refused = #expect(throws: DatasetError.self) { try tracer.scores(of: request(["[MASK] and [MASK]", "none"])) }
    #expect(refused?.faults.map(\.line) == [1, 2])
    #expect(refused?.faults.first?.message.contains("2 masked tokens") == true)
  }

  @Test("the check of a model's promises holds", arguments: MaskedModel.all)
  func promises(_ tiny: MaskedModel) throws {
    let findings = try ModelCheck(model: try tiny.open(), threads: 1).findings()
    #expect(!findings.isEmpty)
    for finding in findings { #expect(finding.holds, "\(finding.promise): \(finding.difference)") }
  }
}
