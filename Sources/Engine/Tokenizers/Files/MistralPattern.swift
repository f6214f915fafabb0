import Traces

/// `fix_mistral_regex` of tokenizer_config.json: Mistral's large vocabularies were published with a wrong pattern.
///
/// As in transformers 5.24 (`_patch_mistral_regex`), the first step of the pre-tokenizer becomes a split by the right pattern.
struct MistralPattern {
  private let isWanted: Bool
  private let path: String

  /// Smaller vocabularies are not affected.
  private static let smallest = 100_001
  private static let types = ["mistral", "mistral3", "voxtral", "ministral", "pixtral"]

  /// Reads the files; declares to the ledger when the setting has no effect.
  init(
    configuration: JSONValue?, config: (any ModelConfiguration)?, path: String, ledger: SettingsLedger
  ) throws {
    self.path = path
    let flag = try configuration?.optionalMember("fix_mistral_regex")?.requireBool() ?? false
    guard flag else {
      isWanted = false
      return
    }
    let version = try config?.string("transformers_version")?.split(separator: ".").first.flatMap { Int($0) } ?? 0
    let type = try config?.string("model_type") ?? ""
    isWanted = version < 5 && MistralPattern.types.contains(type)
    if !isWanted {
      ledger.changesNothing(
        "fix_mistral_regex", in: .tokenizerConfig, because: "the model is none of Mistral's, or its pattern is right")
    }
  }

  /// The steps with the right pattern; `part` is the pre-tokenizer that they were read from.
  ///
  /// Throws `TokenizerError.unsupportedSetting` where the pre-tokenizer is not a sequence that begins with a split.
  func mend(_ steps: inout [PreTokenizer], of part: JSONValue?, vocabulary: Int) throws {
    guard isWanted, vocabulary >= MistralPattern.smallest, let part, !part.isNull else { return }
    var first = part["pretokenizers"]?.elements
    guard !steps.isEmpty, first?.next()?["type"]?.string == "Split" else {
      throw TokenizerError.unsupportedSetting(
        path: path, component: "pre-tokenizer", setting: "fix_mistral_regex", found: "true",
        expected: "a sequence that begins with a split")
    }
    steps[0] = .split(try Pattern(FamilyPattern.tekken, path: path), .isolated, inverted: false)
  }
}
