import Foundation
import Traces

/// A safetensors file of residual states: what `CapturedStates` writes, or what vLLM's `extract_hidden_states` writes.
///
/// Opening checks that shapes, tokens and positions belong together; states stay in the map until they are read.
public struct StatesFile: Sendable {
  /// The file.
  public let path: String
  /// Its texts, in their order.
  let texts: [Text]
  /// The rows that the file says it has, as `CapturedStates.written(_:)` writes them; nil in a file of vLLM.
  let rows: String?
  /// The model that the file says its states are of: name and SHA-256; nil in a file of vLLM.
  let model: (name: String, sha256: String)?
  /// The SHA-256 of the tensors as the program wrote them; nil in a file of vLLM, and in one of an earlier version.
  private let digest: String?

  /// Whether the tensors are those that the program wrote; true where the file does not say which these were.
  ///
  /// Reads all of them. Their order in the file does not count.
  var isAsWritten: Bool {
    guard let digest else { return true }
    let found = SHA256()
    for text in texts {
      withExtendedLifetime(text.owner) {
        for bytes in [text.tensor.bytes] + text.others.map(\.bytes) { found.update(bytes) }
      }
    }
    return found.finish() == digest
  }

  /// Settings that were accepted when a model of this digest left the states; empty where none were, or for another model.
  public func acceptedSettings(ofModel sha256: String) -> [String] {
    let models = texts.compactMap(\.asked?.model).filter { $0.sha256 == sha256 }
    var names: [String] = []
    for name in models.flatMap({ $0.acceptedSettings ?? [] }).map(\.name) where !names.contains(name) {
      names.append(name)
    }
    return names
  }

  /// Whether it is a file of vLLM, which says nothing about its text but the tokens.
  public var isOfVLLM: Bool { model == nil }

  /// The states of a text.
  struct Text: Sendable {
    /// The file and the tensor of states, for messages.
    var place: String
    var tensor: StoredTensor
    /// R, captured points.
    var rows: Int
    /// D.
    var width: Int
    /// All tokens of the text.
    var ids: [Int]
    /// [C] the positions whose states are there, in ascending order.
    var positions: [Int]
    /// The trace of the run without numbers; nil in a file of vLLM.
    var asked: Trace?
    /// What was asked about the states; nil in a file of vLLM, and in one of an earlier version, which did not keep it.
    var kept: AskedOfStates?
    /// Positions and tokens as they are stored; none in a file of vLLM.
    var others: [RawTensor] = []
    /// Keeps the bytes alive.
    var owner: MemoryMap

    /// Reads the state of a row and a column into `destination` [D].
    ///
    /// - Throws: `StatesFileError.notFinite`.
    func read(row: Int, column: Int, into destination: UnsafeMutablePointer<Float>) throws(StatesFileError) {
      // Ours are [R, C, D], those of vLLM [C, R, D].
      let index = asked == nil ? column * rows + row : row * positions.count + column
      let start = tensor.bytes.baseAddress.map { $0 + index * width * tensor.format.blockBytes }
      tensor.format.decode(start, destination, width)
      // Squares of larger numbers, summed, are no float32; states of models are far smaller.
      for place in 0..<width where !(abs(destination[place]) < 1e15) {
        let indices = asked == nil ? [column, row, place] : [row, column, place]
        throw .notFinite(path: tensor.path, tensor: tensor.name, index: indices, value: destination[place].description)
      }
    }
  }

  /// Opens a file; which of the two layouts it has, its metadata and the names of its tensors say.
  ///
  /// - Throws: `StatesFileError`, `SafetensorsError`, `FileError`, `JSONError`, or `TraceFileError` for the description of a text.
  public init(path: String) throws {
    let shard = try SafetensorsShard(path: path)
    self.path = path
    let names = Set(shard.tensors.keys).union(shard.otherTensors.keys)
    if let format = shard.metadata["format"], format.hasPrefix("strata.states/") {
      guard format == CapturedStates.format else { throw StatesFileError.otherFormat(path: path, found: format) }
      guard let name = shard.metadata["model"], let sha256 = shard.metadata["model_sha256"],
        let rows = shard.metadata["rows"]
      else { throw StatesFileError.missingMetadata(path: path, keys: ["model", "model_sha256", "rows"]) }
      model = (name, sha256)
      digest = shard.metadata[CapturedStates.digestKey]
      self.rows = rows
      texts = try StatesFile.own(shard, names)
    } else if names == ["hidden_states", "token_ids"] {
      model = nil
      digest = nil
      rows = nil
      texts = [try StatesFile.ofVLLM(shard)]
    } else {
      throw StatesFileError.noStates(path: path, found: names.sorted())
    }
  }

