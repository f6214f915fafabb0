import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Every setting is accounted for")
struct SettingsLedgerTests {
  /// The file of defaults is built in and made by a script: it covers every family that config.json can name.
  @Test func everyModelTypeHasItsDefaults() {
    let types = Set(Architecture.all.flatMap(\.modelTypes))
    #expect(types.count > 25 && types == ConfigDefaults.modelTypes)
  }

  @Test(arguments: ParityModel.all)
  func nothingIsRefusedInAFixture(_ tiny: ParityModel) throws {
    let model = try tiny.open()
    #expect(
      model.settings.filter { $0.outcome == .refused }.map { "\($0.file.rawValue) \($0.key) = \($0.value)" } == [])
  }

  @Test(arguments: ParityModel.all)
  func anInventedSettingIsRefusedByNameAndValue(_ tiny: ParityModel) throws {
    for file in tiny.settingsFiles {
      let key = file == .gguf ? "\(try tiny.ggufArchitecture).attention.zorblax" : "zorblax"
      try tiny.withSetting(key, 3, in: file) { path in
        let error = #expect(throws: LoadError.self) {
          try openModel(URL(fileURLWithPath: path), name: tiny.name)
        }
        #expect(error?.message == "1 setting is not followed: '\(key)' = 3 in \(file.place)")
        let options = ModelOptions(acceptedSettings: [key])
        let model = try LanguageModel.open(path: path, identity: ModelIdentity(name: "", sha256: ""), options: options)
        #expect(model.acceptedSettings.map(\.key) == [key])
      }
    }
  }

  /// Settings that are followed, but whose effect no text of this test can show in every fixture, or in the one that is named; tests of
  /// tokenizers, or other fixtures, show it.
  private static let shownElsewhere: Set = [
    // Where two values of a head turn, their frequency is 1 whatever the base.
    "GGUF stablelm.rope.freq_base", "config.json rope_theta", "config.json rotary_emb_base",
    // With so few frequencies YaRN's ramp begins and ends at the same places.
    "GGUF olmo2.rope.scaling.original_context_length", "config.json rope_scaling.original_max_position_embeddings",
    "config.json rope_parameters.full_attention.original_max_position_embeddings",
    "deepseek-v32: config.json rope_scaling.beta_fast", "deepseek-v32: config.json rope_scaling.beta_slow",
    "longcat-flash-plain: config.json rope_scaling.beta_fast",
    "longcat-flash-plain: config.json rope_scaling.beta_slow",
    "bailing-hybrid-listed: config.json rope_parameters.original_max_position_embeddings",
    "bailing-hybrid-listed: config.json rope_parameters.rope_theta",
    // Its last entry belongs to a block that predicts further tokens, which is not run.
    "deepseek4-published: config.json compress_ratios",
    // It says how long a text may be, and these are short; `RequestTests` has longer ones.
    "bigbird-pegasus: config.json num_random_blocks",
    // Both factors of Phi-MoE's LongRoPE are the same, because transformers never takes the long ones; at a small jitter no expert
    // is near another. `phimoe-jitter` shows both in config.json.
    "phimoe: GGUF phimoe.rope.scaling.original_context_length", "phimoe: config.json original_max_position_embeddings",
    "phimoe: config.json router_jitter_noise",
    // No text is long enough for its usual floor; `llama4-chunks` has a short one.
    "llama4-plain: config.json attn_temperature_tuning",
    // No step is as small as the least one; `nemotron-h-listed` has a larger one.
    "nemotron-h: config.json time_step_min", "nemotron-h-moe: config.json time_step_min",
    // `zamba2-plain` has a larger one, too; its file holds a copy of the shared block for each use, whatever their number.
    "zamba2: config.json time_step_min", "zamba2-plain: config.json num_mem_blocks",
    // `dense_act_fn` and `is_gated_act` override it, in transformers too.
    "t5-v11: config.json feed_forward_proj",
    // T5Tokenizer puts its own ending behind texts, and these texts have no sentinels.
    "tokenizer_config.json extra_ids", "tokenizer_config.json additional_special_tokens",
    "tokenizer.json post_processor.special_tokens.</s>.ids",
    // mT5 has no BOS: a note says that texts that are to begin with one have none (BOSTests).
    "mt5: GGUF tokenizer.ggml.add_bos_token",
    // No text is as long as the window.
    "config.json use_sliding_window",
    // The head in the file is the head either way, and mT5 has no scale that would follow the setting. Words that were cut at spaces have
    // none left to cut at.
    "mt5: config.json tie_word_embeddings", "roberta-decoder: config.json tie_word_embeddings",
    "umt5: tokenizer.json pre_tokenizer.pretokenizers.1.split",
    // Which token is special shows in texts that have it, and around those of models that ask for BOS or EOS.
    "GGUF tokenizer.ggml.bos_token_id", "GGUF tokenizer.ggml.eos_token_id", "GGUF tokenizer.ggml.unknown_token_id",
    "GGUF tokenizer.ggml.padding_token_id", "tokenizer_config.json bos_token", "tokenizer_config.json eos_token",
    "tokenizer_config.json pad_token", "tokenizer_config.json unk_token", "tokenizer_config.json tokenizer_class",
    // Vocabularies of bytes know every byte, these merges do not cross what is cut, and Gemma has no spaces left to cut at.
    "tokenizer.json model.byte_fallback", "tokenizer.json model.unk_token", "tokenizer.json model.fuse_unk",
    "tokenizer.json model.ignore_merges",
    "tokenizer.json pre_tokenizer.pretokenizers.0.individual_digits",
    "tokenizer.json pre_tokenizer.pretokenizers.1.use_regex", "tokenizer.json pre_tokenizer.invert",
    "tokenizer.json pre_tokenizer.pattern.String",
  ]

  @Test(arguments: ParityModel.all)
  func anotherValueGivesOtherNumbersOrARefusalOrIsOnTheList(_ tiny: ParityModel) throws {
    let plain = try tiny.numbers()
    // Numbers that are not finite differ from themselves, and every setting would show; no file has any.
    for trace in plain.joined() { _ = try trace.jsonData() }
    var silent: [String] = []
    var count = 0
    for change in try tiny.changes() {
      count += 1
      // One value that shows is enough, so the others are not tried.
      let shows = try change.others.contains { write in
        try withTemporaryFolder { folder in
          // A model that cannot be opened refuses the value.
          guard let model = try? openModel(URL(fileURLWithPath: try write(folder)), name: tiny.name) else {
            return true
          }
          guard (try? tiny.numbers(of: model, are: plain)) == true else { return true }
          // Of an object that nobody opened there is one account.
          let account = model.settings.first { account in
            let key = account.key.replacing(/\[(\d+)\]/) { ".\($0.output.1)" }
            return account.file == change.file && (key == change.key || change.key.hasPrefix(key + "."))
          }
          if case .changesNothing = account?.outcome { return true }
          return false
        }
      }
      if !change.others.isEmpty, !shows { silent.append("\(change.file.rawValue) \(change.key)") }
    }
    print("\(tiny.testDescription): \(count) settings flipped")
    #expect(
      silent.filter { !Self.shownElsewhere.contains($0) && !Self.shownElsewhere.contains("\(tiny.name): \($0)") } == [])
  }

  @Test func whatIsAcceptedMustBeRefusedOtherwise() throws {
    let options = ModelOptions(acceptedSettings: ["hidden_size"])
    #expect(throws: LoadError.nothingToAccept(key: "hidden_size", path: TinyModel.llama.folder)) {
      try LanguageModel.open(
        path: TinyModel.llama.folder, identity: ModelIdentity(name: "", sha256: ""), options: options)
    }
  }

  @Test func everyKindOfTokenizerHasItsSettingsTried() throws {
    let kinds = try ParityModel.withOwnTokenizer.compactMap { name in
      let folder = URL(fileURLWithPath: ParityModel(name: name, kind: .safetensors).path)
      let file = folder.appending(path: "tokenizer.json")
      // Some fixtures are GGUF files alone, or have a tokenizer in other files.
      guard FileManager.default.fileExists(atPath: file.path) else { return String?.none }
      let root = try EditableJSON(file).root as? [String: Any]
      return (root?["model"] as? [String: Any])?["type"] as? String
    }
    print("tokenizers whose settings are tried: \(kinds.sorted())")
    #expect(Set(kinds).isSuperset(of: ["BPE", "Unigram"]))
  }

  @Test func theListIsReadAndHasAReasonForEachKey() throws {
    for file in SettingsFile.allCases { #expect(InertSettings.list(of: file, family: "llama").count > 3) }
  }
}

