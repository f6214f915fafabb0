import Traces

// Decoders of a tokenizer.json.

extension TokenizerComponents {
  private static let knownDecoders = [
    "Sequence", "ByteLevel", "Metaspace", "Replace", "ByteFallback", "Fuse", "Strip", "WordPiece", "BPEDecoder", "CTC",
  ]

  /// The steps that turn tokens into text.
  ///
  /// Without a decoder a token stands for its spelling, or for the bytes it spells. `tokenizers` then puts spaces between the
  /// tokens of a text, which belong to no token.
  func decoding(_ value: JSONValue?, isByteLevel: Bool) throws -> TokenDecoding {
    guard let value, !value.isNull else { return TokenDecoding(steps: [], holdsBytes: isByteLevel) }
    return TokenDecoding(steps: try decoders(value), holdsBytes: isByteLevel)
  }

  private func decoders(_ value: JSONValue) throws -> [TokenDecoding.Step] {
    let type = try value.member("type").requireString()
    switch type {
    case "Sequence": return try value.member("decoders").requireElements().flatMap { try decoders($0) }
    case "ByteLevel": return [.byteLevel]
    case "ByteFallback": return [.byteFallback]
    case "Fuse": return [.fuse]
    case "Metaspace":
      // A mark added before a text is removed from the first token only, so never from a token in the middle.
      return [.metaspace(try replacement(value))]
    case "Strip":
      return [
        .strip(
          try character(value.member("content")), start: try count(value.member("start")),
          stop: try count(value.member("stop")))
      ]
    case "Replace":
      let content = Array(try value.member("content").requireString().utf8)
      switch try pattern(value.member("pattern")) {
      case .text(let wanted): return [.replace(wanted, with: content)]
      case .expression(let pattern): return [.replaceMatches(pattern, with: content)]
      }
    case "WordPiece":
      return [
        .wordPiece(
          prefix: try bytes(value.optionalMember("prefix")) ?? Array("##".utf8),
          cleansUp: try value.optionalMember("cleanup")?.requireBool() ?? true)
      ]
    case "BPEDecoder": return [.wordEnd(try bytes(value.optionalMember("suffix")) ?? Array("</w>".utf8))]
    case "CTC":
      return [
        .ctc(
          padding: try bytes(value.optionalMember("pad_token")) ?? Array("<pad>".utf8),
          delimiter: try bytes(value.optionalMember("word_delimiter_token")) ?? Array("|".utf8),
          cleansUp: try value.optionalMember("cleanup")?.requireBool() ?? true)
      ]
    default: throw unknown("decoder", type, TokenizerComponents.knownDecoders)
    }
  }

  private func bytes(_ value: JSONValue?) throws -> [UInt8]? { try value.map { Array(try $0.requireString().utf8) } }

  private func count(_ value: JSONValue) throws -> Int {
    let count = try value.requireInteger()
    guard count >= 0 else { throw value.wrongKind(expected: "a number from 0") }
    return count
  }
}
