import Engine
import Foundation
import Words

/// The families of models that the program runs, as text and as JSON.
public struct FamilyListing {
  private struct Row: Encodable {
    var family: String
    var modelTypes: [String]
    var gguf: [String]
    var fixtures: [String]

    enum CodingKeys: String, CodingKey {
      case family, gguf, fixtures
      case modelTypes = "model_types"
    }
  }

  private struct Listing: Encodable {
    var families: [Row]
    /// Multimodal models whose language part is run.
    var wrappers: [String]
    var transformers: String
  }

  private let rows: [Row]

  /// Every family of the registry.
  public init() {
    rows = Architecture.all.map { family in
      Row(
        family: family.name, modelTypes: family.modelTypes,
        gguf: (family.ggufName.map { [$0] } ?? []) + family.otherGGUFNames,
        fixtures: FamilyComparison.of(family).fixtures)
    }
  }

  /// A line per family: its name, its types in config.json, its names in GGUF, and how many tiny models were compared.
  public var table: String {
    let cells = rows.map { row in
      [
        row.family, row.modelTypes.joined(separator: " "), row.gguf.isEmpty ? "-" : row.gguf.joined(separator: " "),
        "\(row.fixtures.count)",
      ]
    }
    let all = [["FAMILY", "MODEL_TYPE", "GGUF", "COMPARED"]] + cells
    let widths = (0..<4).map { column in all.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
    let lines = all.map { row in
      let padded = zip(row, widths).map { DisplayWidth.padded($0, to: $1) }.joined(separator: "  ")
      return String(padded.reversed().drop { $0 == " " }.reversed()) + "\n"
    }
    let wrappers = Wrapper.all.map(\.modelType).joined(separator: ", ")
    return lines.joined()
      + "\nCOMPARED: tiny models with random weights whose numbers equal those of transformers \(FamilyComparison.version).\n"
      + "Multimodal models, of which the language part is run: \(wrappers).\n"
  }

  /// The same for programs.
  ///
  /// - Throws: an encoding error.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let listing = Listing(
      families: rows, wrappers: Wrapper.all.map(\.modelType), transformers: FamilyComparison.version)
    return String(decoding: try encoder.encode(listing), as: UTF8.self) + "\n"
  }
}
