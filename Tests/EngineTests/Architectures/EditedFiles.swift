import Foundation
import TestSupport

@testable import Engine

/// A model's files with some tensors or settings changed, as a damaged or unusual file would have them.
final class EditedFiles: WrappedModelFiles, ModelConfiguration, @unchecked Sendable {
  let base: any ModelFiles
  var architecture: String
  var tensors: [String: StoredTensor]
  /// Settings that replace those of the file; nil hides one.
  var settings: [String: Any?] = [:]
  private var owned: [UnsafeMutableRawBufferPointer] = []

  init(_ base: any ModelFiles) {
    self.base = base
    architecture = base.architecture
    tensors = base.tensors
  }

  deinit { owned.forEach { $0.deallocate() } }

  var configuration: any ModelConfiguration { self }
  var settingsSource: any SettingsSource { base.configuration.settingsSource }
  func hide(_ key: String) { base.configuration.hide(key) }

  /// Puts a float32 tensor in, or in the place of one.
  func set(_ name: String, shape: [Int], _ values: [Float]) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: values.count * 4, alignment: 16)
    values.withUnsafeBytes { bytes.copyMemory(from: $0) }
    owned.append(bytes)
    tensors[name] = StoredTensor(
      name: name, shape: shape, format: .f32, bytes: UnsafeRawBufferPointer(bytes), path: path)
  }

  /// The values of a float32 tensor.
  func values(_ name: String) -> [Float] { tensors[name].map { Array($0.bytes.bindMemory(to: Float.self)) } ?? [] }

  private func edited<Value>(_ key: String, _ other: (String) throws -> Value?) throws -> Value? {
    if let value = settings[key] {
      // The file's own counts as read.
      _ = base.configuration.contains(key)
      return value as? Value
    }
    return try other(key)
  }

  func contains(_ key: String) -> Bool { settings[key].map { $0 != nil } ?? base.configuration.contains(key) }
  func holdsNull(_ key: String) -> Bool { settings[key] == nil && base.configuration.holdsNull(key) }
  func isArray(_ key: String) -> Bool { settings[key] == nil && base.configuration.isArray(key) }
  func isEmpty(_ key: String) -> Bool { settings[key] == nil && base.configuration.isEmpty(key) }
  func integer(_ key: String) throws -> Int? { try edited(key, base.configuration.integer) }
  func real(_ key: String) throws -> Double? { try edited(key, base.configuration.real) }
  func string(_ key: String) throws -> String? { try edited(key, base.configuration.string) }
  func flag(_ key: String) throws -> Bool? { try edited(key, base.configuration.flag) }
  func integers(_ key: String) throws -> [Int]? { try edited(key, base.configuration.integers) }
  func reals(_ key: String) throws -> [Float]? { try edited(key, base.configuration.reals) }
  func strings(_ key: String) throws -> [String]? { try edited(key, base.configuration.strings) }
}

/// Opens the folder of a tiny model after `edit`.
func openEdited(_ name: String, _ edit: (EditedFiles) -> Void) throws -> LanguageModel {
  let files = EditedFiles(try openModelFiles(path: Fixtures.url("models/\(name)/hf").path))
  edit(files)
  return try LanguageModel(files, identity: ModelIdentity(name: name, sha256: ""))
}

/// The tiny models of Tests/Fixtures/models.
enum TinyModel: String, CaseIterable {
  case gpt2, llama, gemma3

  var folder: String { Fixtures.url("models/\(rawValue)/hf").path }
  var gguf: String { Fixtures.url("models/\(rawValue)/\(rawValue).gguf").path }

  func open() throws -> LanguageModel {
    try LanguageModel.open(path: folder, identity: ModelIdentity(name: rawValue, sha256: ""))
  }

  /// Opens the folder's files after `edit`.
  func open(_ edit: (EditedFiles) -> Void) throws -> LanguageModel { try openEdited(rawValue, edit) }
}
