/// How byte-level text is cut before merging, by the names GGUF files have for it in `tokenizer.ggml.pre`.
struct GGUFPreTokenizer: Sendable {
  /// Values of the key that mean this.
  let names: [String]
  /// The steps; the path is for errors.
  let steps: @Sendable (_ path: String) throws(TokenizerError) -> [PreTokenizer]

  /// The known ones.
  ///
  /// A vocabulary cut in another way gives other tokens without a word, so an unknown name is an error.
  static let all: [GGUFPreTokenizer] = [
    GGUFPreTokenizer(names: ["gpt-2", "default"]) { path throws(TokenizerError) in
      [.split(try Pattern(PreTokenizer.gpt2Pattern, path: path), .isolated, inverted: false)]
    },
    GGUFPreTokenizer(names: ["smollm"]) { path throws(TokenizerError) in
      [
        .digits(individual: true),
        .split(try Pattern(PreTokenizer.gpt2Pattern, path: path), .isolated, inverted: false),
      ]
    },
  ]
}
