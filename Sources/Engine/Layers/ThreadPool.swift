import Kernels

/// The threads that share the work of one run; created once and kept.
///
/// No result depends on their number: every kernel splits its work into pieces with sums in a fixed order.
public final class ThreadPool: @unchecked Sendable {
  let handle: OpaquePointer

  /// Makes a pool of `threads` threads, including the caller's.
  ///
  /// - Throws: `RunError.noThreads` when the system refuses to make them.
  public init(threads: Int) throws {
    guard let handle = strata_pool_create(max(1, threads)) else { throw RunError.noThreads(threads) }
    self.handle = handle
  }

  deinit { strata_pool_destroy(handle) }

  /// Runs `body` on ranges that make up `0..<count`, on all threads; `work`, the number of values per index, decides the
  /// smallest range worth a thread.
  func forRanges(_ count: Int, work: Int, _ body: (Range<Int>) -> Void) {
    let step = max(1, 16384 / max(1, work))
    guard count > step else { return count > 0 ? body(0..<count) : () }
    // The compiler writes the length of this file's path into the program, which must not depend on the folder that it is compiled in.
    #sourceLocation(file:"ThreadPool",line:26)
    withoutActuallyEscaping(body) { body in
      var call = RangeCall(count: count, step: step, body: body)
      withUnsafeMutablePointer(to: &call) { call in
        strata_parallel(
          handle, (count + step - 1) / step,
          { context, task in
            guard let call = context?.assumingMemoryBound(to: RangeCall.self).pointee else { return }
            call.body(task * call.step..<min(call.count, (task + 1) * call.step))
          }, UnsafeMutableRawPointer(call))
      }
    }
    #sourceLocation()
  }

  /// The shared data of one call of `forRanges`.
  private struct RangeCall {
    var count: Int
    var step: Int
    var body: (Range<Int>) -> Void
  }

  /// The instruction set the kernels chose on this machine ("AVX2").
  public static var instructionSet: String { String(cString: strata_instruction_set()) }
}
