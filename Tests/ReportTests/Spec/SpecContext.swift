@testable import Build
@testable import Figures
@testable import Models
@testable import Spec
@testable import Words
import Foundation
import TestSupport

/// Whole specs around one key, and what becomes of specs.
enum SpecContext {
  /// The program's own words.
  static var vocabulary: SpecVocabulary {
    get throws { SpecVocabulary.current(catalog: try ModelCatalog(environment: [:])) }
  }

  /// docs/spec.schema.json as it lies there.
  static var schema: JSONSchemaCheck {
    get throws {
      let text = try page("docs/spec.schema.json")
      return JSONSchemaCheck(root: try SchemaValue(yaml: text) ?? { throw JSONSchemaCheck.Unknown(what: "file") }())
    }
  }

  /// A file of the repository.
  static func page(_ path: String) throws -> String {
    try String(contentsOf: Fixtures.repository.appending(path: path), encoding: .utf8)
  }

  /// Files of every path, by the ending: a table of one prompt, or a line of text.
  static let files = SpecFiles(
    { path, _ in
      if path.hasSuffix(".safetensors") { return .bytes(vectors) }
      let prompt =
        path.hasSuffix(".jsonl")
        ? #"{"id": "heathrow", "text": "A", "generate": 1, "watch": [" is", " are"]}"#
        : path.hasSuffix(".csv") ? "id,text,generate\nheathrow,A,1" : "A line."
      return .bytes(Data((prompt + "\n").utf8))
    }, matching: { pattern in .init(["10", "20"].map { step in pattern.replacing("*", with: step) }) })

  /// A safetensors file of the tensor `direction` of two numbers.
  static let vectors: Data = {
    let header = #"{"direction":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    return length + Data(header.utf8) + Data([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
  }()

  /// The messages of the reader, none where the spec is clean.
  static func messages(_ yaml: String, name: String = "my.yaml") throws -> [String] {
    do {
      _ = try SpecReader.read(Data(yaml.utf8), name: name, vocabulary: vocabulary, files: files)
      return []
    } catch let problems as DiagnosticList {
      return problems.diagnostics.map(\.rendered)
    }
  }

  /// A spec in which a mapping has a key with a value, beside whatever it must have.
  static func spec(_ section: SpecSection, _ key: String, _ value: String) -> String {
    func mapping(_ standard: [(String, String)], without others: [String] = []) -> String {
      let rest = standard.filter { $0.0 != key && !others.contains($0.0) }
      return "{" + (rest + [(key, value)]).map { "\($0.0): \($0.1)" }.joined(separator: ", ") + "}"
    }
    // Of keys that exclude one another, the one that is given takes the place of the usual one.
    let others = section.alternatives.first { $0.keys.contains(key) }?.keys ?? []
    switch section.name {
    case "spec": return root(key, value)
    case "authors": return root("authors", "[\(mapping([("name", "Jay")]))]")
    case "intro": return root("intro", mapping([("file", "intro.md")]))
    case "from": return root("prompts", mapping([("from", "prompts.jsonl")]))
    case "models":
      // The unit is that of checkpoints.
      let source = key == "unit" ? ("checkpoints", "./runs/step*") : ("path", "./m.gguf")
      return root("models", "{mine: \(mapping([source], without: others))}")
    case "checkpoints":
      return root(
        "models", "{mine: {checkpoints: [\(mapping([("step", "5"), ("path", "./m.gguf")], without: others))]}}")
    case "prompts":
      // Keys of conversations need one.
      let source = SpecSection.Chat.options.contains { $0.name == key } ? "chat" : "text"
      return root("prompts", "[\(mapping([("id", "heathrow"), (source, "A"), ("generate", "1")], without: others))]")
    case "chat":
      let message = mapping([("role", "user"), ("content", "A")])
      return root("prompts", "[{id: heathrow, chat: [\(message)], generate: 1}]")
    case "sample":
      return root("prompts", "[{id: heathrow, text: A, generate: 1, sample: \(mapping([]))}]")
    case "attribute":
      return root("prompts", "[{id: heathrow, text: A, generate: 1, attribute: \(mapping([]))}]")
    case "patch":
      return root("prompts", "[{id: heathrow, text: A, generate: 1, patch: \(mapping([("source", "B")]))}]")
    case "changes":
      // Each of the three forms of a change has keys of its own.
      let form =
        ["file", "tensor"].contains(key)
        ? [("file", "happy.safetensors")]
        : ["plus", "minus", "by", "from_position", "from_layer"].contains(key)
          ? [("plus", "a"), ("minus", "b")] : [("source", "B")]
      let change = mapping(form + [("layer", "1"), ("positions", "last")])
      return root("prompts", "[{id: heathrow, text: A, generate: 1, changes: \(change)}]")
    case "watch":
      let set = mapping([("tokens", "[a]")], without: others)
      return root("prompts", "[{id: heathrow, text: A, watch: [\(set)]}]")
    case "figures": return root("figures", "[\(mapping([("kind", "top-tokens")]))]")
    case "datasets":
      // Some keys of datasets need a column of foils, or of sources.
      let own: [(String, String)] =
        switch key {
        case "corpus", "passage", "words": [("corpus", "d.txt")]
        case "sentence": [("file", "d.csv")]
        case "score", "first_token": [("file", "d.csv"), ("foil", "foil")]
        case "pair": [("file", "d.csv"), ("group", "kind")]
        default: [("file", "d.csv"), ("foil", "foil"), ("source", "source")]
        }
      return root("datasets", "[\(mapping([("id", "set")] + own))]")
    case "style": return root("style", mapping(key == "strict" ? [("venue", "icml")] : []))
    default: return root(section.name, mapping([]))
    }
  }

  /// A spec with one key of its own, beside whatever it must have.
  static func root(_ key: String, _ value: String) -> String {
    let standard = [
      ("models", "{mine: ./m.gguf}"),
      ("prompts", "[{id: heathrow, text: A, generate: 1, watch: [\" is\", \" are\"]}]"), ("figures", "[top-tokens]"),
    ]
    return (standard.filter { $0.0 != key } + [(key, value)]).map { "\($0.0): \($0.1)\n" }.joined()
  }
}
