import Traces

/// Reads the parts of a `tokenizer.json` around its model; an unsupported part is an error that names it.
///
/// The names are those of the enumerations in the Rust crate `tokenizers` 0.23.3. Every setting of a part is looked up, and
/// either followed or refused.
struct TokenizerComponents {
  /// The file, for errors.
  let path: String

  private static let knownPostProcessors = [
    "Sequence", "ByteLevel", "TemplateProcessing", "RobertaProcessing", "BertProcessing",
  ]

  /// The ids that a `post_processor` puts before and after a single text.
  func postProcessor(_ value: JSONValue?) throws -> (prefix: [Int], suffix: [Int]) {
    guard let value, !value.isNull else { return ([], []) }
    let type = try value.member("type").requireString()
    switch type {
    case "ByteLevel": return ([], [])
    case "Sequence":
      var around: (prefix: [Int], suffix: [Int]) = ([], [])
      for element in try value.member("processors").requireElements() {
        let inner = try postProcessor(element)
        guard around == ([], []) || inner == ([], []) else {
          throw TokenizerError.unsupportedSetting(
            path: path, component: "post-processor Sequence", setting: "processors",
            found: "several that put tokens around texts", expected: "one")
        }
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
        if let text = item["Sequence"] {
          guard try text.member("id").requireString() == "A", !isBehind else { throw unsupportedTemplate() }
          isBehind = true
          continue
        }
        let name = try item.member("SpecialToken").member("id").requireString()
        let ids = try value.member("special_tokens").member(name).member("ids").requireElements()
          .map { try $0.requireInteger() }
        if isBehind { around.suffix += ids } else { around.prefix += ids }
      }
      guard isBehind else { throw unsupportedTemplate() }
      return around
    default: throw unknown("post-processor", type, TokenizerComponents.knownPostProcessors)
    }
  }

  private func unsupportedTemplate() -> TokenizerError {
    .unsupportedSetting(
      path: path, component: "post-processor TemplateProcessing", setting: "single",
      found: "a template without the text, or with more than it", expected: "the text ($A) once")
  }

  /// The pattern of a step.
  enum Wanted {
    case text([UInt8])
    case expression(Pattern)
  }

  func pattern(_ value: JSONValue) throws -> Wanted {
    if let text = try value.optionalMember("String")?.requireString() {
      // An empty text matches everywhere, like an expression that matches the empty string.
      return text.isEmpty ? .expression(try Pattern("", path: path)) : .text(Array(text.utf8))
    }
    return .expression(try Pattern(value.member("Regex").requireString(), path: path))
  }

  /// A text of one character (a Unicode scalar), in UTF-8.
  func character(_ value: JSONValue) throws -> [UInt8] {
    let text = try value.requireString()
    guard text.unicodeScalars.count == 1 else { throw value.wrongKind(expected: "one character") }
    return Array(text.utf8)
  }

  func unknown(_ kind: String, _ name: String, _ known: [String]) -> TokenizerError {
    .unknownComponent(path: path, kind: kind, name: name, known: known)
  }
}
