import Engine
import Foundation
import Traces

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

  /// Decoding of `texts` texts of `prompt` tokens each, at most `steps` steps: the tracer may run them in several batches,
  /// each a prefill and then passes that settle a position of every text that has not ended.
  func decoding(texts: Int, prompt: Int, steps: Int) throws -> (batches: Int, positions: Int, seconds: Double) {
    let settled = zip(passes, [0] + passes.map(\.done)).map { $0.done - $1 }
    var (batches, positions, seconds) = (0, 0, 0.0)
    var (next, known) = (0, 0)
    while next < passes.count {
      var inBatch = 0
      // The prefill ends where passes begin that settle no more positions than there are texts.
      repeat {
        inBatch += settled[next]
        next += 1
      } while next < passes.count && !(inBatch % prompt == 0 && settled[next] <= inBatch / prompt)
      known += inBatch
      batches += 1
      let end = passes[next - 1].end
      var open = inBatch / prompt
      var left = steps
      while left > 0, next < passes.count, settled[next] <= open {
        open = settled[next]
        positions += open
        left -= 1
        next += 1
      }
      seconds += (passes[next - 1].end - end).inSeconds
    }
    guard known == texts * prompt, positions > texts * steps / 2 else {
      throw CheckFailed("the passes \(settled) are not those of \(texts) texts of \(prompt) tokens and \(steps) more")
    }
    return (batches, positions, seconds)
  }
}
