import Foundation

/// What of a family was compared with transformers: the tiny models of `Tests/Fixtures/models`.
///
/// `Tools/family_pages.py` writes the list; a test holds it to the fixtures.
public struct FamilyComparison: Codable, Equatable, Sendable {
  /// The names of the fixtures.
  public var fixtures: [String]
  /// Fixtures that also exist as GGUF.
  public var gguf: [String]

  /// The list of every family by its name.
  struct Table: Codable {
    /// The versions of transformers, in words.
    var transformers: String
    var families: [String: FamilyComparison]
  }

  private static let table: Table? = try? JSONDecoder().decode(
    Table.self, from: Data(PackageResources.family_fixtures_json))

  /// The versions of transformers that the models were compared with.
  public static var version: String { table?.transformers ?? "" }

  /// Of a family.
  public static func of(_ family: Architecture) -> FamilyComparison {
    table?.families[family.name] ?? FamilyComparison(fixtures: [], gguf: [])
  }
}
