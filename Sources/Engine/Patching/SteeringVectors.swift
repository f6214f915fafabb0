import Foundation
import Traces

/// Directions of a safetensors file: one vector [D], or one for each row of a network.
///
/// A tensor [L, D] has the vectors of the outputs of L blocks; one of [L + 1, D] begins with that of the embedding.
public struct SteeringVectors: Sendable, Hashable, Encodable {
  /// The bare name of the file.
  public let name: String
  /// SHA-256 of the file, hex.
  public let sha256: String
  /// The tensor that is used.
  public let tensor: String
  /// [D] or [rows, D].
  let shape: [Int]
  private let values: [Float]

  /// The most bytes of a file.
  public static let largestSize = 64 << 20

  enum CodingKeys: String, CodingKey { case name, sha256, tensor }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - data: The bytes of the file.
  ///   - path: The file as the user wrote it.
  ///   - tensor: Which tensor; nil for the only one.
  /// - Throws: `SafetensorsError`, `JSONError` or `FileError` for another sort of file; `ChangeError` for its content.
  public init(_ data: Data, path: String, tensor: String? = nil) throws {
    let shard = try SafetensorsShard(try MemoryMap(copying: data, path: path))
    let names = shard.tensors.keys.sorted()
    guard let chosen = tensor ?? (names.count == 1 ? names[0] : nil) else {
      throw ChangeError.severalTensors(path: path, found: names)
    }
    guard let stored = shard.tensors[chosen] else {
      if let other = shard.otherTensors[chosen] {
        throw SafetensorsError.unsupportedType(path: path, tensor: chosen, dtype: other.dtype)
      }
      throw ChangeError.noTensor(path: path, tensor: chosen, found: names)
    }
    guard (1...2).contains(stored.shape.count), stored.shape.allSatisfy({ $0 > 0 }) else {
      throw ChangeError.noVectors(path: path, tensor: chosen, found: stored.shape)
    }
    let values = stored.values
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      let width = stored.shape.last ?? 1
      let place = stored.shape.count == 2 ? "[\(index / width), \(index % width)]" : "[\(index)]"
      throw ChangeError.notFinite(path: path, tensor: chosen, index: place, value: values[index].plainDescription)
    }
    name = path.split(separator: "/").last.map(String.init) ?? path
    sha256 = SHA256.hex(of: data)
    self.tensor = chosen
    shape = stored.shape
    self.values = values
  }

  /// Files are equal by their bytes.
  public static func == (one: SteeringVectors, other: SteeringVectors) -> Bool {
    (one.sha256, one.tensor, one.name) == (other.sha256, other.tensor, other.name)
  }

  /// Hashes what decides equality.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(sha256)
    hasher.combine(tensor)
    hasher.combine(name)
  }

  /// The vector for a layer of a model, and its row in the tensor.
  ///
  /// - Throws: `ChangeError` for a tensor that does not fit.
  func vector(for layer: RunChange.Layer, of model: LanguageModel) throws(ChangeError) -> (values: [Float], row: Int?) {
    let width = model.width
    guard shape.last == width, shape.count == 1 || [model.layers, model.layers + 1].contains(shape[0]) else {
      throw .doesNotFit(
        path: name, tensor: tensor, found: shape, model: model.identity.name, layers: model.layers, width: width)
    }
    var row: Int?
    if shape.count == 2 {
      let isWithEmbedding = shape[0] == model.layers + 1
      switch layer {
      case .embedding:
        guard isWithEmbedding else {
          throw .noEmbedding(path: name, tensor: tensor, found: shape, model: model.identity.name)
        }
        row = 0
      case .block(let block): row = block + (isWithEmbedding ? 1 : 0)
      }
    }
    let own = Array(values[(row ?? 0) * width..<((row ?? 0) + 1) * width])
    guard own.contains(where: { $0 != 0 }) else { throw .onlyZeros(path: name, tensor: tensor, row: row) }
    return (own, row)
  }
}
