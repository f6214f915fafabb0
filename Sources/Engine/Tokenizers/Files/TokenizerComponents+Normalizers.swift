import Traces
import Foundation

// Normalizers of a tokenizer.json.

extension TokenizerComponents {
  private static let knownNormalizers =
    ["Sequence", "Replace", "Prepend", "Lowercase", "StripAccents", "Strip"]
    + Normalizer.UnicodeForm.allCases.map(\.rawValue) + ["BertNormalizer", "Nmt", "Precompiled", "ByteLevel"]

  /// The steps of a `normalizer`.
  func normalizers(_ value: JSONValue?) throws -> [Normalizer] {
    guard let value, !value.isNull else { return [] }
    let type = try value.member("type").requireString()
    if let form = Normalizer.UnicodeForm(rawValue: type) { return [.form(form)] }
    switch type {
    case "Sequence": return try value.member("normalizers").requireElements().flatMap { try normalizers($0) }
    case "Lowercase": return [.lowercase]
    case "StripAccents": return [.stripAccents]
    case "Strip":
      return [
        .strip(
          left: try value.optionalMember("strip_left")?.requireBool() ?? true,
          right: try value.optionalMember("strip_right")?.requireBool() ?? true)
      ]
    case "Prepend": return [.prepend(Array(try value.member("prepend").requireString().utf8))]
    case "Replace":
      let content = Array(try value.member("content").requireString().utf8)
      switch try pattern(value.member("pattern")) {
      case .text(let wanted): return [.replace(wanted, with: content)]
      case .expression(let pattern): return [.replaceMatches(pattern, with: content)]
      }
    // The crate accepts both names for BERT's.
    case "BertNormalizer", "Bert": return [.bert(try bertCleanup(value))]
    case "Nmt": return [.nmt]
    case "ByteLevel": return [.byteAlphabet]
    case "Precompiled":
      let text = try value.member("precompiled_charsmap")
      guard let map = Data(base64Encoded: try text.requireString()) else {
        throw text.wrongKind(expected: "a map of characters in base64")
      }
      return [.precompiled(try PrecompiledCharacterMap(map, path: path))]
    default: throw unknown("normalizer", type, TokenizerComponents.knownNormalizers)
    }
  }

  private func bertCleanup(_ value: JSONValue) throws -> BertCleanup {
    let lowercases = try value.member("lowercase").requireBool()
    return BertCleanup(
      cleansText: try value.member("clean_text").requireBool(),
      spacesChinese: try value.member("handle_chinese_chars").requireBool(),
      // The default equals the setting of lower case.
      stripsAccents: try value.optionalMember("strip_accents")?.requireBool() ?? lowercases, lowercases: lowercases)
  }
}
