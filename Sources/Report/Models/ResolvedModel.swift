import Engine
import Files
import Foundation
import Traces
import Words

/// A model whose files were found and hashed.
public struct ResolvedModel: Equatable, Sendable {
  /// Its name in the report.
  public var name: String
  /// The reference as written.
  public var reference: String
  /// The `.gguf` file or the folder.
  public var url: URL
  /// Its license, if known.
  public var license: String?
  /// Where it comes from, if known.
  public var source: String?
  /// Content files with their digests; paths relative to the model.
  public var files: [FileRecord]
  /// Files of chat templates beside the content files, with their digests: they change conversations alone.
  public var chatFiles: [FileRecord] = []
  /// The fitted lens that reads its states; nil for the logit lens.
  public var lens: LensFiles?
  /// How it is opened.
  public var options = ModelOptions()
  /// The adapter that is added to its products.
  public var adapter: AdapterFiles?
  /// The states of all these files when they were hashed, by path.
  private var states: [String: FileState] = [:]

  /// Whether it ran elsewhere: only its numbers are here, and its files are theirs.
  public private(set) var isGiven = false
  /// What the numbers of a model that ran elsewhere say of its files; nil where they are here.
  private var givenSHA256: String?

  /// A model that ran elsewhere, with the files of its numbers and the digest of its own files that these state.
  package init(
    given name: String, reference: String, url: URL, license: String?, source: String?, files: [FileRecord],
    sha256: String
  ) {
    self.init(name: name, reference: reference, url: url, license: license, source: source, files: files)
    isGiven = true
    givenSHA256 = sha256
  }

  /// From its parts.
  package init(
    name: String, reference: String, url: URL, license: String? = nil, source: String? = nil, files: [FileRecord],
    lens: LensFiles? = nil, options: ModelOptions = ModelOptions(), adapter: AdapterFiles? = nil
  ) {
    self.name = name
    self.reference = reference
    self.url = url
    self.license = license
    self.source = source
    self.files = files
    self.lens = lens
    self.options = options
    self.adapter = adapter
  }

  /// SHA-256 of the one file, or of the lines "digest  name" of several.
  public var sha256: String {
    givenSHA256 ?? SHA256.combined(files.map { (name: $0.path, digest: $0.sha256) })
  }

  /// Notes the states of all files, just after they were hashed.
  mutating func noteStates() {
    for path in places { states[path] = FileState(path: path) }
  }

  /// Refuses numbers of files that are no longer those that were hashed.
  ///
  /// - Throws: `Diagnostic` that names the file.
  package func requireUnchanged() throws(Diagnostic) {
    for path in states.keys.sorted() where FileState(path: path) != states[path] {
      throw Diagnostic(
        place: path, "the file changed while the model was read, so its numbers belong to no file; they are not kept",
        hints: ["run again when nothing writes to it"], category: .badInput)
    }
  }

  /// Paths of all files that decide its numbers.
  private var places: [String] {
    func beside(_ url: URL, _ files: [FileRecord]) -> [String] {
      let isFolder = FileState(path: url.path)?.isFolder == true
      guard isFolder || files.count > 1 else { return [url.path] }
      let folder = isFolder ? url : url.deletingLastPathComponent()
      return files.map { folder.appending(path: URL(fileURLWithPath: $0.path).lastPathComponent).path }
    }
    return beside(url, files) + (lens.map { beside($0.url, $0.files) } ?? [])
      + (adapter.map { beside($0.url, $0.files) } ?? [])
  }

  /// For the engine and its traces.
  public var identity: ModelIdentity {
    ModelIdentity(name: name, sha256: sha256, license: license, source: source)
  }
}

extension ModelStore {
  /// Finds the files of a reference and hashes them; fetches a missing model unless `offline`.
  ///
  /// - Parameters:
  ///   - name: The name in the report; nil takes the catalog's title or the path's last component.
  ///   - lens: The fitted lens to use; nil for the logit lens.
  ///   - options: How to open it.
  ///   - adapter: The adapter to add to its products.
  ///   - base: The folder that relative paths start from.
  /// - Throws: `Diagnostic`.
  public func resolve(
    _ reference: ModelReference, name: String? = nil, lens: LensReference? = nil,
    options: ModelOptions = ModelOptions(), adapter: ModelReference? = nil, base: URL, offline: Bool,
    progress: ProgressHandler?
  ) throws -> ResolvedModel {
    // First, because it costs nothing: a wrong path is reported before a download.
    let lens = try lens.map { try lensFiles($0, base: base, offline: offline, progress: progress) }
    let added = try adapter.map { try adapterFiles($0, base: base, offline: offline, progress: progress) }
    var model = try resolve(reference, name, base: base, offline: offline, progress: progress)
    model.chatFiles = try chatFiles(of: model.url)
    model.lens = lens
    model.options = options
    model.adapter = added
    model.noteStates()
    return model
  }

