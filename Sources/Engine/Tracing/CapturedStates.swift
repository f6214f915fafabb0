import Foundation
import Traces

/// The residual states behind traces, before any norm or fitted lens.
///
/// Holds R x C x D float32 values for every request of R rows and C columns.
public final class CapturedStates {
  /// The format that this program writes, in the file's metadata.
  static let format = "strata.states/2"

  /// The key of the metadata under which the SHA-256 of the tensors stands: for each text, in their order, the bytes of
  /// its states, its positions and its tokens.
  static let digestKey = "tensors_sha256"

  /// How rows are written in the metadata: "embedding 0,block 0".
  static func written(_ rows: [Trace.Row]) -> String {
    rows.map { "\($0.point.rawValue) \($0.layer)" }.joined(separator: ",")
  }

  /// Columns of one request in the order of their positions, each [R, D].
  private struct Captured {
    var positions: [Int] = []
    var values: [[Float]] = []
  }

  private var requests: [Int: Captured] = [:]
  private var watch: [[Watched]] = []

  /// Nothing captured yet.
  public init() {}

  /// Keeps what requests watch, in their order.
  func ask(_ requests: [TraceRequest]) { watch = requests.map(\.watch) }

  /// Keeps a column of a request: `rows` states of `width` values each.
  func add(request: Int, position: Int, states: UnsafePointer<Float>, rows: Int, width: Int) {
    requests[request, default: Captured()].positions.append(position)
    requests[request]?.values.append(Array(UnsafeBufferPointer(start: states, count: rows * width)))
  }

  /// A safetensors file of the states of finished traces, in their order.
  ///
  /// For request i: `states.i` [R, C, D] float32, in the rows and columns of its trace, `positions.i` [C] int64, and `tokens.i` [T]
  /// int64. The metadata says which model and rows these are, holds each trace without its numbers as `trace.i`, and as
  /// `asked.i` what else decided these numbers. `tensors_sha256` tells the states from others that were put in their
  /// place.
  public func safetensors(_ traces: [Trace]) throws -> Data {
    var file = SafetensorsWriter()
    let digest = SHA256()
    for (index, trace) in traces.enumerated() {
      let captured = requests[index] ?? Captured()
      let (rows, width) = (trace.rows.count, trace.model.width)
      var bytes = Data(capacity: rows * captured.values.count * width * 4)
      for row in 0..<rows {
        for column in captured.values {
          column[(row * width)..<((row + 1) * width)].withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
      }
      file.add("states.\(index)", type: "F32", shape: [rows, captured.values.count, width], bytes)
      let positions = captured.positions.map { Int64($0) }.withUnsafeBytes { Data($0) }
      file.add("positions.\(index)", type: "I64", shape: [captured.positions.count], positions)
      let tokens = trace.tokens.map { Int64($0.id) }.withUnsafeBytes { Data($0) }
      file.add("tokens.\(index)", type: "I64", shape: [trace.tokens.count], tokens)
      for part in [bytes, positions, tokens] { part.withUnsafeBytes { digest.update($0) } }
      let text = try trace.withoutNumbers.jsonData().dropLast()
      file.metadata["trace.\(index)"] = String(decoding: text, as: UTF8.self)
      let watched = watch.indices.contains(index) ? watch[index] : []
      file.metadata["asked.\(index)"] = try AskedOfStates(watch: watched, top: trace.top.k, lens: trace.lens).written()
    }
    if let trace = traces.first {
      file.metadata["format"] = CapturedStates.format
      file.metadata["model"] = trace.model.name
      file.metadata["model_sha256"] = trace.model.sha256
      file.metadata["rows"] = CapturedStates.written(trace.rows)
      file.metadata[CapturedStates.digestKey] = digest.finish()
    }
    return try file.data()
  }
}
