import Foundation

/// Opens a model: a `.gguf` file, a folder with `config.json` and safetensors, or a folder with one `.gguf` file.
///
/// Throws an `EngineError` that says what was expected and found when it is none of these, damaged or not supported.
public func openModelFiles(path: String) throws -> any ModelFiles {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw FileError.notFound(path: path)
  }
  guard isFolder.boolValue else { return try openFile(path) }
  let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  let names = try FolderListing.names(in: folder)
  if names.contains(where: { $0.hasSuffix(".safetensors") || $0 == SafetensorsIndex.fileName }) {
    return try SafetensorsFiles(folder: folder)
  }
  let files = names.filter { $0.lowercased().hasSuffix(".gguf") }
  guard let file = files.first else { throw ModelFolderError.noWeights(path: folder, found: names) }
  guard files.count == 1 || splitParts(file) != nil else {
    throw ModelFolderError.severalWeights(path: folder, names: files)
  }
  return try openFile("\(folder)/\(file)")
}

private func openFile(_ path: String) throws -> any ModelFiles {
  if path.hasSuffix(".safetensors") { throw ModelFolderError.weightsWithoutFolder(path: path) }
  if let parts = splitParts(path) { throw GGUFError.split(path: path, parts: parts) }
  // Whatever it is called: stores that name files by their hash have no extensions.
  return try GGUFFiles(path: path)
}

/// The number of parts in names like `model-00001-of-00003.gguf`; nil for other names, and for the only part.
private func splitParts(_ path: String) -> Int? {
  guard let match = path.lowercased().firstMatch(of: /-\d{5}-of-(\d{5})\.gguf$/), let parts = Int(match.1), parts > 1
  else { return nil }
  return parts
}

/// What is in a folder.
enum FolderListing {
  /// Names, sorted; hidden ones left out.
  static func names(in folder: String) throws(FileError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      let missing = !FileManager.default.fileExists(atPath: folder)
      throw missing ? .notFound(path: folder) : .unreadable(path: folder, reason: "the folder cannot be listed")
    }
  }
}
