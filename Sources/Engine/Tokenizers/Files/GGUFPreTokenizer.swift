/// Rules for cutting byte-level text before merging, by their names in `tokenizer.ggml.pre` of GGUF files.
///
/// The names, and which of them are equivalent, follow llama.cpp's `src/llama-vocab.cpp`; their meaning follows the
/// `tokenizer.json` of the families (from transformers 5 and published copies), with which the models were trained. Comments
/// here mark where llama.cpp differs. If a family's own file was not available, the rules follow llama.cpp, with a note.
struct GGUFPreTokenizer: Sendable {
  /// One step.
  indirect enum Step: Sendable {
    /// Every match of a pattern is a piece.
    case pattern(String)
    /// Numeric characters are separate pieces, each alone or in runs.
    case digits(individual: Bool)
    /// Runs of punctuation are separate pieces.
    case punctuation
    /// Steps on the characters that stand for bytes, because they follow byte level.
    case overByteAlphabet([Step])
  }

  /// Values of the key with this meaning.
  let names: [String]
  /// The steps, the first first.
  let steps: [Step]
  /// Whether the text is first normalized to form C.
  ///
  /// A GGUF file does not state it, and llama.cpp never does it.
  var isComposed = false
  /// Whether a piece that is a whole token becomes this token without merges (`ignore_merges`).
  var takesWholePieces = false
  /// Whether texts start with BOS by default (`tokenizer.ggml.add_bos_token`).
  var addsBOS = false
  /// Whether the meaning is known from llama.cpp alone.
  var isOfLlamaCpp = false

  /// The known ones.
  ///
  /// Another cut would silently give other tokens, so an unknown name is an error.
  static let all = ofFamilies + ofLlamaCpp

  private static let ofFamilies: [GGUFPreTokenizer] = [
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
    // llama.cpp distinguishes capitals from small letters in ASCII only; this follows the original, which always does.
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

  /// Names of llama.cpp for which the families' own files were not available; for some it quotes the original pattern.
  private static let ofLlamaCpp: [GGUFPreTokenizer] = [
    GGUFPreTokenizer(
      names: ["exaone4", "trillion", "granite-docling", "gigachat", "a.x-4.0", "mellum"],
      steps: [.pattern(FamilyPattern.gpt2)], isOfLlamaCpp: true),
    GGUFPreTokenizer(
      names: ["minerva-7b"], steps: [.digits(individual: true), .pattern(FamilyPattern.gpt2)], isOfLlamaCpp: true),
    GGUFPreTokenizer(names: ["glm4", "chatglm-bpe"], steps: [.pattern(FamilyPattern.llama3)], isOfLlamaCpp: true),
    GGUFPreTokenizer(names: ["hunyuan", "grok-2"], steps: [.pattern(FamilyPattern.qwen2)], isOfLlamaCpp: true),
    GGUFPreTokenizer(
      names: ["bailingmoe", "bailingmoe2", "llada-moe"], steps: [.pattern(FamilyPattern.bailing)], isOfLlamaCpp: true),
    GGUFPreTokenizer(names: ["seed-coder"], steps: [.pattern(FamilyPattern.seedCoder)], isOfLlamaCpp: true),
    GGUFPreTokenizer(
      names: ["hunyuan-dense"],
      steps: [.pattern(#"\p{N}{1,3}"#), .pattern(FamilyPattern.hanAndKana), .pattern(FamilyPattern.deepSeek3)],
      isOfLlamaCpp: true),
    GGUFPreTokenizer(
      names: ["deepseek-llm"],
      steps: [
        .pattern(#"[\r\n]"#), .pattern(FamilyPattern.deepSeekWord), .pattern(#"\s?[!-/:-~！-／：-～‘-‟　-。]+"#),
        .pattern(#"\s+$"#), .pattern(FamilyPattern.eastAsian), .pattern(#"\p{N}+"#),
      ], isOfLlamaCpp: true),
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
  /// The nested class, and the bracket and the bar in it, are in the original.
  static let bloom = #" ?[^(\s|[.,!?…。，、।۔،])]+"#
  /// A possessive quantifier gives nothing back; one line break at a time stands apart.
  static let bailing =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
  static let seedCoder =
    contraction + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|"# + spaces
  /// Letters with capital and small forms, as ranges of code points.
  static let deepSeekWord =
    #"\s?["#
    + #"\x{41}-\x{5A}\x{61}-\x{7A}\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}"#
    + #"\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}"#
    + #"\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}"#
    + #"\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}"#
    + #"\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}"#
    + #"\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}"#
    + #"\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}"#
    + #"\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}"#
    + #"\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}"#
    + #"\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}"#
    + #"\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}"#
    + #"\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}"#
    + #"\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}"#
    + "]+"
  static let eastAsian = "[一-龥ࠀ-一가-퟿]+"
  static let hanAndKana = "[一-龥぀-ゟ゠-ヿ]+"
  static let deepSeek3 =
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
    + #"| ?[\p{P}\p{S}]+[\r\n]*|"# + spaces
}
