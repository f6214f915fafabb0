import Engine
import Foundation
import Words

/// The catalog with what is in the cache, as text and as JSON.
public struct ModelListing {
  package let store: ModelStore

  /// A listing of a store.
  public init(_ store: ModelStore) {
    self.store = store
  }

  private struct Row: Encodable {
    var name: String
    var title: String
    var author: String?
    var license: String?
    var source: String?
    var bytes: Int
    /// Digest of the file; nil for a model of the hub, which has several files.
    var sha256: String?
    var state: ModelStore.State
    /// Its place in the cache.
    var path: String
  }

  private func row(_ entry: ModelCatalog.Entry) -> Row {
    Row(
      name: entry.name, title: entry.title, author: entry.author, license: entry.license, source: entry.source,
      bytes: entry.bytes, sha256: entry.sha256, state: store.state(of: entry), path: store.cache.file(of: entry).path)
  }

  private func row(_ model: (found: HubStore.Found, bytes: Int)) -> Row {
    Row(
      name: model.found.reference.text, title: model.found.reference.repository, license: model.found.license,
      source: model.found.source, bytes: model.bytes, state: .present, path: model.found.url.path)
  }

  /// A line per model: name, size, state, license, title; cached models of the hub follow, with their commits.
  public var table: String {
    let cells = store.catalog.models.map { entry in
      [entry.name, ModelListing.size(entry.bytes), store.state(of: entry).rawValue, entry.license ?? "-", entry.title]
    }
    let hub = store.hub.all.map { model in
      [
        model.found.reference.text, ModelListing.size(model.bytes), "hub", model.found.license ?? "-",
        String(model.found.commit.prefix(12)),
      ]
    }
    let rows = [["NAME", "SIZE", "STATE", "LICENSE", "TITLE"]] + cells + hub
    let widths = (0..<5).map { column in rows.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
    return rows.map { row in
      let padded = zip(row, widths).map { DisplayWidth.padded($0, to: $1) }.joined(separator: "  ")
      return String(padded.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  /// Everything about one model.
  public func page(_ name: String) throws(Diagnostic) -> String {
    let row = row(try store.catalog.requiredEntry(name))
    let lines = [
      ("name", row.name), ("title", row.title), ("author", row.author ?? "-"), ("license", row.license ?? "-"),
      ("source", row.source ?? "-"), ("bytes", String(row.bytes)), ("sha256", row.sha256 ?? "-"),
      ("state", row.state.rawValue), ("path", row.path),
    ]
    return lines.map { DisplayWidth.padded($0.0, to: 9) + $0.1 + "\n" }.joined()
  }

  /// Every model as JSON.
  public func json() throws -> String { try encode(store.catalog.models.map(row) + store.hub.all.map(row)) }

  /// One model as JSON.
  public func json(_ name: String) throws -> String { try encode(row(try store.catalog.requiredEntry(name))) }

  private func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// "98.4 MB", "63.3 GB".
  package static func size(_ bytes: Int) -> String {
    let (tenth, unit) = bytes < 999_950_000 ? (100_000, "MB") : (100_000_000, "GB")
    let tenths = bytes / tenth + (bytes % tenth >= tenth / 2 ? 1 : 0)
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}
