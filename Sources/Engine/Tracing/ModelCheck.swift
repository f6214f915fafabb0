import Foundation
import Kernels

/// Checks the lens's promises on one model with a short text, against plain sums over whole logits.
public struct ModelCheck: Sendable {
  /// One promise and its largest error.
  public struct Finding: Equatable, Sendable {
    /// The promise: "probabilities sum to 1".
    public var promise: String
    /// Largest difference found.
    public var difference: Double
    /// Largest difference that rounding explains.
    public var bound: Double
    /// Whether it holds.
    public var holds: Bool { difference <= bound }
  }

  /// The text that is run; any tokenizer cuts it into something.
  static let text = "The quick brown fox jumps over the lazy dog."

  private let model: LanguageModel
  private let pool: ThreadPool

  /// A check of an opened model.
  ///
  /// - Throws: `RunError.noThreads`.
  public init(model: LanguageModel, threads: Int) throws {
    self.model = model
    pool = try ThreadPool(threads: threads)
  }

  /// Runs the text once and looks at every row at its end.
  ///
  /// It holds [rows, V] logits for that one position, which the lens avoids.
  /// - Throws: errors of the tokenizer and of the lens.
  public func findings() throws -> [Finding] {
    let text = model.fillsMasks ? Self.text.replacing("dog", with: model.mask ?? "dog") : Self.text
    let request = TraceRequest(prompt: text, rows: .attention)
    let prepared = try PreparedRequest(request, model: model, lens: nil)
    let states = run(prepared)
    let rows = states.rows
    let raw = copy(states)
    let output = model.network.output
    let normed = output.prepare(states, normed: [0..<rows], pool: pool)
    let rawPrepared = output.prepare(raw, normed: [(rows - 1)..<rows], pool: pool)
    let head = output.head.first(model.counted(.final))
    let target = ModelOutput.of(
      normed, targets: Array(repeating: nil, count: rows), counted: Array(repeating: head.weights.rows, count: rows),
      draws: Array(repeating: nil, count: rows), head: output.head, pool: pool)
    let queries = target.indices.map { LogitLens.Query(ids: [target[$0].largest], reference: rows - 1) }
    let lens = LogitLens(head: head, pool: pool)
    let readings = try lens.read(normed, queries, top: 1, model: model.identity.name)
    let rawReadings = try lens.read(rawPrepared, queries, top: 1, model: model.identity.name)
    let plain = PlainSums(normed, head: head, reference: rows - 1, pool: pool)
    guard let last = readings.last, let rawLast = rawReadings.last, let own = target.last else { return [] }
    func largest(_ difference: (Int) -> Double) -> Double { (0..<rows).map { abs(difference($0)) }.max() ?? 0 }
    return [
      Finding(
        promise: "the last row's best token is the model's own",
        difference: last.topIDs.first == own.largest && last.topLogits.first == own.logit ? 0 : 1, bound: 0),
      Finding(
        promise: "the last row's log sum exp is the model's own", difference: abs(last.logSumExp - own.logSumExp),
        bound: 1e-4),
      Finding(
        promise: "the raw lens and the normed one agree on the last row",
        difference: abs(last.entropy - rawLast.entropy) + abs(last.logSumExp - rawLast.logSumExp), bound: 0),
      Finding(promise: "KL of the last row is 0", difference: last.divergence, bound: 0),
      Finding(
        promise: "probabilities sum to 1", difference: largest { plain.mass[$0](readings[$0].logSumExp) - 1 },
        bound: 1e-4),
      Finding(
        promise: "entropy is that of a plain sum, nats",
        difference: largest { readings[$0].entropy - plain.entropy[$0] }, bound: 1e-3),
      Finding(
        promise: "KL is that of a plain sum, nats",
        difference: largest { readings[$0].divergence - max(0, plain.divergence[$0]) }, bound: 1e-2),
      Finding(
        promise: "the best token of every row has rank 1",
        difference: largest { Double(readings[$0].ranks[0] - 1) }, bound: 0),
    ]
  }

  /// States of all points at the text's last position [points, D].
  private func run(_ request: PreparedRequest) -> FloatMatrix {
    let ids = request.known
    let encoded = EncoderPass(network: model.network, pool: pool).read([request.encoder].compactMap(\.self))
    let states = FloatMatrix(rows: LensView.points(model.network).count, columns: model.width)
    let pass = ForwardPass(model.network, pool: pool, capacity: ids.count)
    let cache = KVCache(model.network, capacity: ids.count, encoded: request.encoder.flatMap { encoded[$0] })
    let tokens = ids.enumerated().map { ForwardPass.BatchToken(id: $1, cache: cache, position: $0) }
    pass.run(tokens) { point, stream in
      states.row(point).update(from: stream.row(ids.count - 1), count: model.width)
    }
    return states
  }

  private func copy(_ states: FloatMatrix) -> FloatMatrix {
    let copy = FloatMatrix(rows: states.rows, columns: states.columns)
    copy.start.update(from: states.start, count: states.rows * states.columns)
    return copy
  }
}

/// Entropy and KL by plain loops in double over whole logits.
private struct PlainSums {
  /// Sum of probabilities, given the logarithm they are divided by.
  var mass: [(Double) -> Double] = []
  var entropy: [Double] = []
  var divergence: [Double] = []

  init(_ states: FloatMatrix, head: Head, reference: Int, pool: ThreadPool) {
    let vocabulary = head.weights.rows
    let logits = FloatMatrix(rows: states.rows, columns: vocabulary)
    head.withKernel { strata_logits(pool.handle, &$0, states.start, states.rows, logits.start) }
    func logProbabilities(_ row: Int) -> [Double] {
      let sum = strata_summarise(logits.row(row), vocabulary).log_sum_exp
      return (0..<vocabulary).map { Double(logits.row(row)[$0]) - sum }
    }
    let likely = logProbabilities(reference)
    for row in 0..<states.rows {
      let own = logProbabilities(row)
      mass.append { divisor in
        (0..<vocabulary).reduce(0) { $0 + exp(Double(logits.row(row)[$1]) - divisor) }
      }
      entropy.append(-own.reduce(0) { $0 + exp($1) * $1 })
      divergence.append(zip(likely, own).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) })
    }
  }
}
