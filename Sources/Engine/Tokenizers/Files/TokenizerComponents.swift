import Foundation
import Traces

/// Reads the parts of a `tokenizer.json` around its model; a part that is not implemented is an error that names it.
struct TokenizerComponents {
  /// The file, for errors.
  let path: String

  private static let knownNormalizers =
    [
      "Sequence", "Replace", "Prepend", "Lowercase", "StripAccents", "Strip", "BertNormalizer", "ByteLevel", "Nmt",
      "Precompiled",
    ]
    + Normalizer.UnicodeForm.allCases.map(\.rawValue)
  private static let knownPreTokenizers = [
    "Sequence", "ByteLevel", "Digits", "Split", "Metaspace", "Punctuation", "Whitespace", "WhitespaceSplit",
    "CharDelimiterSplit", "BertPreTokenizer", "UnicodeScripts", "FixedLength",
  ]
  private static let knownPostProcessors = [
    "Sequence", "ByteLevel", "TemplateProcessing", "RobertaProcessing", "BertProcessing",
  ]
  private static let knownDecoders = [
    "Sequence", "ByteLevel", "Metaspace", "Replace '▁' by ' '", "ByteFallback", "Fuse", "Strip", "BPEDecoder",
    "WordPiece",
  ]

  /// The steps of a `normalizer`, and whether it ends with turning bytes into characters.
  func normalizers(_ value: JSONValue?) throws -> (steps: [Normalizer], isByteLevel: Bool) {
    guard let value, !value.isNull else { return ([], false) }
    switch try value.member("type").requireString() {
    case "ByteLevel": return ([], true)
    case "Sequence":
      var steps: [Normalizer] = []
      var isByteLevel = false
      for element in try value.member("normalizers").requireElements() {
        let inner = try normalizers(element)
        if isByteLevel {
          throw TokenizerError.unsupportedSetting(
            path: path, component: "normalizer ByteLevel", setting: "steps", found: "after it",
            expected: "none after it")
        }
        steps += inner.steps
        isByteLevel = inner.isByteLevel
      }
      return (steps, isByteLevel)
    default: return (try normalizer(value), false)
    }
  }

  private func normalizer(_ value: JSONValue) throws -> [Normalizer] {
    let type = try value.member("type").requireString()
    if let form = Normalizer.UnicodeForm(rawValue: type) { return [.form(form)] }
    switch type {
    case "Lowercase": return [.lowercase]
    case "StripAccents": return [.stripAccents]
    case "Strip":
      return [
        .strip(
          left: try value.optionalMember("strip_left")?.requireBool() ?? true,
          right: try value.optionalMember("strip_right")?.requireBool() ?? true)
      ]
    case "Nmt": return [.nmt]
    case "BertNormalizer":
      func flag(_ key: String) throws -> Bool? { try value.optionalMember(key)?.requireBool() }
      let lowercases = try flag("lowercase") ?? true
      return [
        .bert(
          BertCleaning(
            cleansText: try flag("clean_text") ?? true, separatesChinese: try flag("handle_chinese_chars") ?? true,
            // Said by nobody, small letters lose their accents.
            stripsAccents: try flag("strip_accents") ?? lowercases, lowercases: lowercases))
      ]
    case "Precompiled":
      guard let text = try value.optionalMember("precompiled_charsmap")?.requireString(), !text.isEmpty else {
        return []
      }
      guard let bytes = Data(base64Encoded: text) else {
        throw try value.member("precompiled_charsmap").wrongKind(expected: "a map of characters in base64")
      }
      return [.precompiled(try CharacterMap(Array(bytes), path: path))]
    case "Prepend": return [.prepend(Array(try value.member("prepend").requireString().utf8))]
    case "Replace":
      let content = Array(try value.member("content").requireString().utf8)
      switch try pattern(value.member("pattern")) {
      case .text(let wanted): return [.replace(wanted, with: content)]
      case .expression(let pattern): return [.replaceMatches(pattern, with: content)]
      }
    default: throw unknown("normalizer", type, TokenizerComponents.knownNormalizers)
    }
  }

