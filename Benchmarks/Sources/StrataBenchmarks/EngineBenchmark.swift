import Engine
import Foundation

/// Times what the engine does with one model, through the doors that everybody else uses.
struct EngineBenchmark {
  let path: String
  let threads: Int
  let runs: Int
  let machine: Machine

  /// Rows of a Markdown table: what, time, rate.
  func rows() throws -> [[String]] {
    let identity = ModelIdentity(
      name: "benchmark", sha256: String(repeating: "0", count: 64), license: nil, source: nil)
    let opening = try Timing(runs: runs) { _ = try LanguageModel.open(path: path, identity: identity) }
    let model = try LanguageModel.open(path: path, identity: identity)
    let tracer = try Tracer(model: model, threads: threads)
    let words = String(repeating: "The countries of the European Union are in a list of words. ", count: 40)
    let long = try prefix(of: words, tokens: 256, model)
    let short = try prefix(of: words, tokens: 64, model)

    func time(_ text: String, generate: Int, _ columns: TraceRequest.Columns) throws -> Timing {
      let request = TraceRequest(
        prompt: text, method: .generate(generate), watch: [], topK: 10, columns: columns, norm: .final)
      return try Timing(runs: runs) { _ = try tracer.trace([request], progress: nil) }
    }
    let prefillLong = try time(long.text, generate: 0, .last)
    let prefillShort = try time(short.text, generate: 0, .last)
    let decoding = try time(short.text, generate: 33, .last)
    let lens = try time(short.text, generate: 0, .all)

    let prefillRate = Double(long.count - short.count) / (prefillLong.median - prefillShort.median)
    let decodeRate = 32 / (decoding.median - prefillShort.median)
    let states = (short.count - 1) * (model.layers + 1)
    let lensTime = lens.median - prefillShort.median
    let lensFlops = 2 * Double(states) * Double(model.vocabulary) * Double(model.width) / lensTime / 1e9
    return [
      ["open", opening.text, ""],
      ["trace of \(long.count) tokens, last column", prefillLong.text, "prefill \(fixed(prefillRate, 0)) tokens/s"],
      ["trace of \(short.count) tokens, last column", prefillShort.text, ""],
      ["the same and 33 generated", decoding.text, "decode \(fixed(decodeRate, 1)) tokens/s"],
      [
        "the same, all columns", lens.text,
        "lens \(fixed(Double(states) / lensTime, 0)) states/s, \(fixed(lensFlops, 1)) GFLOP/s "
          + "(\(fixed(100 * lensFlops / machine.gigaflops, 0)) % of the peak)",
      ],
    ]
  }

  /// A beginning of `text` that is about `tokens` tokens long, and how many it is.
  private func prefix(of text: String, tokens: Int, _ model: LanguageModel) throws -> (text: String, count: Int) {
    var words = text.split(separator: " ")
    var count = try model.tokenizer.encode(words.joined(separator: " "), addSpecialTokens: true).count
    while count > tokens {
      words.removeLast(max(1, (count - tokens) / 2))
      count = try model.tokenizer.encode(words.joined(separator: " "), addSpecialTokens: true).count
    }
    return (words.joined(separator: " "), count)
  }
}
