import Foundation
import TestSupport

@testable import Engine

/// A tiny model's folder whose weights can be written anew in another form.
struct FolderForm {
  let folder: URL
  /// The tensors of the plain folder, in the order of their names.
  let tensors: [(name: String, tensor: StoredTensor)]
  private let plain: any ModelFiles

  /// Copies everything but the weights of a model of Tests/Fixtures/models.
  init(_ name: String, into folder: URL) throws {
    let source = Fixtures.url("models/\(name)/hf")
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path) where !file.hasSuffix(".safetensors") {
      try FileManager.default.copyItem(at: source.appending(path: file), to: folder.appending(path: file))
    }
    self.folder = folder
    plain = try openModelFiles(path: source.path)
    tensors = plain.tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Writes tensors, and more of other types.
  func write(
    _ file: String, _ tensors: [(name: String, tensor: StoredTensor)], more: [(String, String, [Int], Int)] = []
  ) throws {
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors {
      writer.add(name, type: tensor.format.safetensorsName ?? "", shape: tensor.shape, Data(tensor.bytes))
    }
    for (name, type, shape, bytes) in more {
      writer.add(name, type: type, shape: shape, Data(repeating: 1, count: bytes))
    }
    try writer.data().write(to: folder.appending(path: file))
    withExtendedLifetime(plain) {}
  }

  /// Writes an index.
  func writeIndex(_ files: [String: String], named name: String = "model.safetensors.index.json") throws {
    let map = try JSONSerialization.data(withJSONObject: ["weight_map": files], options: .sortedKeys)
    try map.write(to: folder.appending(path: name))
  }

  /// Copies a file of Tests/Fixtures/weights.
  func copy(_ fixture: String, as name: String? = nil) throws {
    try FileManager.default.copyItem(
      at: Fixtures.url("weights/\(fixture)"), to: folder.appending(path: name ?? fixture))
  }

  /// The trace that the folder gives, and what is noted.
  func trace() throws -> (bytes: Data, notes: [String]) { try FolderForm.trace(folder.path) }

  /// The trace that a model gives, and what is noted.
  static func trace(_ path: String) throws -> (bytes: Data, notes: [String]) {
    let model = try openModel(URL(fileURLWithPath: path), name: "m")
    let request = TraceRequest(prompt: "the keys to", method: .generate(3), columns: .all)
    // What is noted of the tokenizer is the same in every form.
    let notes = model.notes.map(\.message).filter { !$0.contains("Tokenizer brings") }
    return (try traceOne(model, request).jsonData(), notes)
  }

  /// The trace of the plain folder.
  static func plain(_ name: String) throws -> Data { try trace(Fixtures.url("models/\(name)/hf").path).bytes }
}

/// A folder with a model in another form, for as long as `body` runs.
func withForm<T>(_ name: String, _ body: (FolderForm) throws -> T) throws -> T {
  try withTemporaryFolder { try body(FolderForm(name, into: $0)) }
}
