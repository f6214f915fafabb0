import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Models
@testable import Spec

/// Whoever has the repository can build its examples.
@Suite struct ExampleModelsTests {
  private static let folder = Fixtures.repository.appending(path: "examples", directoryHint: .isDirectory)

  private static let names: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test func thereAreExamples() { #expect(Self.names.count > 5, "\(Self.names)") }

  @Test(arguments: names) func everyModelOfAnExampleIsThere(name: String) throws {
    let file = Self.folder.appendingPathComponent(name)
    let vocabulary = SpecVocabulary.current(catalog: try ModelCatalog(environment: [:]))
    let reading = SpecReader.look(
      at: try Data(contentsOf: file), name: name, vocabulary: vocabulary, files: .beside(Self.folder))
    #expect(reading.problems.isEmpty, "\(reading.problems.map(\.rendered))")
    let models = try #require(reading.draft).models
    #expect(!models.isEmpty)
    for model in models {
      switch model.reference {
      case .catalog(let entry): #expect(vocabulary.catalog.contains(entry))
      case .path(let path), .traces(let path):
        let place = URL(fileURLWithPath: path, relativeTo: Self.folder).path
        #expect(FileManager.default.fileExists(atPath: place), "\(model.place): \(path)")
      case .hub, .ollama: Issue.record("\(model.place): an example needs no model of a hub")
      }
    }
  }
}
