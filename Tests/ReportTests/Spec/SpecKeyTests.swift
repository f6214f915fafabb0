@testable import Build
@testable import Figures
@testable import Models
@testable import Spec
@testable import Words
import Foundation
import TestSupport
import Testing

/// Every row of the table of keys is what the reader and the schema do.
@Suite struct SpecKeyTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let section: SpecSection
    let key: any SpecRow
    var testDescription: String { "\(section.name): \(key.name)" }
  }

  static let rows = SpecSection.all.flatMap { section in section.keys.map { Row(section: section, key: $0) } }

  private func fault(_ yaml: String) throws -> String? {
    try SpecContext.schema.fault(of: #require(SchemaValue(yaml: yaml)))
  }

  @Test(arguments: rows) func theExampleOfAKeyIsAccepted(row: Row) throws {
    let yaml = SpecContext.spec(row.section, row.key.name, row.key.example)
    #expect(try SpecContext.messages(yaml) == [])
    #expect(try fault(yaml) == nil)
  }

  @Test(arguments: rows) func theDefaultOfAKeyIsAcceptedAndChangesNothing(row: Row) throws {
    guard case .value(let standard) = row.key.standard else { return }
    let yaml = SpecContext.spec(row.section, row.key.name, standard)
    let vocabulary = try SpecContext.vocabulary
    var written = try SpecReader.read(
      Data(yaml.utf8), name: "my.yaml", vocabulary: vocabulary, files: SpecContext.files)
    // The same spec without the key, which the mapping must not be empty for.
    let others = yaml.replacing("\(row.key.name): \(standard)", with: "").replacing(", }", with: "}")
    var left = try SpecReader.read(
      Data(others.replacing("lens: {}\n", with: "").utf8), name: "my.yaml", vocabulary: vocabulary)
    // A default of the theme is filled in when figures are drawn.
    #expect(try written.style.theme() == left.style.theme())
    (written.sha256, left.sha256) = ("", "")
    (written.style, left.style) = (FigureStyle(), FigureStyle())
    #expect(written.withoutPlaces == left.withoutPlaces)
  }

  @Test(arguments: rows) func aValueOfAWrongTypeIsRefused(row: Row) throws {
    // A list in a list is a value of no key.
    let yaml = SpecContext.spec(row.section, row.key.name, "[[1]]")
    #expect(try SpecContext.messages(yaml) != [])
    #expect(try fault(yaml) != nil)
  }

  @Test(arguments: SpecSection.all.map(\.name)) func aKeyThatIsNotInTheTableIsAnsweredWithANearOne(name: String) throws
  {
    let section = try #require(SpecSection.all.first { $0.name == name })
    let near = try #require(section.keys.last { $0.name.count > 3 }).name
    let yaml = SpecContext.spec(section, near + "x", "1")
    let messages = try SpecContext.messages(yaml)
    #expect(messages.contains { $0.contains("'\(near)x'") && $0.contains("did you mean '\(near)'? known") })
    #expect(try fault(yaml) != nil)
  }

  @Test(arguments: rows) func aRequiredKeyIsMissed(row: Row) throws {
    guard row.key.presence != .optional else { return }
    let yaml = SpecContext.spec(row.section, row.key.name, "1").replacing("\(row.key.name): 1", with: "")
    #expect(try SpecContext.messages(yaml).contains { $0.contains("'\(row.key.name)' is missing in ") })
    #expect(try fault(yaml) != nil)
  }

  @Test(arguments: FigureKind.all.map(\.name)) func everyOptionOfAKindIsInTheSchema(name: String) throws {
    let kind = try FigureKind.named(name)
    for option in kind.options {
      for standard in [option.standard].compactMap({ $0 }) {
        #expect(try fault(figure(kind.name, option.name, standard.spelled)) == nil)
      }
      #expect(try fault(figure(kind.name, option.name, "[[1]]")) != nil)
    }
    #expect(try fault(figure(kind.name, "nonsense", "1")) != nil)
  }

  private func figure(_ kind: String, _ option: String, _ value: String) -> String {
    SpecContext.root("figures", "[{kind: \(kind), \(option): \(value)}]")
  }

  @Test func namesAreUniqueAndDocsAreSentences() {
    #expect(Set(SpecSection.all.map(\.name)).count == SpecSection.all.count)
    for section in SpecSection.all {
      #expect(Set(section.names).count == section.keys.count)
      for doc in [section.doc] + section.keys.map(\.doc) {
        #expect(doc.hasSuffix(".") && !doc.contains("|") && !doc.contains("\n"), "\(doc)")
      }
      #expect(section.alternatives.flatMap(\.keys).allSatisfy(section.names.contains))
      #expect(section.alternatives.count { $0.isNeeded } < 2 && section.alternatives.count { !$0.isNeeded } < 2)
    }
  }

  @Test func keysAreListedForPeople() throws {
    let vocabulary = try SpecContext.vocabulary
    #expect(KeyList.text.hasPrefix("spec         The spec itself.\nauthors      An author; "))
    let text = try KeyList.text(of: "lens", vocabulary)
    #expect(
      text == """
        lens: How hidden states are read.

          norm: final, none (final)
              Whether the model's final norm applies to all rows (`final`) or only to the last row (`none`).
              norm: none

          rows: blocks, attention (blocks)
              `attention` also captures the residual stream after the attention of every block.
              rows: attention

        """)
    let error = #expect(throws: Diagnostic.self) { try KeyList.text(of: "promts", vocabulary) }
    #expect(
      error?.rendered
        == "error: a spec has no mapping 'promts'\n  hint: did you mean 'prompts'? known mappings: spec, authors, intro, "
        + "models, checkpoints, prompts, sample, attribute, patch, changes, from, chat, watch, figures, datasets, lens, style, output"
    )
  }
}

extension ReportSpec {
  /// The same wherever it stands in its file.
  fileprivate var withoutPlaces: ReportSpec {
    var spec = self
    for index in spec.models.indices { spec.models[index].place = "" }
    for index in spec.prompts.indices { spec.prompts[index].place = "" }
    for index in spec.figures.indices { (spec.figures[index].place, spec.figures[index].places) = ("", [:]) }
    for index in spec.datasets.indices { (spec.datasets[index].place, spec.datasets[index].filePlace) = ("", "") }
    spec.logoPlace = nil
    return spec
  }
}
