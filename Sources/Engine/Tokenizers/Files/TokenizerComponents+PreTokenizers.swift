import Traces

// Pre-tokenizers of a tokenizer.json.

extension TokenizerComponents {
  private static let knownPreTokenizers = [
    "Sequence", "ByteLevel", "Digits", "Split", "Metaspace", "Punctuation", "Whitespace", "WhitespaceSplit",
    "CharDelimiterSplit", "BertPreTokenizer", "UnicodeScripts", "FixedLength",
  ]

  /// The steps of a `pre_tokenizer`, and whether byte-pair encoding of the bytes follows them.
  ///
  /// Byte level turns bytes into characters, in which the model's tokens are spelled. If no later step changes the text, this
  /// step is left out: a vocabulary held as bytes gives the same ids faster.
  func preTokenizers(_ value: JSONValue?) throws -> (steps: [PreTokenizer], isByteLevel: Bool) {
    let steps = try literalPreTokenizers(value)
    guard let last = steps.lastIndex(where: \.isByteAlphabet), !steps[(last + 1)...].contains(where: \.rewrites) else {
      return (steps, false)
    }
    let behind = Array(steps[(last + 1)...])
    return (Array(steps[..<last]) + (behind.isEmpty ? [] : [.overByteAlphabet(behind)]), true)
  }

  /// The same for a model; byte level is left out only if its vocabulary can be held as bytes.
  func preTokenizers(_ value: JSONValue?, for model: TokenizerModel) throws -> (
    steps: [PreTokenizer], isByteLevel: Bool
  ) {
    try model.canHoldBytes() ? preTokenizers(value) : (literalPreTokenizers(value), false)
  }

  /// The steps as written in the file.
  private func literalPreTokenizers(_ value: JSONValue?) throws -> [PreTokenizer] {
    guard let value, !value.isNull else { return [] }
    let type = try value.member("type").requireString()
    switch type {
    case "Sequence":
      return try value.member("pretokenizers").requireElements().flatMap { try literalPreTokenizers($0) }
    case "ByteLevel":
      var steps: [PreTokenizer] = []
      if try value.optionalMember("add_prefix_space")?.requireBool() ?? true { steps.append(.prefixSpace) }
      if try value.optionalMember("use_regex")?.requireBool() ?? true {
        steps.append(.split(try Pattern(PreTokenizer.gpt2Pattern, path: path), .isolated, inverted: false))
      }
      return steps + [.byteAlphabet]
    case "Digits":
      return [.digits(individual: try value.optionalMember("individual_digits")?.requireBool() ?? false)]
    case "Punctuation": return [.punctuation(try value.optionalMember("behavior").map(behavior) ?? .isolated)]
    case "Whitespace": return [.words]
    case "WhitespaceSplit": return [.whitespace]
    case "BertPreTokenizer": return [.bert]
    case "UnicodeScripts": return [.scripts]
    case "FixedLength":
      let length = try value.optionalMember("length")
      let count = try length?.requireInteger() ?? 5
      if let length, count < 1 { throw length.wrongKind(expected: "a length of one character or more") }
      return [.fixedLength(count)]
    case "CharDelimiterSplit":
      return [.splitText(try character(value.member("delimiter")), .removed, inverted: false)]
    case "Split":
      let inverted = try value.optionalMember("invert")?.requireBool() ?? false
      let behavior = try behavior(value.member("behavior"))
      switch try pattern(value.member("pattern")) {
      case .text(let wanted): return [.splitText(wanted, behavior, inverted: inverted)]
      case .expression(let pattern): return [.split(pattern, behavior, inverted: inverted)]
      }
    case "Metaspace": return [try metaspace(value)]
    default: throw unknown("pre-tokenizer", type, TokenizerComponents.knownPreTokenizers)
    }
  }

  private func metaspace(_ value: JSONValue) throws -> PreTokenizer {
    let replacement = try replacement(value)
    // Older files have add_prefix_space, and the replacement as a string.
    let isPrefixed = try value.optionalMember("add_prefix_space")?.requireBool()
    _ = try value.optionalMember("str_rep")?.requireString()
    let name = try value.optionalMember("prepend_scheme")?.requireString()
    let scheme = PreTokenizer.MetaspaceScheme(rawValue: name ?? (isPrefixed == false ? "never" : "always"))
    guard let scheme else {
      throw unknown("prepend scheme", name ?? "", PreTokenizer.MetaspaceScheme.allCases.map(\.rawValue))
    }
    if isPrefixed == false, scheme != .never {
      throw TokenizerError.damaged(
        path: path, expected: "a Metaspace whose add_prefix_space and prepend_scheme agree",
        found: "false and '\(scheme.rawValue)'")
    }
    let split = try value.optionalMember("split")?.requireBool() ?? true
    return .metaspace(replacement: replacement, scheme, split: split)
  }

  /// The mark of a Metaspace.
  func replacement(_ value: JSONValue) throws -> [UInt8] {
    try value.optionalMember("replacement").map(character) ?? SentencePieceSpelling.space
  }

  private func behavior(_ value: JSONValue) throws -> SplitBehavior {
    let name = try value.requireString()
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw unknown("split behavior", name, SplitBehavior.allCases.map(\.rawValue))
    }
    return behavior
  }
}
