import Foundation
import Traces

/// Opens a model: a `.gguf` file or one of its parts, a folder with `config.json` and safetensors or `pytorch_model.bin`, or a
/// folder with one model in GGUF.
///
/// Throws an `EngineError` that states what was expected and found when it is none of these, damaged or not supported.
public func openModelFiles(path: String) throws -> any ModelFiles {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw FileError(path: path, code: ENOENT)
  }
  guard isFolder.boolValue else { return try openFile(path) }
  let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  let names = try FolderListing.names(in: folder)
  try AdapterAsModel.refuse(names, in: folder)
  if let weights = try WeightFileNames.choose(names, folder: folder),
    // Without its config.json, a .bin does not say what the model is; a GGUF beside it does.
    weights.storage == .safetensors || names.contains("config.json")
  {
    let files = try SafetensorsFiles(folder: folder)
    AdapterAsModel.note(names, in: folder, files.notes)
    return files
  }
  guard let found = try GGUFFolder(names, in: folder) else {
    throw ModelFolderError.noWeights(path: folder, found: names)
  }
  let files = try openFile("\(folder)/\(found.model)")
  if !found.others.isEmpty { files.notes.add("passed over: \(MessageText.list(found.others))", at: folder) }
  return files
}

private func openFile(_ path: String) throws -> any ModelFiles {
  if path.hasSuffix(".safetensors") || path.hasSuffix("/pytorch_model.bin") {
    throw ModelFolderError.weightsWithoutFolder(path: path)
  }
  // Under any name: stores that name files by their hash have no extensions.
  let files = try GGUFFiles(path: path)
  try AdapterAsModel.refuse(files)
  return files
}

/// What is in a folder.
enum FolderListing {
  /// Names as a message shows them: files that belong to models by name, and how many others there are.
  ///
  /// Whoever writes a spec can name any folder of the machine, so names that say nothing about a model are not repeated.
  static func shown(_ names: [String]) -> String {
    let own = names.filter(isOfModel)
    let others = names.count - min(own.count, 5)
    let list = MessageText.names(own.prefix(5))
    if others == 0 { return list }
    return list.isEmpty ? "\(others) other \(others == 1 ? "name" : "names")" : "\(list) and \(others) more"
  }

  private static let endings = [
    "safetensors", "bin", "gguf", "pt", "pth", "model", "msgpack", "h5", "ckpt", "npz", "onnx", "tflite", "llamafile",
  ]
  private static let descriptions = [
    "config", "tokenizer", "adapter", "model", "generation", "special_tokens", "vocab", "params", "pytorch", "tf",
    "flax",
  ]

  private static func isOfModel(_ name: String) -> Bool {
    let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return endings.contains(ending)
      || (["json", "index"].contains(ending) && descriptions.contains { name.hasPrefix($0) })
  }

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
