import Engine
import Files
import Foundation
import Traces
import Words

extension ResolvedModel {
  /// A LoRA adapter whose files were found and hashed.
  public struct AdapterFiles: Equatable, Sendable {
    /// The name shown in figures.
    public var name: String
    /// The reference as written.
    public var reference: String
    /// The folder, or the GGUF file.
    public var url: URL
    /// Where it comes from, if it is on the hub.
    public var source: String?
    /// Its files with their digests.
    public var files: [FileRecord]

    /// From its parts.
    package init(name: String, reference: String, url: URL, source: String?, files: [FileRecord]) {
      self.name = name
      self.reference = reference
      self.url = url
      self.source = source
      self.files = files
    }

    /// SHA-256 of the one file, or of the lines "digest  name" of several, without the folder.
    public var sha256: String {
      SHA256.combined(files.map { (name: URL(fileURLWithPath: $0.path).lastPathComponent, digest: $0.sha256) })
    }

    /// Opens it.
    ///
    /// - Throws: an `EngineError`.
    package func open() throws -> Adapter {
      try Adapter(path: url.path, name: name, sha256: sha256, source: source)
    }
  }

  /// The model, opened with its adapter where it has one.
  ///
  /// - Throws: an `EngineError`.
  package func open() throws -> LanguageModel {
    try LanguageModel.open(path: url.path, identity: identity, options: options, adapter: try adapter?.open())
  }
}

/// Where an adapter comes from: a path, or a name on a hub.
package enum AdapterReference {
  /// Reads a reference by its form alone: a text with one slash that does not begin like a path is a name on a hub.
  ///
  /// The error is a message and hints.
  package static func parse(_ text: String) -> Result<ModelReference, ModelReference.Misreading> {
    if text.isEmpty {
      return .failure(.init("expected the path of an adapter or a name on a hub, found empty text", []))
    }
    guard text.contains("/") else { return .success(.path(text)) }
    return ModelReference.parse(text, catalog: [])
  }
}

extension ModelStore {
  /// Finds the files of an adapter and hashes them; fetches a missing one from the hub unless `offline`.
  ///
  /// - Throws: `Diagnostic`.
  func adapterFiles(
    _ reference: ModelReference, base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> ResolvedModel.AdapterFiles {
    switch reference {
    case .hub(let reference):
      let found = try located(reference, purpose: .adapter, base: base, offline: offline, progress: progress)
      let files = try adapterFiles(at: found.url)
      let folder = found.url.pathExtension == "gguf" ? found.url.deletingLastPathComponent() : found.url
      for file in files {
        try hub.check(folder.appending(path: URL(fileURLWithPath: file.path).lastPathComponent), digest: file.sha256)
      }
      let name = reference.repository.split(separator: "/").last.map(String.init) ?? reference.repository
      return ResolvedModel.AdapterFiles(
        name: name, reference: reference.text, url: found.url, source: found.source,
        files: named(files, in: name, isFolder: found.url.pathExtension != "gguf"))
    case .path(let path):
      let url = ModelStore.locate(path, base: base, environment: environment)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
        throw Diagnostic(
          place: path, "no such file or folder", hints: ["looked for \(url.path)"], category: .badInput)
      }
      let name = isFolder.boolValue ? url.lastPathComponent : url.deletingPathExtension().lastPathComponent
      return ResolvedModel.AdapterFiles(
        name: name, reference: path, url: url, source: nil,
        files: named(try adapterFiles(at: url), in: name, isFolder: isFolder.boolValue))
    case .catalog(let name), .ollama(let name), .traces(let name):
      throw Diagnostic(place: name, "expected the path of an adapter or a name on a hub", category: .badInput)
    }
  }

  private func adapterFiles(at url: URL) throws -> [FileRecord] {
    let paths = try Adapter.contentPaths(of: url.path)
    return try [paths.configuration, paths.weights].compactMap(\.self).map { path in
      let file = URL(fileURLWithPath: path)
      let digest = try digests.digest(of: file)
      return FileRecord(path: file.lastPathComponent, bytes: digest.bytes, sha256: digest.sha256)
    }
  }

  /// The files with their folder's name, so that files of several adapters are distinct.
  private func named(_ files: [FileRecord], in folder: String, isFolder: Bool) -> [FileRecord] {
    guard isFolder else { return files }
    return files.map { FileRecord(path: "\(folder)/\($0.path)", bytes: $0.bytes, sha256: $0.sha256) }
  }
}
