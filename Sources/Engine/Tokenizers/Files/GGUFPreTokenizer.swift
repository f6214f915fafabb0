/// How byte-level text is cut before merging, by the names GGUF files have for it in `tokenizer.ggml.pre`.
///
/// The names, and which of them mean the same, are those of llama.cpp's `src/llama-vocab.cpp`; what they mean is taken from the
/// `tokenizer.json` of the families (as transformers 5 and published copies have it), because that is what the models were
/// trained with. llama.cpp differs from it in places, each of which is noted here.
struct GGUFPreTokenizer: Sendable {
  /// One step.
  indirect enum Step: Sendable {
    /// Every match of a pattern is a piece.
    case pattern(String)
    /// Numeric characters stand apart, each or in runs.
    case digits(individual: Bool)
    /// Runs of punctuation stand apart.
    case punctuation
    /// Steps that see the characters standing for bytes, because they come behind byte level.
    case overByteAlphabet([Step])
  }

  /// Values of the key that mean this.
  let names: [String]
  /// The steps, the first first.
  let steps: [Step]
  /// Whether the text is put into normalization form C first.
  ///
  /// A GGUF file does not say so, and llama.cpp never does it.
  var isComposed = false
  /// Whether a piece that is a token as a whole is taken as such, whatever the merges give (`ignore_merges`).
  var takesWholePieces = false
  /// Whether texts start with BOS when the file does not say (`tokenizer.ggml.add_bos_token`).
  var addsBOS = false

  /// The known ones.
  ///
  /// A vocabulary cut in another way gives other tokens without a word, so an unknown name is an error.
  static let all: [GGUFPreTokenizer] = [
    // GPT-2, GPT-Neo, GPT-J, Phi 1 to 2 (CodeGen's). `default` is what transformers and older files call GPT-2's.
    GGUFPreTokenizer(names: ["gpt-2", "default", "phi-2", "jais"], steps: [.pattern(FamilyPattern.gpt2)]),
    // The tokenizer of GPT-NeoX, which MPT and OLMo took over.
    GGUFPreTokenizer(names: ["mpt", "olmo"], steps: [.pattern(FamilyPattern.gpt2)], isComposed: true),
    // StarCoder, and Granite as `refact`.
    GGUFPreTokenizer(
      names: ["smollm", "starcoder", "refact", "codeshell", "exaone"],
      steps: [.digits(individual: true), .pattern(FamilyPattern.gpt2)]),
    GGUFPreTokenizer(
      names: ["command-r"], steps: [.digits(individual: true), .pattern(FamilyPattern.gpt2)], isComposed: true),
    // Llama 3, SmolLM3, and vocabularies made in its way.
    GGUFPreTokenizer(
      names: [
        "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
      ],
      steps: [.pattern(FamilyPattern.llama3)], takesWholePieces: true, addsBOS: true),
    // cl100k: also OLMo 2.
    GGUFPreTokenizer(names: ["dbrx", "smaug-bpe"], steps: [.pattern(FamilyPattern.llama3)]),
    // StableLM 2 composes too, as its own tokenizer (Arcade100k) does.
    GGUFPreTokenizer(
      names: ["qwen2", "deepseek-r1-qwen", "kormo", "megrez", "stablelm2"], steps: [.pattern(FamilyPattern.qwen2)],
      isComposed: true),
    GGUFPreTokenizer(names: ["qwen35"], steps: [.pattern(FamilyPattern.qwen35)], isComposed: true),
    // llama.cpp tells capitals from small letters in ASCII only; here as in the original everywhere.
    GGUFPreTokenizer(
      names: ["tekken"], steps: [.pattern(FamilyPattern.tekken)], takesWholePieces: true, addsBOS: true),
    GGUFPreTokenizer(
      names: ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], steps: [.pattern(FamilyPattern.gpt4o)]),
    // llama.cpp cuts the text, not the characters that stand for its bytes.
    GGUFPreTokenizer(
      names: ["falcon"],
      steps: [
        .punctuation, .pattern(FamilyPattern.gpt2),
        .overByteAlphabet([.digits(individual: false), .pattern("[0-9][0-9][0-9]")]),
      ]),
    GGUFPreTokenizer(names: ["bloom", "gpt3-finnish", "poro-chat"], steps: [.pattern(FamilyPattern.bloom)]),
    GGUFPreTokenizer(names: ["viking"], steps: [.pattern(FamilyPattern.bloom), .digits(individual: true)]),
    GGUFPreTokenizer(
      names: ["deepseek-coder"],
      steps: [
        .pattern(#"[\r\n]"#), .pattern(#"\s?\p{L}+"#), .pattern(#"\s?\p{P}+"#), .pattern(FamilyPattern.eastAsian),
        .digits(individual: true),
      ]),
    GGUFPreTokenizer(
      names: ["deepseek-v3"],
      steps: [
        .pattern(#"\p{N}{1,3}"#), .pattern(FamilyPattern.hanAndKana), .pattern(FamilyPattern.deepSeek3),
      ]),
  ]

  /// The steps with their patterns compiled; `path` is for errors.
  ///
  /// Throws `TokenizerError.badPattern`.
  func preTokenizers(path: String) throws(TokenizerError) -> [PreTokenizer] {
    try GGUFPreTokenizer.compiled(steps, path: path)
  }

  private static func compiled(_ steps: [Step], path: String) throws(TokenizerError) -> [PreTokenizer] {
    var compiledSteps: [PreTokenizer] = []
    for step in steps {
      switch step {
      case .pattern(let source):
        compiledSteps.append(.split(try Pattern(source, path: path), .isolated, inverted: false))
      case .digits(let individual): compiledSteps.append(.digits(individual: individual))
      case .punctuation: compiledSteps.append(.punctuation(.contiguous))
      case .overByteAlphabet(let inner): compiledSteps.append(.overByteAlphabet(try compiled(inner, path: path)))
      }
    }
    return compiledSteps
  }
}

/// The patterns of families, as their `tokenizer.json` has them.
enum FamilyPattern {
  static let gpt2 = PreTokenizer.gpt2Pattern
  private static let contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let llama3 =
    contraction + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + spaces
  static let qwen2 = contraction + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + spaces
  /// Marks belong to letters.
  static let qwen35 =
    contraction + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"# + spaces
  private static let capitals = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
  private static let smallLetters = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
  private static let mark = #"[^\r\n\p{L}\p{N}]?"#
  private static let word = mark + capitals + "*" + smallLetters + "+"
  private static let capitalWord = mark + capitals + "+" + smallLetters + "*"
  static let tekken = word + "|" + capitalWord + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
  static let gpt4o =
    word + contraction + "?|" + capitalWord + contraction + #"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
  /// The class in the class is the original's, and so are the bracket and the bar in it.
  static let bloom = #" ?[^(\s|[.,!?…。，、।۔،])]+"#
  static let eastAsian = "[一-龥ࠀ-一가-퟿]+"
  static let hanAndKana = "[一-龥぀-ゟ゠-ヿ]+"
  static let deepSeek3 =
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
    + #"| ?[\p{P}\p{S}]+[\r\n]*|"# + spaces
}
