import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("Loading")
struct LoadTests {
  @Test("an unknown architecture is named, with the known ones")
  func unknownArchitecture() throws {
    let error = #expect(throws: LoadError.self) { try TinyModel.llama.open { $0.architecture = "rwku" } }
    #expect(error?.message == "unknown architecture 'rwku'")
    let known = Architecture.all.flatMap(\.modelTypes) + Wrapper.all.map(\.modelType)
    let nearest = NameDistance.nearest(to: "rwku", among: known)
    #expect(nearest.first == "rwkv" && nearest.count <= 5)
    #expect(
      error?.hints == [
        "all its tensors and settings fit 'llama', 'mistral', 'exaone': if its source says that the network is the same, write that name as "
          + "\"model_type\" of a copy of its config.json, and compare some numbers with its own program",
        "types with names like it: \(nearest.joined(separator: ", ")); strata models families lists all \(known.count) types that are known",
      ])
  }

  @Test("an unknown architecture with a setting that the nearest family does not follow")
  func unknownArchitectureWithMore() throws {
    try withTemporaryFolder { folder in
      let source = Fixtures.url("models/llama/hf")
      for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
        try FileManager.default.copyItem(at: source.appending(path: name), to: folder.appending(path: name))
      }
      let config = folder.appending(path: "config.json")
      let text = String(decoding: try Data(contentsOf: config), as: UTF8.self)
      try Data(
        text.replacing("\"model_type\": \"llama\"", with: "\"model_type\": \"llemma\", \"attention_wobble\": 0.5").utf8
      ).write(to: config)
      let error = #expect(throws: LoadError.self) { try openModel(folder, name: "llemma") }
      #expect(
        error?.hints.first
          == "nearest is 'llama'; opened as that: 1 setting is not followed: 'attention_wobble' = 0.5 in config.json")
    }
  }

  @Test("an unknown architecture in GGUF, with its tokenizer")
  func unknownArchitectureInGGUF() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "lxama.gguf")
      var data = try Data(contentsOf: Fixtures.url("models/llama/llama.gguf"))
      while let place = data.range(of: Data("llama".utf8)) { data.replaceSubrange(place, with: Data("lxama".utf8)) }
      try data.write(to: file)
      let error = #expect(throws: LoadError.self) { try openModel(file, name: "lxama") }
      #expect(
        error?.hints.first?.hasPrefix("all its tensors and settings fit 'llama', ") == true,
        "\(error?.hints.first ?? "")")
    }
  }

  @Test("the program knows which tiny models each family was compared with")
  func everyFamilyWasCompared() throws {
    let models =
      try ParityModel.names.map { ($0, try ExpectedModel.read($0).architecture) }
      + MaskedModel.all.map { ($0.name, try $0.expected().architecture) }
    let byFamily = Dictionary(grouping: models, by: \.1)
    for family in Architecture.all {
      let compared = FamilyComparison.of(family)
      let fixtures = byFamily[family.name, default: []].map(\.0)
      #expect(compared.fixtures.sorted() == fixtures.sorted(), "\(family.name): run Tools/family_pages.py --fixtures")
      #expect(compared.gguf.sorted() == fixtures.filter(ParityModel.hasGGUF).sorted())
      #expect(!fixtures.isEmpty)
    }
    #expect(FamilyComparison.version.hasPrefix("5."))
  }

  @Test("an architecture that is known and not run is named with what it would need")
  func lackingArchitecture() throws {
    let error = #expect(throws: LoadError.self) { try TinyModel.llama.open { $0.architecture = "deepseek4" } }
    #expect(error?.hints.first?.hasPrefix("its blocks pass on several streams of states") == true)
    let run = Set(Architecture.all.flatMap(\.modelTypes) + Wrapper.all.map(\.modelType))
    for (name, _) in Architecture.lacking { #expect(!run.contains(name), "\(name) is run") }
  }

  @Test("values with which transformers gives other numbers than its pages say, or two kinds of numbers, are refused")
  func doubtfulValues() throws {
    for (model, key, value, start) in [
      ("hy-v4", "swiglu_limit", 0.0 as Any, "setting 'swiglu_limit' is 0.0, expected more than 0"),
      ("hy-v4-published", "first_k_dense_replace", 2, "setting 'first_k_dense_replace' is 2, expected 1, or the kinds"),
      (
        "dory", "recurrent_kv_cache_mode", "last_loop",
        "setting 'recurrent_kv_cache_mode' is 'last_loop', expected 'per_loop'"
      ),
      ("dory", "initializer_range", 0.0, "setting 'initializer_range' is 0, expected another"),
      ("dory", "n_input_layers", 4, "setting 'n_recurrent_layers' is 2 of 4 blocks, expected n_input_layers"),
    ] {
      let error = #expect(throws: LoadError.self) { try openEdited(model) { $0.settings[key] = value } }
      #expect(error?.message.hasPrefix(start) == true, "\(error?.message ?? "")")
    }
  }

  @Test("a missing tensor is named, whichever it is", arguments: ParityModel.names)
  func missingTensors(model: String) throws {
    let names = try ParityModel(name: model, kind: .safetensors).tensorsThatRun()
    #expect(names.count > 10)
    for name in names {
      let error = #expect(throws: LoadError.self) { try openEdited(model) { $0.tensors[name] = nil } }
      // The head of a model that predicts words is a part with advice of its own.
      if case .missingPart(let part, _, _) = error, part.contains("'\(name.replacing(".weight", with: ""))'") {
        continue
      }
      guard case .missingTensor(let missing, _) = error else {
        Issue.record("without \(name): \(error.map { "\($0)" } ?? "no error")")
        continue
      }
      // A file without the one and a folder with another prefix look alike: the name may come with the prefix.
      #expect(missing == name || missing.hasSuffix(name))
    }
  }

  @Test("a tensor that nothing uses is named", arguments: ParityModel.names)
  func unusedTensors(model: String) throws {
    let error = #expect(throws: LoadError.self) {
      try openEdited(model) { $0.set("mystery.weight", shape: [2], [1, 2]) }
    }
    #expect(error?.message == "tensor 'mystery.weight' is not part of this architecture")
  }

  @Test("a tensor of another shape is refused with both shapes", arguments: ParityModel.names)
  func wrongShapes(model: String) throws {
    let tensors = try openModelFiles(path: Fixtures.url("models/\(model)/hf").path).tensors
    for name in try ParityModel(name: model, kind: .safetensors).tensorsThatRun() {
      let tensor = try #require(tensors[name])
      // The token embedding decides the size of the vocabulary itself; its width is checked.
      let shape = tensor.shape.count == 2 ? [tensor.shape[0], tensor.shape[1] + 1] : [tensor.elements + 1]
      let error = #expect(throws: LoadError.self) {
        try openEdited(model) { $0.set(name, shape: shape, Array(repeating: 0, count: shape.reduce(1, *))) }
      }
      #expect(error?.message.contains("'\(name)' has shape \(shape), expected [") == true, "\(name): \(error as Any)")
    }
  }

  @Test("a norm that holds NaN is named when the model is opened")
  func nonFiniteNorm() throws {
    let error = #expect(throws: LoadError.self) {
      try TinyModel.llama.open { files in
        var values = files.values("model.norm.weight")
        values[3] = .infinity
        files.set("model.norm.weight", shape: [values.count], values)
      }
    }
    #expect(error?.message == "tensor 'model.norm.weight' holds inf at [3], expected finite numbers")
  }

  @Test("a matrix that holds NaN is named when the model is run")
  func nonFiniteMatrix() throws {
    let name = "model.layers.1.mlp.up_proj.weight"
    let model = try TinyModel.llama.open { files in
      var values = files.values(name)
      values[files.tensors[name]?.shape[1] ?? 0] = .nan
      files.set(name, shape: files.tensors[name]?.shape ?? [], values)
    }
    let error = #expect(throws: LoadError.self) {
      try Tracer(model: model, threads: 1).trace([TraceRequest(prompt: "the keys")])
    }
    #expect(error?.message == "tensor '\(name)' holds nan at [1, 0], expected finite numbers")
  }

  @Test("a norm of single heads that holds no number is named")
  func nonFiniteTable() throws {
    let name = "model.layers.1.self_attn.q_norm.weight"
    let error = #expect(throws: LoadError.self) {
      try openEdited("cohere-norms") {
        var values = $0.values(name)
        values[5] = .nan
        $0.set(name, shape: [4, 4], values)
      }
    }
    #expect(error?.message == "tensor '\(name)' holds nan at [1, 1], expected finite numbers")
  }

  @Test("settings that are missing or impossible are named")
  func badSettings() throws {
    let missing = #expect(throws: LoadError.self) {
      try TinyModel.llama.open { $0.settings["num_hidden_layers"] = .some(nil) }
    }
    #expect(missing?.message == "setting 'num_hidden_layers' is missing")
    let heads = #expect(throws: LoadError.self) { try TinyModel.llama.open { $0.settings["num_key_value_heads"] = 2 } }
    #expect(heads?.message == "setting 'num_key_value_heads' is 2, expected a divisor of the 3 query heads")
    let layers = #expect(throws: LoadError.self) { try TinyModel.llama.open { $0.settings["num_hidden_layers"] = -4 } }
    #expect(layers?.message == "setting 'num_hidden_layers' is -4, expected 1 to 2147483647")
    let rope = #expect(throws: LoadError.self) {
      try TinyModel.llama.open {
        $0.settings["rope_scaling"] = true
        $0.settings["rope_scaling.rope_type"] = "spiral"
      }
    }
    #expect(
      rope?.message
        == "setting 'rope_scaling.rope_type' is 'spiral', "
        + "expected 'default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope' or 'proportional'")
    for model in ["gemma4-saved", "laguna", "mimo-v2-flash"] {
      let section = #expect(throws: LoadError.self, "\(model)") {
        try openEdited(model) {
          $0.settings["rope_scaling"] = true
          $0.settings["rope_scaling.factor"] = 2.0
        }
      }
      #expect(
        section?.message
          == "setting 'rope_scaling' is a section, expected one for each kind of layer in 'rope_parameters', the only "
          + "ones that are followed in this family", "\(model)")
    }
    let activation = #expect(throws: LoadError.self) {
      try TinyModel.gpt2.open { $0.settings["activation_function"] = "prelu" }
    }
    #expect(
      activation?.message
        == "setting 'activation_function' is 'prelu', expected one of 'gelu', 'gelu_10', 'gelu_accurate', 'gelu_fast', "
        + "'gelu_new', 'gelu_python', 'gelu_python_tanh', 'gelu_pytorch_tanh', 'hardswish', 'laplace', 'leaky_relu', "
        + "'linear', 'mish', 'quick_gelu', 'relu', 'relu2', 'relu6', 'sigmoid', 'silu', 'sqrtsoftplus', 'swish', 'tanh'"
    )
  }
  /// The numbers are those of transformers' own buffers.
  @Test("stretched positions of MiMo-V2-Flash turn the whole head, plain ones a third of it")
  func partOfStretchedPositions() throws {
    func frequencies(_ kind: String, part: Double? = nil) throws -> [Float] {
      let model = try openEdited("mimo-v2-flash") {
        $0.settings["rope_parameters.full_attention.rope_type"] = kind
        if kind != "default" { $0.settings["rope_parameters.full_attention.factor"] = 2.0 }
        if kind == "yarn" { $0.settings["rope_parameters.full_attention.original_max_position_embeddings"] = 16.0 }
        if let part { $0.settings["rope_parameters.full_attention.partial_rotary_factor"] = part }
      }
      return try #require(model.network.blocks[1].attention?.rotation).frequencies
    }
    func same(_ found: [Float], _ expected: [Float]) -> Bool {
      found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }
    }
    #expect(same(try frequencies("default"), [1, 0.014142]))
    #expect(same(try frequencies("linear"), [0.5, 0.120914, 0.02924, 0.007071, 0.00171, 0.000414]))
    #expect(same(try frequencies("yarn"), [1, 0.120914, 0.02924, 0.007071, 0.00171, 0.000414]))
    #expect(same(try frequencies("linear", part: 0.334), [0.5, 0.007071]))
  }
}
