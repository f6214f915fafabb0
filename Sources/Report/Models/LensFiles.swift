import Engine
import Files
import Foundation
import Traces
import Words

/// A fitted lens as a spec or a command names it.
public enum LensReference: Equatable, Hashable, Sendable {
  /// The folder of a tuned lens.
  case tuned(String)
  /// The file of a Jacobian lens: a path, or `org/name:PATH` on the hub.
  case jacobian(String)

  /// As it is written.
  public var text: String {
    switch self {
    case .tuned(let text), .jacobian(let text): text
    }
  }

  /// What kind of lens it is.
  public var kind: Trace.Lens.Kind {
    switch self {
    case .tuned: .tuned
    case .jacobian: .jacobian
    }
  }

  /// The place on a hub that a text names: `org/name:PATH` or `org/name@revision:PATH`; nil for a path of this machine.
  package static func hub(_ text: String) -> (repository: HubReference, path: String)? {
    guard !text.hasPrefix("."), !text.hasPrefix("/"), !text.hasPrefix("~"), let colon = text.firstIndex(of: ":") else {
      return nil
    }
    let path = String(text[text.index(after: colon)...])
    let parts = path.pathNames
    guard let repository = HubReference.parse(String(text[..<colon])), repository.quantization == nil,
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
    else { return nil }
    return (repository, path)
  }
}

extension ResolvedModel {
  /// A fitted lens whose files were found and hashed.
  public struct LensFiles: Equatable, Sendable {
    /// What kind of lens it is.
    public var kind: Trace.Lens.Kind
    /// The folder of a tuned lens, the file of a Jacobian lens.
    public var url: URL
    /// Its files with their digests.
    public var files: [FileRecord]

    /// From its parts.
    package init(kind: Trace.Lens.Kind, url: URL, files: [FileRecord]) {
      self.kind = kind
      self.url = url
      self.files = files
    }

    /// SHA-256 of the one file, or of the lines "digest  name" of several.
    public var sha256: String { SHA256.combined(files.map { (name: $0.path, digest: $0.sha256) }) }

    /// "the tuned lens", for reasons and messages.
    package var noun: String { kind == .tuned ? "the tuned lens" : "the Jacobian lens" }

    /// Opens it.
    ///
    /// - Throws: an `EngineError`.
    package func open() throws -> FittedLens? {
      switch kind {
      case .logit: nil
      case .tuned: .tuned(try TunedLens(path: url.path, sha256: sha256))
      case .jacobian: .jacobian(try JacobianLens(path: url.path, sha256: sha256))
      }
    }
  }
}

extension ModelStore {
  /// Finds the files of a lens and hashes them; fetches a missing one from the hub unless `offline`.
  ///
  /// - Throws: `Diagnostic`, or an `EngineError` for a folder without a lens.
  package func lensFiles(
    _ reference: LensReference, base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> ResolvedModel.LensFiles {
    switch reference {
    case .tuned(let path):
      let url = ModelStore.locate(path, base: base, environment: environment)
      let paths = try TunedLens.contentPaths(of: url.path)
      let files = try [paths.config, paths.parameters].map { path in
        let file = URL(fileURLWithPath: path)
        return try record(file, as: "\(url.lastPathComponent)/\(file.lastPathComponent)")
      }
      return ResolvedModel.LensFiles(kind: .tuned, url: url, files: files)
    case .jacobian(let text):
      guard let place = LensReference.hub(text) else {
        let url = ModelStore.locate(text, base: base, environment: environment)
        try requireFile(url, written: text)
        let file = try record(url, as: url.lastPathComponent)
        return ResolvedModel.LensFiles(kind: .jacobian, url: url, files: [file])
      }
      let found = try located(
        place.repository, purpose: .file(place.path), base: base, offline: offline, progress: progress)
      let file = try record(found.url, as: found.url.lastPathComponent)
      try hub.check(found.url, digest: file.sha256)
      return ResolvedModel.LensFiles(kind: .jacobian, url: found.url, files: [file])
    }
  }

  private func record(_ file: URL, as path: String) throws -> FileRecord {
    let digest = try digests.digest(of: file)
    return FileRecord(path: path, bytes: digest.bytes, sha256: digest.sha256)
  }

  private func requireFile(_ url: URL, written text: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw Diagnostic(
        place: text, "no such file", hints: ["looked for \(url.path)", Self.lensForm], category: .badInput)
    }
    guard isFolder.boolValue else { return }
    throw Diagnostic(
      place: text, "expected the file of a Jacobian lens, found a folder",
      hints: ["a tuned lens is a folder: use tuned_lens, or --tuned-lens", Self.lensForm], category: .badInput)
  }

  private static let lensForm =
    "a lens on the hub is written org/name:PATH, for example neuronpedia/jacobian-lens:MODEL/jlens/DATASET/MODEL_jacobian_lens.pt"
}