  /// The steps of a `pre_tokenizer`, and whether it ends with turning bytes into characters.
  func preTokenizers(_ value: JSONValue?) throws -> (steps: [PreTokenizer], isByteLevel: Bool) {
    guard let value, !value.isNull else { return ([], false) }
    let type = try value.member("type").requireString()
    switch type {
    case "Sequence":
      var steps: [PreTokenizer] = []
      var behind: [PreTokenizer] = []
      var isByteLevel = false
      for element in try value.member("pretokenizers").requireElements() {
        let inner = try preTokenizers(element)
        if isByteLevel {
          if inner.isByteLevel || inner.steps.contains(where: \.rewrites) {
            throw TokenizerError.unsupportedSetting(
              path: path, component: "pre-tokenizer ByteLevel", setting: "steps that change text", found: "after it",
              expected: "none after it")
          }
          behind += inner.steps
        } else {
          steps += inner.steps
          isByteLevel = inner.isByteLevel
        }
      }
      return (behind.isEmpty ? steps : steps + [.overByteAlphabet(behind)], isByteLevel)
    case "ByteLevel":
      var steps: [PreTokenizer] = []
      if try value.optionalMember("add_prefix_space")?.requireBool() ?? true { steps.append(.prefixSpace) }
      if try value.optionalMember("use_regex")?.requireBool() ?? true {
        steps.append(.split(try Pattern(PreTokenizer.gpt2Pattern, path: path), .isolated, inverted: false))
      }
      return (steps, true)
    case "BertPreTokenizer": return ([.whitespace, .punctuation(.isolated)], false)
    case "UnicodeScripts": return ([.scripts], false)
    case "FixedLength":
      let length = try value.optionalMember("length")?.requireInteger() ?? 5
      guard length > 0 else { throw try value.member("length").wrongKind(expected: "a length from 1") }
      return ([.length(length)], false)
    case "Digits":
      return ([.digits(individual: try value.optionalMember("individual_digits")?.requireBool() ?? false)], false)
    case "Punctuation":
      return ([.punctuation(try behavior(value.optionalMember("behavior")) ?? .isolated)], false)
    case "Whitespace": return ([.words], false)
    case "WhitespaceSplit": return ([.whitespace], false)
    case "CharDelimiterSplit":
      return ([.splitText(Array(try value.member("delimiter").requireString().utf8), .removed, inverted: false)], false)
    case "Split":
      let inverted = try value.optionalMember("invert")?.requireBool() ?? false
      guard let behavior = try behavior(value.member("behavior")) else { return ([], false) }
      switch try pattern(value.member("pattern")) {
      case .text(let wanted): return ([.splitText(wanted, behavior, inverted: inverted)], false)
      case .expression(let pattern): return ([.split(pattern, behavior, inverted: inverted)], false)
      }
    case "Metaspace":
      let replacement = try value.optionalMember("replacement")?.requireString() ?? "▁"
      // Older files say add_prefix_space.
      let isPrefixed = try value.optionalMember("add_prefix_space")?.requireBool() ?? true
      let name = try value.optionalMember("prepend_scheme")?.requireString() ?? (isPrefixed ? "always" : "never")
      guard let scheme = PreTokenizer.MetaspaceScheme(rawValue: name) else {
        throw unknown("prepend scheme", name, PreTokenizer.MetaspaceScheme.allCases.map(\.rawValue))
      }
      let split = try value.optionalMember("split")?.requireBool() ?? true
      return ([.metaspace(replacement: Array(replacement.utf8), scheme, split: split)], false)
    default:
      throw unknown("pre-tokenizer", type, TokenizerComponents.knownPreTokenizers)
    }
  }

