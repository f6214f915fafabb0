import Foundation
import Traces

/// Writes a safetensors file: the same tensors and metadata give the same bytes.
struct SafetensorsWriter {
  /// Words about the whole file.
  var metadata: [String: String] = [:]
  private var tensors: [(name: String, type: String, shape: [Int], bytes: Data)] = []

  /// Adds a tensor: its `dtype`, its shape, and its little-endian values.
  mutating func add(_ name: String, type: String, shape: [Int], _ bytes: Data) {
    tensors.append((name, type, shape, bytes))
  }

  private struct Entry: Encodable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  /// The file's bytes: the length of the header, the header padded to whole words, the values in the order they were added.
  func data() throws -> Data {
    var members: [String] = []
    if !metadata.isEmpty { members.append("\"__metadata__\":" + text(try CompactJSON.data(metadata))) }
    var end = 0
    for tensor in tensors {
      let entry = Entry(dtype: tensor.type, shape: tensor.shape, offsets: [end, end + tensor.bytes.count])
      members.append(text(try CompactJSON.data(tensor.name)) + ":" + text(try CompactJSON.data(entry)))
      end += tensor.bytes.count
    }
    var header = Data("{\(members.joined(separator: ","))}".utf8)
    header.append(Data(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    file.append(header)
    for tensor in tensors { file.append(tensor.bytes) }
    return file
  }

  private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
}
