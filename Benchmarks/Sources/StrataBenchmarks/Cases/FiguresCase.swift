import Engine
import Foundation
import Traces

/// A large heatmap drawn in three formats by the whole program.
enum FiguresCase: BenchmarkCase {
  static let name = "figures"
  static let summary = "'strata draw' as a process: ranks of 48 layers x 200 positions as PDF, SVG and PNG"

  private static let layers = 48
  private static let positions = 200
  private static let formats: [(ending: String, beginning: String)] = [
    ("pdf", "%PDF-"), ("svg", "<svg "), ("png", "\u{89}PNG"),
  ]

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    try context.withFolder { folder in
      let trace = folder.appendingPathComponent("trace.json")
      try made().jsonData().write(to: trace)
      let outputs = formats.map { folder.appendingPathComponent("heatmap.\($0.ending)") }
      let command =
        [context.strata, "draw", trace.path, "--kind", "rank-heatmap", "--set", "embedding=false"]
        + outputs.flatMap { ["-o", $0.path] }
      _ = try Child.run(command)
      for (output, format) in zip(outputs, formats) {
        let data = try Data(contentsOf: output)
        let beginning = format.beginning.unicodeScalars.map { UInt8($0.value) }
        try check(data.starts(with: beginning), "\(output.lastPathComponent) is no \(format.ending)")
        try check(data.count > 20_000, "\(output.lastPathComponent) has \(data.count) bytes only")
      }
      let first = try outputs.map { try Data(contentsOf: $0) }
      var processor: [Double] = []
      let timing = try context.told {
        let child = try Child.run(command)
        try check(try outputs.map { try Data(contentsOf: $0) } == first, "two runs drew other bytes")
        processor.append(child.processor)
        return child.seconds
      }
      let what = "rank-heatmap, \(layers) layers x \(positions) positions, PDF + SVG + PNG"
      return [.duration(what, timing), .duration("\(what): processor time", Timing(processor))]
    }
  }

  /// A trace whose ranks fall from tens of thousands to 1 on the way up, as those of models do.
  private static func made() -> Trace {
    var random = RandomNumbers(seed: 11)
    let rows = [Trace.Row(layer: 0, point: .embedding)] + (0..<layers).map { Trace.Row(layer: $0, point: .block) }
    let columns = (0..<positions).map { Trace.Column(position: $0, target: $0 + 1) }
    let tokens = (0...positions).map { Trace.Token(id: $0, text: $0 % 9 == 8 ? "," : " word\($0)", bytes: nil) }
    func matrix<Value>(_ value: (_ row: Int) -> Value) -> [[Value]] {
      rows.indices.map { row in columns.map { _ in value(row) } }
    }
    let rank = matrix { row -> Int? in
      let way = Double(row) / Double(layers)
      return max(1, Int(pow(50_000, 1 - way * Double(random.value() + 2))))
    }
    return Trace(
      model: Trace.Model(
        name: "made", architecture: "GPT-2", layers: layers, width: 1600, vocabulary: 50257, weights: "F32",
        sha256: String(repeating: "0", count: 64), license: nil, source: nil),
      lens: Trace.Lens(kind: .logit, norm: .final), prompt: tokens.compactMap(\.text).joined(),
      promptLength: tokens.count, method: .continuation(""), tokens: tokens, rows: rows, columns: columns, rank: rank,
      logprob: matrix { _ in Float(-2) },
      top: Trace.Top(k: 1, ids: matrix { _ in [1] }, logprobs: matrix { _ in [-1] }), watch: [],
      entropy: matrix { _ in Float(3) }, kl: matrix { row in row == layers ? Float(0) : 1 },
      texts: Dictionary(uniqueKeysWithValues: tokens.map { ($0.id, .text($0.text ?? "")) }))
  }
}