  /// The same for a reference as it is written on a command line.
  ///
  /// - Throws: `Diagnostic`, also for a reference that cannot be read.
  package func resolve(
    written text: String, lens: LensReference? = nil, options: ModelOptions = ModelOptions(), adapter: String? = nil,
    base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> ResolvedModel {
    func read(_ result: Result<ModelReference, ModelReference.Misreading>) throws -> ModelReference {
      try result.mapError { Diagnostic($0.message, hints: $0.hints, category: .badInput) }.get()
    }
    let reference = try read(ModelReference.parse(text, catalog: catalog.names))
    let added = try adapter.map { try read(AdapterReference.parse($0)) }
    return try resolve(
      reference, lens: lens, options: options, adapter: added, base: base, offline: offline,
      progress: progress)
  }

  private func resolve(
    _ reference: ModelReference, _ name: String?, base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> ResolvedModel {
    switch reference {
    case .catalog(let catalogName):
      let entry = try catalog.requiredEntry(catalogName)
      let url = try file(of: entry, offline: offline, progress: progress)
      return ResolvedModel(
        name: name ?? entry.title, reference: reference.text, url: url, license: entry.license, source: entry.source,
        files: [FileRecord(path: entry.file, bytes: entry.bytes, sha256: entry.sha256)])
    case .hub(let reference):
      let found = try located(reference, base: base, offline: offline, progress: progress)
      let files = try contentFiles(of: found.url, written: reference.text)
      let snapshot = found.url.pathExtension == "gguf" ? found.url.deletingLastPathComponent() : found.url
      for file in files { try hub.check(snapshot.appending(path: file.path), digest: file.sha256) }
      return ResolvedModel(
        name: name ?? reference.repository.split(separator: "/").last.map(String.init) ?? reference.repository,
        reference: reference.text, url: found.url, license: found.license, source: found.source, files: files)
    case .ollama(let model):
      let found = try OllamaStore(environment: environment).locate(model)
      let digest = try digests.digest(of: found.url)
      guard digest.sha256 == found.sha256 else {
        throw Diagnostic(
          place: found.url.path, "expected sha256 \(found.sha256), found \(digest.sha256)",
          hints: ["fetch it again with: ollama pull \(model)"], category: .badInput)
      }
      return ResolvedModel(
        name: name ?? model, reference: reference.text, url: found.url, license: nil, source: "Ollama, \(model)",
        files: [
          FileRecord(path: "sha256-\(digest.sha256)", bytes: digest.bytes, sha256: digest.sha256)
        ])
    case .traces(let path):
      throw Diagnostic(
        place: path, "a folder of traces is no model that can be run", hints: ["name it in a spec: {traces: \(path)}"],
        category: .badInput)
    case .path(let path):
      let url = ModelStore.locate(path, base: base, environment: environment)
      // A dot in a folder's name begins no ending: Qwen2.5-7B.
      let isFolder = FileState(path: url.path)?.isFolder ?? false
      let file = (isFolder ? url : url.deletingPathExtension()).lastPathComponent
      return ResolvedModel(
        name: name ?? file, reference: reference.text, url: url, license: nil,
        source: nil, files: try contentFiles(of: url, written: path))
    }
  }

  /// A model of the hub; an error mentions a local folder of the same name, in case the user meant that.
  func located(
    _ reference: HubReference, purpose: HubSelection.Purpose = .model, base: URL, offline: Bool,
    progress: ProgressHandler?
  ) throws -> HubStore.Found {
    do {
      return try hub.locate(reference, purpose: purpose, offline: offline, progress: progress)
    } catch var problem as Diagnostic {
      if FileState(path: base.appending(path: reference.text).path) != nil {
        problem.hints.append("'\(reference.text)' is also on this machine: write ./\(reference.text) for it")
      }
      throw problem
    }
  }

  static func locate(_ path: String, base: URL, environment: [String: String]) -> URL {
    if path.hasPrefix("~/"), let home = environment["HOME"] {
      return URL(fileURLWithPath: home).appending(path: String(path.dropFirst(2))).standardizedFileURL
    }
    return URL(fileURLWithPath: path, relativeTo: base).absoluteURL.standardizedFileURL
  }

  /// The files of chat templates in a model's folder.
  private func chatFiles(of url: URL) throws -> [FileRecord] {
    try ChatTemplates.files(in: url.path).map { path in
      let digest = try digests.digest(of: url.appending(path: path))
      return FileRecord(path: path, bytes: digest.bytes, sha256: digest.sha256)
    }
  }

  /// The files that determine a model's numbers, with digests.
  private func contentFiles(of url: URL, written path: String) throws -> [FileRecord] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      if let broken = FileError.brokenLink(at: url.path) {
        throw Diagnostic(place: path, broken.message, hints: broken.hints, category: .badInput)
      }
      // A path is often written where a name was meant.
      let isName = catalog.names.contains(path) || HubReference.alias(path) != nil
      throw Diagnostic(
        place: path, "no such file or folder",
        hints: ["looked for \(url.path)"]
          + (isName ? ["\(path) is also the name of a model: write {name: \(path)}, or \(path) alone"] : []),
        category: .badInput)
    }
    // Content files lie side by side in a model's folder.
    let isOne = !isFolder.boolValue && GGUFParts(url.path) == nil
    let paths = isOne ? [url.path] : try openModelFiles(path: url.path).contentPaths
    return try paths.map { path in
      let file = URL(fileURLWithPath: path)
      let digest = try digests.digest(of: file)
      return FileRecord(path: file.lastPathComponent, bytes: digest.bytes, sha256: digest.sha256)
    }
  }
}
