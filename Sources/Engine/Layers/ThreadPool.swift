import Kernels

/// The threads that share the work of one run, made once and kept.
///
/// No result depends on their number: every kernel splits its work into pieces whose sums are taken in a fixed order.
public final class ThreadPool: @unchecked Sendable {
  let handle: OpaquePointer

  /// Makes a pool of `threads` threads, the caller's own included.
  ///
  /// - Throws: `RunError.noThreads` when the system refuses to make them.
  public init(threads: Int) throws {
    guard let handle = strata_pool_create(max(1, threads)) else { throw RunError.noThreads(threads) }
    self.handle = handle
  }

  deinit { strata_pool_destroy(handle) }

  /// The instruction set the kernels chose on this machine ("AVX2").
  public static var instructionSet: String { String(cString: strata_instruction_set()) }
}
