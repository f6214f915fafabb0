import Engine
import Foundation
import TestSupport
import Testing
import Traces

@testable import Spec

/// What examples/article.yaml builds is what was compared with transformers (Tests/Fixtures/article).
@Suite struct ArticleExampleTests {
  private struct Reference: Decodable {
    let prompt: String
    let generated: [Int]
    let normed: Lens
    struct Lens: Decodable { let watch: [Watched]? }
    struct Watched: Decodable { let id: Int }
  }

  @Test(arguments: ["smollm2-135m", "gemma-3-270m"])
  func everyPromptOfTheExampleHasAReference(model: String) throws {
    let file = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("examples/article.yaml")
    let spec = try SpecReader.read(Data(contentsOf: file), name: "article.yaml", vocabulary: .test)
    let references = try Fixtures.names(in: "article/\(model)").map {
      try JSONDecoder().decode(Reference.self, from: Fixtures.data("article/\(model)/\($0)"))
    }
    #expect(spec.models.map(\.reference).contains(.catalog(model)))
    #expect(!spec.prompts.isEmpty)
    for prompt in spec.prompts {
      let reference = try #require(references.first { $0.prompt == prompt.text }, "\(prompt.id)")
      #expect(prompt.method == .generate(reference.generated.count))
      #expect(prompt.watch.count == (reference.normed.watch ?? []).count)
    }
  }
}
