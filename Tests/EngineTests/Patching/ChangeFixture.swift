import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Changed runs of a tiny model by hooks of transformers; Tools/make_change_reference.py writes them.
struct ChangeFixture {
  struct Case {
    var changes: [RunChange]
    var tokens: [Int]
    /// By change.
    var positions: [[Int]]
    /// After the prompt, and after the last token. [2][V]
    var logits: [[Double]]
  }

  let prompt: String
  let generated: Int
  let cases: [Case]

  init(_ name: String) throws {
    let data = try Data(contentsOf: Fixtures.url("changes/\(name).json"))
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    prompt = try #require(root["prompt"] as? String)
    generated = try #require(root["generated"] as? Int)
    cases = try #require(root["cases"] as? [[String: Any]]).map { one in
      Case(
        changes: try #require(one["changes"] as? [[String: Any]]).map(Self.change),
        tokens: try #require(one["tokens"] as? [Int]), positions: try #require(one["positions"] as? [[Int]]),
        logits: try #require(one["logits"] as? [[Double]]))
    }
  }

  private static func change(_ written: [String: Any]) throws -> RunChange {
    func layer(_ value: Any?) -> RunChange.Layer? { value.map { ($0 as? Int).map { .block($0) } ?? .embedding } }
    let positions: RunChange.Positions
    switch written["positions"] {
    case let number as Int: positions = .these([number])
    case let numbers as [Int]: positions = .these(numbers)
    case let word as String:
      let first = word.hasPrefix("from ") ? Int(word.dropFirst(5)) : nil
      positions = first.map { .from($0) } ?? (word == "all" ? .all : .last)
    default: positions = .last
    }
    let effect: RunChange.Effect
    if let source = written["source"] as? String {
      effect = .patch(source: source)
    } else {
      let difference = RunChange.Difference(
        plus: try #require(written["plus"] as? String), minus: try #require(written["minus"] as? String),
        position: written["from_position"] as? Int, layer: layer(written["from_layer"]))
      effect = .steer(.difference(difference), by: (written["by"] as? NSNumber)?.doubleValue ?? 1)
    }
    return RunChange(
      effect, layer: try #require(layer(written["layer"])), positions: positions,
      place: (written["of"] as? String).flatMap(Trace.Patching.Place.init) ?? .stream)
  }
}

extension SteeringVectors {
  /// A file of tensors of float32, as it would be read.
  static func file(_ tensors: [(name: String, shape: [Int], values: [Float])], tensor: String? = nil) throws
    -> SteeringVectors
  {
    try SteeringVectors(try data(tensors), path: "vectors.safetensors", tensor: tensor)
  }

  static func data(_ tensors: [(name: String, shape: [Int], values: [Float])]) throws -> Data {
    var writer = SafetensorsWriter()
    for tensor in tensors {
      writer.add(
        tensor.name, type: "F32", shape: tensor.shape, tensor.values.withUnsafeBufferPointer { Data(buffer: $0) })
    }
    return try writer.data()
  }
}
