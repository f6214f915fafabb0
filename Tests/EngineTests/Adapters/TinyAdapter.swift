import Foundation
import TestSupport
import Testing

@testable import Engine

/// An adapter of Tests/Fixtures/adapters (Tools/make_adapter_fixtures.py) and the model it is for.
struct TinyAdapter: CustomTestStringConvertible, Sendable {
  let name: String

  var testDescription: String { name }
  var folder: String { Fixtures.url("adapters/\(name)").path }
  var gguf: String { Fixtures.url("adapters/\(name)/\(name).gguf").path }
  var hasGGUF: Bool { FileManager.default.fileExists(atPath: gguf) }

  static let all: [TinyAdapter] = ((try? Fixtures.names(in: "adapters")) ?? []).map { TinyAdapter(name: $0) }

  /// What peft says, with the name of the model.
  struct Expected: Decodable {
    let base: String
    let tolerance: Double
    let rawTolerance: Double
    let top: Int
    let generate: Int
    let prompts: [ExpectedPrompt]

    enum CodingKeys: String, CodingKey {
      case base, tolerance, top, generate, prompts
      case rawTolerance = "raw_tolerance"
    }
  }

  func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Fixtures.data("adapters/\(name)/expected.json"))
  }

  /// The model with the adapter of the folder, or of the GGUF file.
  func open(_ kind: ParityModel.Kind = .safetensors, adapter: ParityModel.Kind = .safetensors) throws -> LanguageModel {
    let base = ParityModel(name: try expected().base, kind: kind)
    return try openAdapted(base, adapter == .gguf ? gguf : folder)
  }
}

/// A tiny model with the adapter at a path.
func openAdapted(_ base: ParityModel, _ path: String, accepting: [String] = []) throws -> LanguageModel {
  try LanguageModel.open(
    path: base.path, identity: ModelIdentity(name: base.name, sha256: String(repeating: "0", count: 64)),
    options: ModelOptions(acceptedSettings: accepting),
    adapter: try Adapter(path: path, name: "tiny", sha256: "00"))
}

/// A copy of an adapter's folder, changed.
struct EditedAdapter {
  let folder: URL

  init(_ name: String, in parent: URL, config: [String: Any?] = [:], rename: (String) -> String? = { $0 }) throws {
    folder = parent.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let source = Fixtures.url("adapters/\(name)")
    let data = try Data(contentsOf: source.appending(path: "adapter_config.json"))
    var settings = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for (key, value) in config { settings[key] = value }
    try JSONSerialization.data(withJSONObject: settings).write(to: folder.appending(path: "adapter_config.json"))
    let shard = try SafetensorsShard(path: source.appending(path: "adapter_model.safetensors").path)
    var writer = SafetensorsWriter()
    for tensor in shard.tensors.values.sorted(by: { $0.name < $1.name }) {
      guard let name = rename(tensor.name) else { continue }
      writer.add(
        name, type: try #require(tensor.format.safetensorsName), shape: tensor.shape, Data(tensor.bytes))
    }
    try writer.data().write(to: folder.appending(path: "adapter_model.safetensors"))
  }
}