/// A changed setting, and what writes a model with each other value into a folder and tells its path.
private struct SettingChange {
  var file: SettingsFile
  var key: String
  var others: [(URL) throws -> String]
}

extension ParityModel {
  /// Kinds of files of this model that have settings.
  fileprivate var settingsFiles: [SettingsFile] {
    kind == .gguf
      ? [.gguf]
      : [.config, .tokenizerConfig, .tokenizer].filter { file in
        FileManager.default.fileExists(atPath: "\(path)/\(file.rawValue)")
      }
  }

  fileprivate var ggufArchitecture: String {
    get throws { try openModelFiles(path: path).architecture }
  }

  /// Runs `body` with a copy of the model that has one more setting.
  fileprivate func withSetting(_ key: String, _ value: Int, in file: SettingsFile, _ body: (String) throws -> Void)
    throws
  {
    try withTemporaryFolder { folder in
      if file == .gguf {
        var gguf = try EditableGGUF(URL(fileURLWithPath: path))
        gguf.keys.append(
          EditableGGUF.Key(name: key, value: RawGGUF.scalar(4, UInt32(value)), type: 4, isArray: false))
        try gguf.bytes.write(to: folder.appending(path: "m.gguf"))
        try body(folder.appending(path: "m.gguf").path)
      } else {
        let json = try EditableJSON(URL(fileURLWithPath: "\(path)/\(file.rawValue)")).replacing([key], with: value)
        try body(try copy(to: folder, file, json))
      }
    }
  }

