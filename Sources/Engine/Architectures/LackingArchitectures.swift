extension Architecture {
  /// Families that are known and not run, by `model_type` or name in GGUF, and what their description would need.
  static let lacking: KeyValuePairs<String, String> = [
    "deepseek32": "its attention chooses positions by a second, smaller attention, which is followed in folders alone",
    "deepseek4":
      "its blocks pass on several streams of states (hyper-connections), which are followed in folders alone",
    "hy-v4": "its blocks pass on several streams of states (hyper-connections), which are followed in folders alone",
  ]

  /// Names in GGUF whose files lack something that a folder of the same model has.
  static let lackingInGGUF: KeyValuePairs<String, String> = [
    "bert": "its GGUF file has no head for masked tokens: open the folder of the BertForMaskedLM that it was made from",
    "t5encoder": "it is an encoder alone, which predicts no words: open the folder of the whole T5",
  ]

  /// Why a family of this name is not run; nil if nothing is known of it.
  static func lack(of name: String, in kind: ModelFileKind) -> String? {
    let own = kind == .gguf ? lackingInGGUF.first { $0.key == name }?.value : nil
    return own ?? lacking.first { $0.key == name }?.value
  }
}
