@testable import Build
@testable import Figures
@testable import Models
@testable import Spec
@testable import Words
import Foundation
import TestSupport
import Testing

/// docs/spec.schema.json: what the program says, and what it accepts and refuses.
@Suite struct SpecSchemaTests {
  private func fault(_ yaml: String) throws -> String? {
    try SpecContext.schema.fault(of: #require(SchemaValue(yaml: yaml)))
  }

  @Test func theSchemaOfTheDocumentationIsTheProgramsOwn() throws {
    let text = try SpecSchema.text(SpecContext.vocabulary)
    #expect(try SpecContext.page("docs/spec.schema.json") == text, "python3 Tools/spec_pages.py writes it again")
    #expect(SpecSchema.isOurs(text))
    #expect(!SpecSchema.isOurs("{\"title\": \"another\"}"))
    // Written as JSON, and by the order of the table.
    let parsed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(parsed["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    #expect(try SpecContext.schema.root["properties"]?.names == SpecSection.root.names)
    for section in SpecSection.all where section.name != "spec" {
      #expect(try SpecContext.schema.root["$defs"]?[section.name]?["properties"]?.names == section.names)
    }
  }

  @Test func everyKindIsThereWithItsOptions() throws {
    let schema = try SpecContext.schema
    for kind in FigureKind.all {
      let definition = try #require(schema.root["$defs"]?["figure-\(kind.name)"])
      #expect(
        definition["properties"]?.names == SpecSection.figure.names.filter { $0 != "layers" || kind.schema.showsLayers }
          + kind.options.map(\.name))
      for option in kind.options {
        #expect(definition["properties"]?[option.name]?["description"] == .text(option.doc.replacing("`", with: "")))
      }
    }
  }

  @Test func everyExampleAndTheStarterSpecAreAccepted() throws {
    let folder = Fixtures.repository.appending(path: "examples")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(names.count >= 3)
    for name in names {
      let fault = try fault(SpecContext.page("examples/\(name)"))
      #expect(fault == nil, "\(name): \(fault ?? "")")
    }
    #expect(try fault(StarterSpec.text) == nil)
  }

  @Test func whatIsCommentedOutOfTheStarterSpecIsCleanToo() throws {
    let lines = StarterSpec.text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      // A line such as `# style: {...}` or `  # GPT-2: gpt2`, no sentence and no mark of editors.
      guard let found = line.wholeMatch(of: /( *)# ([\w-]+: [^:].*)/), !line.contains("yaml-language-server") else {
        return String(line)
      }
      return String(found.1 + found.2)
    }
    let whole = lines.joined(separator: "\n")
    for key in ["style:", "output:", "traces:", "  GPT-2:"] { #expect(lines.contains { $0.hasPrefix(key) }) }
    #expect(try SpecContext.messages(whole) == [])
    #expect(try fault(whole) == nil)
    #expect(lines.allSatisfy { $0.count <= 140 })
  }

  /// Specs that are wrong by a key, a type or a word, by what is wrong.
  static let wrong: [String] =
    (try? SchemaValue(yaml: SpecContext.page("Tests/Fixtures/specs/wrong.yaml"))?.names) ?? []

  @Test func thereAreWrongSpecs() { #expect(Self.wrong.count >= 40) }

  @Test(arguments: wrong) func aWrongSpecIsRefusedByReaderAndSchema(what: String) throws {
    let specs = try #require(SchemaValue(yaml: SpecContext.page("Tests/Fixtures/specs/wrong.yaml")))
    let yaml = try #require(specs[what]?.asText)
    #expect(try SpecContext.messages(yaml) != [])
    #expect(try fault(yaml) != nil)
  }

  @Test func truthValuesThatYamlTakesForBOSAreAccepted() throws {
    // To YAML 1.1 `yes` is a truth value, to the YAML 1.2 of editors it is text.
    for written in ["yes", "\"yes\"", "no", "\"no\"", "model"] {
      let yaml = SpecContext.root("models", "{mine: {path: ./m.gguf, bos: \(written)}}")
      #expect(try SpecContext.messages(yaml) == [])
      #expect(try fault(yaml) == nil)
    }
  }

  @Test func valuesOfASchemaAreWrittenAsJSON() {
    let value: SchemaValue = ["a": ["x\"\\\n\u{1}é", 1, .number(0.5), .number(2), true], "b": [:], "c": []]
    #expect(value.json() == #"{"a": ["x\"\\\n\u0001é", 1, 0.5, 2, true], "b": {}, "c": []}"#)
    let long = SchemaValue.array((0..<3).map { .text(String(repeating: "\($0)", count: 50)) })
    #expect(long.json().split(separator: "\n").count == 5)
  }
}