  /// A folder of copies of this model's files but one.
  private func copy(to folder: URL, _ file: SettingsFile, _ json: EditableJSON) throws -> String {
    for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != file.rawValue {
      try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: folder.appending(path: name).path)
    }
    try json.data.write(to: folder.appending(path: file.rawValue))
    return folder.path
  }

  /// Every setting with other values.
  fileprivate func changes() throws -> [SettingChange] {
    guard kind == .safetensors else {
      let file = try EditableGGUF(URL(fileURLWithPath: path))
      return file.keys.indices.filter { !file.keys[$0].name.hasPrefix("general.") }.map { index in
        SettingChange(
          file: .gguf, key: file.keys[index].name,
          others: FlippedValue.others(than: file.keys[index]).map { value in
            { folder in
              var changed = file
              changed.keys[index].value = value
              let url = folder.appending(path: "m.gguf")
              try changed.bytes.write(to: url)
              return url.path
            }
          })
      }
    }
    let files = Self.withOwnTokenizer.contains(name) ? settingsFiles : [.config]
    return try files.flatMap { file in
      let json = try EditableJSON(URL(fileURLWithPath: "\(path)/\(file.rawValue)"))
      let closed: Set<String> = ["vocab", "merges", "added_tokens"]
      return json.places(opens: { !closed.contains($0.last ?? "") }).filter { !closed.contains($0.path.last ?? "") }
        .map { place in
          SettingChange(
            file: file, key: place.path.joined(separator: "."),
            others: FlippedValue.others(than: place.value).map { value in
              { try copy(to: $0, file, json.replacing(place.path, with: value)) }
            })
        }
    }
  }

  /// The first fixtures with each tokenizer, whose settings do not have to be tried again in others.
  fileprivate static let withOwnTokenizer: Set<String> = {
    var first: [[Data?]: String] = [:]
    for name in names {
      let folder = ParityModel(name: name, kind: .safetensors).path
      let files = [SettingsFile.tokenizer, .tokenizerConfig].map {
        FileManager.default.contents(atPath: "\(folder)/\($0.rawValue)")
      }
      if first[files] == nil { first[files] = name }
    }
    return Set(first.values)
  }()

  /// What the model computes, once for each norm.
  fileprivate func numbers() throws -> [[Trace]] {
    let model = try open()
    return try Trace.Lens.Norm.allCases.map { try numbers(of: model, $0) }
  }

  /// Whether a model computes these numbers; the second norm is tried only when the first shows no difference.
  fileprivate func numbers(of model: LanguageModel, are plain: [[Trace]]) throws -> Bool {
    try zip(Trace.Lens.Norm.allCases, plain).allSatisfy { try numbers(of: model, $0) == $1 }
  }

  /// What the model computes for texts that meet every part of a tokenizer.
  private func numbers(of model: LanguageModel, _ norm: Trace.Lens.Norm) throws -> [Trace] {
    let texts = ["The keys to the cabinet, 12 3\n a  caf\u{E9} <|endoftext|> x", "abcabcabc"]
    return try trace(model, texts.map { TraceRequest(prompt: $0, method: .generate(4), columns: .all, norm: norm) })
      .map { trace in
        var trace = trace
        trace.model.name = ""
        return trace
      }
  }
}
