import Engine
import Foundation
import Testing

@testable import Figures
@testable import Models
@testable import Spec
@testable import Words

/// Tables and specs with very many columns, keys or names: the time grows with their number, and messages stay short.
@Suite(.timeLimit(.minutes(1))) struct WideTableTests {
  private func problems(_ body: () throws -> Void) -> [Diagnostic] {
    do {
      try body()
      return []
    } catch {
      return Diagnostic.all(from: error)
    }
  }

  private func messages(_ yaml: String, files: SpecFiles = .none) throws -> [Diagnostic] {
    problems {
      _ = try SpecReader.read(
        Data(yaml.utf8), name: "r.yaml", vocabulary: try SpecContext.vocabulary, files: files)
    }
  }

  @Test func aTableHasALimitOfColumns() throws {
    let names = (0..<CSVReader.mostColumns - 2).map { "c\($0)" }
    func table(_ more: Int) -> Data {
      let head = ["prompt", "target"] + names + (0..<more).map { "d\($0)" }
      return Data((head.joined(separator: ",") + "\n" + head.map { _ in "x" }.joined(separator: ",") + "\n").utf8)
    }
    #expect(try DatasetReader.items(table(0), name: "d.csv", columns: .init()).count == 1)
    let found = problems { _ = try DatasetReader.items(table(1), name: "d.csv", columns: .init()) }
    #expect(found.map(\.message) == ["expected at most 10,000 columns, found more"])
    let place = try #require(found.first?.place)
    #expect(place.hasPrefix("d.csv:1:"))
    // Far more columns cost no more.
    let wide = Data((["prompt", "target"] + (0..<2_000_000).map { "c\($0)" }).joined(separator: ",").utf8)
    #expect(problems { _ = try DatasetReader.items(wide, name: "d.csv", columns: .init()) }.count == 1)
    #expect(problems { _ = try CSVReader.records(wide, name: "p.csv") }.count == 1)
    let members = (0...CSVReader.mostColumns).map { "\"c\($0)\": 1" }.joined(separator: ", ")
    let line = Data("{\(members)}\n".utf8)
    #expect(
      problems { _ = try DatasetReader.items(line, name: "d.jsonl", columns: .init()) }.map(\.message)
        == ["expected at most 10,000 keys, found 10,001"])
  }

  @Test func aMessageAboutAColumnListsTheFirstOnes() throws {
    let names = (0..<9_000).map { "c\($0)" }
    let data = Data((names.joined(separator: ",") + "\n").utf8)
    let found = problems { _ = try DatasetReader.items(data, name: "d.csv", columns: .init(target: nil)) }
    #expect(found.map(\.message) == ["there is no column 'prompt'"])
    let hint = try #require(found.first?.hints.first)
    #expect(hint.hasSuffix("c98, c99 and 8,900 more") && hint.hasPrefix("known columns: c0, c1, "))
  }

  @Test func namesInMessagesAreShort() throws {
    let long = String(repeating: "x", count: 1_000_000)
    let twice = problems {
      _ = try DatasetReader.items(
        Data("prompt,target,\(long),\(long)\n".utf8), name: "d.csv", columns: .init())
    }
    #expect(twice.first?.message.count ?? 0 < 200)
    #expect(twice.count == 1)
    // The gate behind all messages.
    let all = Diagnostic(place: "f", long, hints: [long], category: .badSpec).rendered
    #expect(all.count < 3 * Diagnostic.longest)
    #expect(Diagnostic(place: "f", "short", category: .badSpec).rendered == "error: f: short")
  }

  @Test func problemsOfLinesAreCounted() {
    let lines = Data(String(repeating: "{\n", count: 500_000).utf8)
    #expect(problems { _ = try DatasetReader.items(lines, name: "d.jsonl", columns: .init()) }.count == 1000)
    let empty = Data(("prompt,target\n" + String(repeating: "\n", count: 500_000)).utf8)
    #expect(problems { _ = try DatasetReader.items(empty, name: "d.csv", columns: .init()) }.count == 1000)
    let blank = Data(("prompt,target\n" + String(repeating: ",\n", count: 500_000)).utf8)
    let found = problems { _ = try DatasetReader.items(blank, name: "d.csv", columns: .init()) }
    #expect((1000...1001).contains(found.count))
  }

  private static let rest =
    "models: {a: smollm2-135m}\nprompts: [{id: one, text: One}]\nfigures: [top-tokens]\n"

  @Test func manyUnknownKeysHaveAdviceAsFarAsItIsRead() throws {
    let keys = (0..<20_000).map { "titl\($0): 1\n" }.joined()
    let found = try messages(keys + Self.rest)
    #expect(found.count == 20_000)
    #expect(found[0].hints[0].hasPrefix("did you mean 'title'?"))
    #expect(found[19_999].hints[0].hasPrefix("known keys: title, "))
  }

  @Test func manyNamesAreLookedUp() throws {
    let ids = (0..<6_000).map { "p\($0)" }
    let prompts = ids.map { "  - {id: \($0), text: One}\n" }.joined()
    let unknown = (0..<6_000).map { "q\($0)" }.joined(separator: ", ")
    let found = try messages(
      "models: {a: smollm2-135m}\nprompts:\n\(prompts)figures:\n"
        + "  - {kind: top-tokens, prompts: [\(ids.joined(separator: ", ")), \(unknown)]}\n")
    #expect(found.count == 6_000)
    #expect(found.allSatisfy { $0.hints.joined().count < 2_000 })
  }
}
