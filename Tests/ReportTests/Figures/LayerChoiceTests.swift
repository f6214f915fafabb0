@testable import Figures
@testable import Words
import Plot
import Testing
import Traces

/// Figures that leave layers out.
@Suite struct LayerChoiceTests {
  @Test(arguments: [
    ([3], ["layer 3"]), ([0, 2, 4, 6, 7], ["layers 0, 2, …, 6", "7"]), ([20, 21, 22], ["layers 20 to 22"]),
    ([0, 5, 9], ["layers 0", "5", "9"]), ([0, 1, 8], ["layers 0", "1", "8"]), ([], []),
  ])
  func layersAreNamedInFewWords(numbers: [Int], words: [String]) {
    #expect(Wording.layers(numbers) == words)
  }

  /// The layers of a trace of eight with an embedding, by a choice; -1 stands for the embedding.
  private func chosen(_ parts: [LayerChoice.Part]) throws -> [Int] {
    let rows = [Trace.Row(layer: 0, point: .embedding)] + (0..<8).map { Trace.Row(layer: $0, point: .block) }
    return try LayerChoice(parts).indices(in: rows, kind: "profile", model: "tiny").map {
      rows[$0].point == .embedding ? -1 : rows[$0].layer
    }
  }

  @Test func theLastRowIsAlwaysShown() throws {
    #expect(try chosen([.every(3)]) == [-1, 0, 3, 6, 7])
    #expect(try chosen([.range(1, 2)]) == [1, 2, 7])
    #expect(try chosen([.embedding, .range(4, 4), .range(6, 7)]) == [-1, 4, 6, 7])
    #expect(throws: FigureError.self) { try chosen([.range(6, 8)]) }
  }

  @Test(arguments: FigureKind.all.map(\.name))
  func everyKindCanLeaveLayersOutOrSaysThatItCannot(name: String) throws {
    let kind = try FigureKind.named(name)
    let layers = LayerChoice([.range(1, 1)])
    let numbers = kind.sample
    let recipes = FigureRecipes()
    guard kind.schema.showsLayers else {
      #expect(throws: FigureError.self) {
        try recipes.draw(name, numbers, options: [:], style: FigureStyle(layers: layers))
      }
      return
    }
    let whole = try recipes.draw(name, numbers, options: [:], style: FigureStyle())
    let part = try recipes.draw(name, numbers, options: [:], style: FigureStyle(layers: layers))
    #expect(part.finding == whole.finding)
    // The last layer is named as one of so many, not as "30 of 30", which sentences of findings say of its number.
    #expect(part.caption.contains(" of the model’s "))
    let counted = name == "vocabulary" ? " and counted" : ""
    let note = " are shown\(counted) here" + (part.finding == nil ? "." : "; findings count every layer.")
    #expect(part.caption.contains(note))
    #expect(!whole.caption.contains(" are shown"))
    for text in [part.title, part.alt, part.scene.title] { #expect(!text.contains("every layer")) }
    #expect(part.table.csv != whole.table.csv)
  }
}