  private func behavior(_ value: JSONValue?) throws -> SplitBehavior? {
    guard let name = try value?.requireString() else { return nil }
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw unknown("split behavior", name, SplitBehavior.allCases.map(\.rawValue))
    }
    return behavior
  }

  /// How tokens become text again.
  ///
  /// Throws when the `decoder` does not fit the pre-tokenizer.
  func decoding(_ value: JSONValue?, isByteLevel: Bool) throws -> TextTokenizer.Decoding {
    var names: [String] = []
    if let value, !value.isNull { try collectDecoders(value, into: &names) }
    if isByteLevel != names.contains("ByteLevel"), isByteLevel || !names.isEmpty, names != [] {
      throw TokenizerError.unsupportedSetting(
        path: path, component: "decoder", setting: "steps", found: names.joined(separator: ", "),
        expected: isByteLevel ? "ByteLevel, as the pre-tokenizer" : "no ByteLevel, as the pre-tokenizer")
    }
    if names.contains("WordPiece") || names.contains("BPEDecoder") { return try wordDecoding(value, names) }
    let isSentencePiece = names.contains { ["Metaspace", "Replace", "ByteFallback"].contains($0) }
    return isSentencePiece ? .sentencePiece : .bytes
  }

  /// A decoder of words, which stands alone.
  private func wordDecoding(_ value: JSONValue?, _ names: [String]) throws -> TextTokenizer.Decoding {
    guard let value, names.count == 1, value["decoders"] == nil else {
      throw TokenizerError.unsupportedSetting(
        path: path, component: "decoder", setting: "steps", found: names.joined(separator: ", "), expected: "one alone")
    }
    if names == ["BPEDecoder"] {
      return .wordEnds(mark: Array((try value.optionalMember("suffix")?.requireString() ?? "</w>").utf8))
    }
    return .wordPieces(
      mark: Array((try value.optionalMember("prefix")?.requireString() ?? "##").utf8),
      cleansUp: try value.optionalMember("cleanup")?.requireBool() ?? true)
  }

  private func collectDecoders(_ value: JSONValue, into names: inout [String]) throws {
    let type = try value.member("type").requireString()
    switch type {
    case "Sequence":
      for element in try value.member("decoders").requireElements() { try collectDecoders(element, into: &names) }
    case "ByteLevel", "Metaspace", "ByteFallback", "Fuse", "Strip", "WordPiece", "BPEDecoder":
      // Strip takes off the space in front of a whole text, which no token in the middle of one has.
      names.append(type)
    case "Replace":
      guard case .text(SentencePieceSpelling.space) = try pattern(value.member("pattern")),
        try value.member("content").requireString() == " "
      else { throw unknown("decoder", "Replace", TokenizerComponents.knownDecoders) }
      names.append(type)
    default: throw unknown("decoder", type, TokenizerComponents.knownDecoders)
    }
  }

  /// The ids a `post_processor` puts before and behind a single text.
  func postProcessor(_ value: JSONValue?) throws -> (prefix: [Int], suffix: [Int]) {
    guard let value, !value.isNull else { return ([], []) }
    let type = try value.member("type").requireString()
    switch type {
    case "ByteLevel": return ([], [])
    case "Sequence":
      var around: (prefix: [Int], suffix: [Int]) = ([], [])
      for element in try value.member("processors").requireElements() {
        let inner = try postProcessor(element)
        around = (inner.prefix + around.prefix, around.suffix + inner.suffix)
      }
      return around
    case "RobertaProcessing", "BertProcessing":
      func id(_ role: String) throws -> Int {
        // A token and its id.
        guard let id = Array(try value.member(role).requireElements()).last else {
          throw try value.member(role).wrongKind(expected: "a token and its id")
        }
        return try id.requireInteger()
      }
      return ([try id("cls")], [try id("sep")])
    case "TemplateProcessing":
      var around: (prefix: [Int], suffix: [Int]) = ([], [])
      var isBehind = false
      for item in try value.member("single").requireElements() {
        if item["Sequence"] != nil {
          isBehind = true
          continue
        }
        let name = try item.member("SpecialToken").member("id").requireString()
        let ids = try value.member("special_tokens").member(name).member("ids").requireElements()
          .map { try $0.requireInteger() }
        if isBehind { around.suffix += ids } else { around.prefix += ids }
      }
      return around
    default: throw unknown("post-processor", type, TokenizerComponents.knownPostProcessors)
    }
  }

  private enum Wanted {
    case text([UInt8])
    case expression(Pattern)
  }

  private func pattern(_ value: JSONValue) throws -> Wanted {
    if let text = try value.optionalMember("String")?.requireString() { return .text(Array(text.utf8)) }
    return .expression(try Pattern(value.member("Regex").requireString(), path: path))
  }

  private func unknown(_ kind: String, _ name: String, _ known: [String]) -> TokenizerError {
    .unknownComponent(path: path, kind: kind, name: name, known: known)
  }
}
