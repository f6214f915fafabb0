import Engine
import Foundation

/// Takes the time of every pass over the weights while a trace is made.
///
/// A tracer tells its progress after each pass. With columns `.last` it looks through the lens after all passes, so that the
/// times between are those of passes alone: the blocks, and the head for the tokens that are chosen.
final class PassClock: @unchecked Sendable {
  /// A pass: positions that it settled, and its end.
  private struct Pass {
    let done: Int
    let end: ContinuousClock.Instant
  }

  private let lock = NSLock()
  private var start = ContinuousClock.now
  private var passes: [Pass] = []

  /// Runs one trace; the traces it makes.
  func trace(_ requests: [TraceRequest], with tracer: Tracer) throws -> [Trace] {
    passes = []
    start = .now
    return try tracer.trace(requests) { [self] progress in
      lock.withLock { passes.append(Pass(done: progress.done, end: .now)) }
    }
  }

  /// Seconds until `positions` positions were settled.
  func seconds(until positions: Int) throws -> Double {
    guard let pass = passes.first(where: { $0.done >= positions }) else {
      throw CheckFailed("\(positions) positions were to be run, only \(passes.last?.done ?? 0) were")
    }
    return (pass.end - start).inSeconds
  }

  /// Positions settled after the first `positions`, and how many passes and seconds they took.
  func after(_ positions: Int) throws -> (positions: Int, passes: Int, seconds: Double) {
    guard let last = passes.last, let first = passes.firstIndex(where: { $0.done >= positions }) else {
      throw CheckFailed("nothing was run")
    }
    return (last.done - passes[first].done, passes.count - first - 1, (last.end - passes[first].end).inSeconds)
  }

  /// Decoding steps of texts of `prompt` tokens each, of which `steps` more are run one by one: the tracer may run them
  /// in several batches, each a prefill and then `steps` passes that settle a position of every text.
  func decoding(prompt: Int, steps: Int) throws -> (batches: Int, positions: Int, seconds: Double) {
    let settled = zip(passes, [0] + passes.map(\.done)).map { $0.done - $1 }
    var (batches, positions, seconds) = (0, 0, 0.0)
    var next = 0
    while next < passes.count {
      var known = 0
      // The prefill ends where passes begin that settle as many positions as there are texts.
      repeat {
        known += settled[next]
        next += 1
      } while next < passes.count && !(known % prompt == 0 && settled[next] == known / prompt)
      guard next + steps <= passes.count, settled[next..<(next + steps)].allSatisfy({ $0 * prompt == known }) else {
        throw CheckFailed("the passes \(settled) are not those of texts of \(prompt) tokens and \(steps) more")
      }
      batches += 1
      positions += steps * known / prompt
      seconds += (passes[next + steps - 1].end - passes[next - 1].end).inSeconds
      next += steps
    }
    return (batches, positions, seconds)
  }
}