  private static func own(_ shard: SafetensorsShard, _ names: Set<String>) throws -> [Text] {
    let path = shard.map.path
    var left = names
    var texts: [Text] = []
    // As many as there are; whatever is left over has no place in the sequence.
    while names.contains("states.\(texts.count)") {
      let index = texts.count
      let (name, tokens, places) = ("states.\(index)", "tokens.\(index)", "positions.\(index)")
      let tensor = try states(name, in: shard)
      let ids = try wholes(tokens, in: shard)
      let positions = try wholes(places, in: shard)
      guard let text = shard.metadata["trace.\(index)"] else {
        throw StatesFileError.missingMetadata(path: path, keys: ["trace.\(index)"])
      }
      let asked = try Trace.read(Data(text.utf8), path: "\(path): trace.\(index)")
      guard tensor.shape[1] == positions.count else {
        throw StatesFileError.lengths(
          path: path, tensor: name, found: tensor.shape[1], other: places, expected: positions.count)
      }
      guard asked.tokens.map(\.id) == ids else {
        throw StatesFileError.lengths(
          path: path, tensor: tokens, found: ids.count, other: "the text of trace.\(index)",
          expected: asked.tokens.count)
      }
      try require(positions, below: ids.count, name: places, path: path)
      let kept = try shard.metadata["asked.\(index)"].map {
        try AskedOfStates.read($0, path: path, key: "asked.\(index)")
      }
      left.subtract([name, tokens, places])
      texts.append(
        Text(
          place: "\(path): \(name)", tensor: tensor, rows: tensor.shape[0], width: tensor.shape[2], ids: ids,
          positions: positions, asked: asked, kept: kept,
          others: [places, tokens].compactMap { shard.otherTensors[$0] }, owner: shard.map))
    }
    guard !texts.isEmpty, left.isEmpty else { throw StatesFileError.noStates(path: path, found: left.sorted()) }
    return texts
  }

  private static func ofVLLM(_ shard: SafetensorsShard) throws -> Text {
    let path = shard.map.path
    let tensor = try states("hidden_states", in: shard)
    let ids = try wholes("token_ids", in: shard)
    guard tensor.shape[0] == ids.count else {
      throw StatesFileError.lengths(
        path: path, tensor: tensor.name, found: tensor.shape[0], other: "token_ids", expected: ids.count)
    }
    return Text(
      place: "\(path): \(tensor.name)", tensor: tensor, rows: tensor.shape[1], width: tensor.shape[2], ids: ids,
      positions: Array(ids.indices), asked: nil, owner: shard.map)
  }

  /// A tensor of states with three dimensions, none of them empty.
  private static func states(_ name: String, in shard: SafetensorsShard) throws(StatesFileError) -> StoredTensor {
    guard let tensor = shard.tensors[name] else { throw .missingTensor(path: shard.map.path, tensor: name) }
    guard ["F32", "F16", "BF16"].contains(tensor.format.name) else {
      throw .type(path: shard.map.path, tensor: name, found: tensor.format.name, expected: "F32, F16 or BF16")
    }
    guard tensor.shape.count == 3, tensor.shape.allSatisfy({ $0 > 0 }) else {
      throw .shape(
        path: shard.map.path, tensor: name, found: tensor.shape, expected: "three dimensions, each 1 or more")
    }
    return tensor
  }

  /// A list of whole numbers.
  private static func wholes(_ name: String, in shard: SafetensorsShard) throws(StatesFileError) -> [Int] {
    let path = shard.map.path
    guard let tensor = shard.otherTensors[name] else {
      guard let other = shard.tensors[name] else { throw .missingTensor(path: path, tensor: name) }
      throw .type(path: path, tensor: name, found: other.format.name, expected: "I64 or I32")
    }
    guard tensor.shape.count == 1, tensor.shape[0] > 0 else {
      throw .shape(path: path, tensor: name, found: tensor.shape, expected: "one dimension, 1 or more")
    }
    let bytes = tensor.bytes
    switch tensor.dtype {
    case "I64":
      return (0..<tensor.shape[0]).map {
        Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)))
      }
    case "I32":
      return (0..<tensor.shape[0]).map {
        Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)))
      }
    default: throw .type(path: path, tensor: name, found: tensor.dtype, expected: "I64 or I32")
    }
  }

  private static func require(
    _ positions: [Int], below count: Int, name: String, path: String
  ) throws(StatesFileError) {
    for (index, position) in positions.enumerated() {
      let least = index == 0 ? 0 : positions[index - 1] + 1
      guard position >= least, position < count else {
        throw .position(path: path, tensor: name, index: index, found: position, expected: least..<count)
      }
    }
  }
}
