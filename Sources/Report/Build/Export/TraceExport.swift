import Engine
import Foundation
import Plot
import Traces

/// A trace for other programs: a long table, or arrays for numpy.
public enum TraceExport {
  /// A row for each state, as comma-separated values: what it is, the target's numbers, those of the distribution, the most
  /// probable tokens and the watched ones.
  ///
  /// - Parameter raw: Whether texts that a spreadsheet would compute stay without an apostrophe before them.
  public static func csv(_ trace: Trace, raw: Bool = false) -> Data {
    var heads = [
      "row", "layer", "point", "column", "position", "target", "target_text", "rank", "logprob", "entropy", "kl",
    ]
    for place in 1...max(1, trace.top.k) where trace.top.k > 0 {
      heads += ["top\(place)", "top\(place)_text", "top\(place)_logprob"]
    }
    for watched in trace.watch { heads += ["rank of \(watched.text)", "logprob of \(watched.text)"] }
    func text(_ number: Float?) -> String { number.map { "\($0)" } ?? "" }
    func text(_ number: Int?) -> String { number.map(String.init) ?? "" }
    var lines: [[String]] = []
    for (row, state) in trace.rows.enumerated() {
      for (column, place) in trace.columns.enumerated() {
        var line = [
          "\(row)", "\(state.layer)", state.point.rawValue, "\(column)", "\(place.position)", text(place.target),
          place.target.map { plain(trace.text(of: $0)) } ?? "", text(trace.rank[row][column]),
          text(trace.logprob[row][column]), text(trace.entropy[row][column]), text(trace.kl[row][column]),
        ]
        let (ids, logprobs) = (trace.top.ids[row][column], trace.top.logprobs[row][column])
        for (id, logprob) in zip(ids, logprobs) { line += ["\(id)", plain(trace.text(of: id)), "\(logprob)"] }
        line += Array(repeating: "", count: 3 * (trace.top.k - ids.count))
        for watched in trace.watch { line += [text(watched.rank[row][column]), text(watched.logprob[row][column])] }
        lines.append(line)
      }
    }
    let table = FigureTable(heads: heads, rows: lines)
    return Data((raw ? table.rawCSV : table.csv).utf8)
  }

  /// The exact text of a token; its bytes in hex when they are not complete UTF-8.
  private static func plain(_ text: Trace.TokenText?) -> String {
    switch text {
    case .text(let text): text
    case .bytes(let hex): "0x" + hex
    case nil: ""
    }
  }

  /// Arrays as numpy reads them from an `.npz`: ranks as int32 with 0 for none, ids with -1, real numbers as float32 with NaN.
  ///
  /// `rank`, `logprob`, `entropy`, `kl` [rows, columns]; `top_ids`, `top_logprobs` [rows, columns, k]; `watch_rank`,
  /// `watch_logprob` [watched, rows, columns]; `layer`, `point` (0 embedding, 1 attention, 2 block, 3 mixer) [rows]; `position`,
  /// `target` (-1 for none) [columns]; `tokens` [T]; with an attribution its values
  /// and layers (-1 for none) [parts] and `attribution_heads` [parts of attention, H]; with patched runs
  /// `patched_stream`, … [rows, positions] and `patching_differences` [source, base]; `trace`, the trace itself as the bytes of its JSON.
  public static func npz(_ trace: Trace) throws -> Data {
    let (rows, columns) = (trace.rows.count, trace.columns.count)
    let points: [Trace.Row.Point: Int32] = [.embedding: 0, .attention: 1, .block: 2, .mixer: 3]
    func ranks(_ matrix: [[Int?]]) -> [Int32] { matrix.joined().map { Int32(clamping: $0 ?? 0) } }
    func numbers(_ matrix: [[Float?]]) -> [Float] { matrix.joined().map { $0 ?? .nan } }
    var zip = StoredZip()
    func add(_ name: String, _ shape: [Int], _ values: [Int32]) {
      zip.add("\(name).npy", NumpyArray.data(values, shape))
    }
    func add(_ name: String, _ shape: [Int], _ values: [Float]) {
      zip.add("\(name).npy", NumpyArray.data(values, shape))
    }
    /// A list of top tokens; rows that the lens does not read have none.
    func filled<Value>(_ list: [Value], _ none: Value) -> [Value] {
      list + Array(repeating: none, count: max(0, trace.top.k - list.count))
    }
    add("rank", [rows, columns], ranks(trace.rank))
    add("logprob", [rows, columns], numbers(trace.logprob))
    add("entropy", [rows, columns], numbers(trace.entropy))
    add("kl", [rows, columns], numbers(trace.kl))
    add(
      "top_ids", [rows, columns, trace.top.k],
      trace.top.ids.joined().flatMap { filled($0.map { Int32(clamping: $0) }, -1) })
    add("top_logprobs", [rows, columns, trace.top.k], trace.top.logprobs.joined().flatMap { filled($0, .nan) })
    add("watch_rank", [trace.watch.count, rows, columns], trace.watch.flatMap { ranks($0.rank) })
    add("watch_logprob", [trace.watch.count, rows, columns], trace.watch.flatMap { numbers($0.logprob) })
    add("layer", [rows], trace.rows.map { Int32(clamping: $0.layer) })
    add("point", [rows], trace.rows.map { points[$0.point] ?? -1 })
    add("position", [columns], trace.columns.map { Int32(clamping: $0.position) })
    add("target", [columns], trace.columns.map { Int32(clamping: $0.target ?? -1) })
    add("tokens", [trace.tokens.count], trace.tokens.map { Int32(clamping: $0.id) })
    if let attribution = trace.attribution {
      let parts = attribution.parts
      add("attribution", [parts.count], parts.map(\.value))
      add("attribution_layer", [parts.count], parts.map { Int32(clamping: $0.layer ?? -1) })
      let heads = parts.compactMap(\.heads)
      let most = heads.map(\.count).max() ?? 0
      add(
        "attribution_heads", [heads.count, most], heads.flatMap { $0 + Array(repeating: .nan, count: most - $0.count) })
    }
    if let patching = trace.patching {
      for runs in patching.differences {
        add("patched_\(runs.place.rawValue)", [runs.values.count, trace.promptLength], numbers(runs.values))
      }
      add("patching_differences", [2], [patching.sourceDifference, patching.baseDifference])
    }
    zip.add("trace.npy", NumpyArray.data(bytes: try trace.jsonData()))
    return zip.finished()
  }
}
