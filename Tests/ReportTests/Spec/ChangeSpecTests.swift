@testable import Engine
@testable import Spec
@testable import Traces
@testable import Words
import Foundation
import TestSupport
import Testing

@Suite("Changes of runs in specs and on the command line")
struct ChangeSpecTests {
  private func read(_ changes: String) throws -> [RunChange] {
    let yaml = SpecContext.root("prompts", "[{id: one, text: A, generate: 1, watch: [a, b], changes: \(changes)}]")
    return try SpecReader.read(
      Data(yaml.utf8), name: "my.yaml", vocabulary: SpecContext.vocabulary, files: SpecContext.files
    ).prompts[0].changes
  }

  private func messages(_ changes: String) throws -> [String] {
    try SpecContext.messages(
      SpecContext.root("prompts", "[{id: one, text: A, generate: 1, watch: [a, b], changes: \(changes)}]"))
  }

  @Test func everyFormIsRead() throws {
    #expect(
      try read("{source: B, layer: 3, positions: 2}")
        == [RunChange(.patch(source: "B"), layer: .block(3), positions: .these([2]))])
    #expect(
      try read(
        "[{source: B, of: mlp, layer: 0, positions: last}, {plus: a, minus: b, layer: embedding, positions: all}]")
        == [
          RunChange(.patch(source: "B"), layer: .block(0), positions: .last, place: .mlp),
          RunChange(
            .steer(.difference(.init(plus: "a", minus: "b")), by: 1), layer: .embedding, positions: .all),
        ])
    #expect(
      try read("{plus: a, minus: b, from_layer: 2, from_position: 4, layer: 5, positions: from 3, by: -0.5}")
        == [
          RunChange(
            .steer(.difference(.init(plus: "a", minus: "b", position: 4, layer: .block(2))), by: -0.5),
            layer: .block(5), positions: .from(3))
        ])
    let file = try SteeringVectors(SpecContext.vectors, path: "x/happy.safetensors")
    #expect(file.name == "happy.safetensors" && file.tensor == "direction")
    #expect(
      try read("{file: x/happy.safetensors, layer: 5, positions: [1, 3], by: 2}")
        == [RunChange(.steer(.file(file), by: 2), layer: .block(5), positions: .these([1, 3]))])
  }

  @Test func theFileOfADirectionBelongsToWhatIsAskedAndToTheInputs() throws {
    let yaml = SpecContext.root(
      "prompts",
      "[{id: one, text: A, generate: 1, watch: [a, b], changes: {file: happy.safetensors, layer: 1, positions: all}}]")
    let spec = try SpecReader.read(
      Data(yaml.utf8), name: "my.yaml", vocabulary: SpecContext.vocabulary, files: SpecContext.files)
    #expect(spec.files == ["happy.safetensors"])
    let key = String(decoding: try JSONEncoder().encode(spec.request(forPrompt: 0, of: 0)), as: UTF8.self)
    #expect(key.contains(SHA256.hex(of: SpecContext.vectors)))
  }

  @Test func changesOfAModelComeBeforeThoseOfAPromptAndDatasetsRefuseThem() throws {
    let model = "{mine: ./m.gguf, loved: {path: ./m.gguf, changes: {plus: a, minus: b, layer: 1, positions: all}}}"
    let yaml = SpecContext.root("models", model)
    let spec = try SpecReader.read(
      Data(yaml.utf8), name: "my.yaml", vocabulary: SpecContext.vocabulary, files: SpecContext.files)
    #expect(spec.request(forPrompt: 0, of: 0).changes == nil)
    #expect(spec.request(forPrompt: 0, of: 1).changes?.count == 1)
    #expect(
      try SpecContext.messages(yaml + "datasets: [{id: set, file: d.csv, foil: foil}]\n")[0].contains(
        "dataset 'set' is about models' own runs, but the runs of model 'loved' are changed"))
    #expect(
      try SpecContext.messages(yaml.replacing("text: A,", with: "text: A, attribute: auto,"))[0].contains(
        "attribute of prompt 'heathrow' is about models' own runs"))
  }

  @Test func mistakesAreNamedWithTheirPlaces() throws {
    func first(_ changes: String) throws -> String { try messages(changes).first ?? "" }
    let rest = "layer: 1, positions: all"
    #expect(
      try first("{\(rest)}").contains(
        "change 1 of prompt 'one' says neither which state is put in nor which direction is added"))
    #expect(try first("{source: B, file: a.safetensors, \(rest)}").contains("has both source and file"))
    #expect(try first("[{source: B, \(rest)}, {plus: a, \(rest)}]").contains("'minus' is missing in change 2 of"))
    #expect(try first("{source: B, by: 2, \(rest)}").contains("has by without a direction"))
    #expect(try first("{plus: a, minus: b, tensor: c, \(rest)}").contains("has tensor without a file"))
    #expect(
      try first("{file: a.safetensors, from_layer: 1, \(rest)}").contains("has from_layer without plus and minus"))
    #expect(
      try first("{plus: a, minus: b, of: mlp, \(rest)}").contains("adds a direction to 'mlp', expected the stream"))
    #expect(try first("{source: B, positions: all}").contains("'layer' is missing"))
    #expect(try first("{source: B, layer: first, positions: all}").contains("counted from 0, or embedding, found"))
    for wrong in ["first", "from 0", "0", "[]", "[1, 1]", "[1, 0]", "-1", "from -1"] {
      #expect(try first("{source: B, layer: 1, positions: \(wrong)}").contains("position"), "\(wrong)")
    }
    #expect(
      try first("{file: a.safetensors, tensor: other, \(rest)}").contains(
        "a.safetensors: other: no such tensor; the file has 'direction'"))
    #expect(try first("{file: a.txt, \(rest)}").contains("a.txt"))
    #expect(
      try SpecContext.messages(
        SpecContext.root(
          "prompts", "[{id: one, text: A, generate: 1, watch: [a, b], attribute: auto, changes: {source: B, \(rest)}}]")
      )[0]
      .contains("has both changes and attribute, which is about the model's own run"))
  }

  @Test func aChangeOfTheCommandLineIsThatOfASpec() throws {
    let written = "{source: B, layer: 3, positions: 2}"
    #expect(try RunChange.parse(written, files: .none) == read(written)[0])
    let problems = #expect(throws: DiagnosticList.self) { try RunChange.parse("{source: B}", files: .none) }
    #expect(problems?.diagnostics.allSatisfy { $0.category == .usage && $0.place == "--change {source: B}" } == true)
    #expect(throws: DiagnosticList.self) { try RunChange.parse("B", files: .none) }
  }
}
