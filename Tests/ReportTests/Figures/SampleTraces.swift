import Engine
import Foundation
import Traces

/// Traces made by hand, without a model: ranks fall towards the last layer as they do in real ones.
enum SampleTraces {
  /// Tokens that are hard to draw.
  static let hostile: [Trace.TokenText] = [
    .text(" London"), .text("中文"), .text("日本語の"), .text(" кириллица"), .text(" עברית"), .text("العربية"),
    .text("हिन्दी"), .text("한국어"), .text("🚀"), .text("👩‍🚀"), .text("❤️"), .text("\n"), .text("\n\n\n\n"), .text(" "),
    .text("     "), .text("\t"), .text(""), .bytes("e4bd"), .text("\u{301}"), .text("\u{200B}"), .text("<|endoftext|>"),
    .text(String(repeating: "long", count: 50)), .text("\u{F0000}"), .text("ไทย"), .text("ﬁ"), .text("'\"&<>\\"),
  ]

  /// A trace of `layers` blocks and `columns` predictions; deterministic, with ranks up to the vocabulary.
  static func trace(
    layers: Int, columns: Int, vocabulary: Int = 49_152, texts: [Trace.TokenText] = hostile, missing: Bool = false,
    name: String = "Sample 135M", watch: [String] = []
  ) -> Trace {
    let prompt = "Heathrow airport is located in the city of"
    let words = prompt.split(separator: " ").enumerated().map { ($0 == 0 ? "" : " ") + $1 }
    let total = words.count + columns
    let tokens = (0..<total).map { position -> Trace.Token in
      guard position >= words.count else { return Trace.Token(id: position, text: words[position], bytes: nil) }
      switch texts[(position - words.count) % texts.count] {
      case .text(let text):
        return Trace.Token(id: 1000 + (position - words.count) % texts.count, text: text, bytes: nil)
      case .bytes(let hex): return Trace.Token(id: 1000 + (position - words.count) % texts.count, text: nil, bytes: hex)
      }
    }
    let rows = [Trace.Row(layer: 0, point: .embedding)] + (0..<layers).map { Trace.Row(layer: $0, point: .block) }
    let axis = (0..<columns).map { column in
      Trace.Column(
        position: words.count - 1 + column,
        target: missing && column == columns - 1 ? nil : tokens[words.count + column].id)
    }
    func rank(_ row: Int, _ column: Int, _ salt: Int) -> Int? {
      if missing, (row + column) % 5 == 0 { return nil }
      if row == layers, salt == 0 { return 1 }
      // Falls by decades from somewhere below the vocabulary to 1, at a depth that differs between columns.
      let depth = Double(row) / Double(max(layers, 1)) * (1.05 + 0.1 * Double((column * 7 + salt) % 6))
      let start = log10(Double(vocabulary)) * (0.55 + 0.08 * Double((column * 5 + salt) % 6))
      let wave = 0.25 * sin(Double(row * 3 + column * 5 + salt))
      return min(max(1, Int(pow(10, start * (1 - depth) + wave))), vocabulary)
    }
    func matrix<T>(_ value: (Int, Int) -> T) -> [[T]] {
      rows.indices.map { row in (0..<columns).map { value(row, $0) } }
    }
    let ranks = matrix { rank($0, $1, 0) }
    let ids = matrix { row, column in
      (0..<10).map { place in
        if ranks[row][column] == place + 1, let target = axis[column].target { return target }
        return 2000 + (row * 3 + column * 7 + place * 11) % texts.count
      }
    }
    let logprobs = matrix { row, _ in
      let peak = 0.02 + 0.6 * Double(row) / Double(max(layers, 1))
      return (0..<10).map { Float(log(peak * pow(0.35, Double($0)))) }
    }
    var known: [Int: Trace.TokenText] = [:]
    for token in tokens { known[token.id] = token.text.map(Trace.TokenText.text) ?? .bytes(token.bytes ?? "") }
    for (index, text) in texts.enumerated() {
      known[1000 + index] = text
      known[2000 + index] = text
    }
    return Trace(
      model: Trace.Model(
        name: name, architecture: "llama", layers: layers, width: 576, vocabulary: vocabulary, weights: "Q4_1",
        sha256: String(repeating: "0", count: 64), license: nil, source: nil),
      lens: Trace.Lens(kind: .logit, norm: .final), prompt: prompt, promptLength: words.count,
      method: .generate(columns),
      tokens: tokens, rows: rows, columns: axis, rank: ranks,
      logprob: ranks.map { $0.map { $0.map { -Float(log(Double($0) + 0.5)) } } },
      top: Trace.Top(k: 10, ids: ids, logprobs: logprobs),
      watch: watch.enumerated().map { index, text in
        Trace.Watch(
          id: 3000 + index, text: text, rank: matrix { rank($0, $1, index + 1) },
          logprob: matrix { row, column in rank(row, column, index + 1).map { -Float(log(Double($0) + 0.5)) } })
      },
      entropy: matrix { _, _ in 1 }, kl: matrix { _, _ in 0.5 }, texts: known)
  }
}
