import Foundation
import MachineProbe

/// What the machine does, measured in the run whose numbers stand beside it.
///
/// Medians of probes before and after each repetition, as times are medians: a machine that is shared is slower at times, for both.
/// Threads of probes are pinned to processors of different cores.
struct Machine: Sendable {
  let name: String
  let threads: Int
  /// The widest registers there are: "AVX2".
  let registers: String
  /// float32 multiply-adds in registers, 10^9 operations a second over all threads.
  private(set) var gigaflops = 0.0
  /// Reads of a block far larger than any cache, 10^9 bytes a second over all threads.
  private(set) var gigabytes = 0.0
  /// The same on one thread.
  private(set) var gigabytesOneThread = 0.0

  /// Values of every probe so far.
  private(set) var products: [Double] = []
  private(set) var reads: [Double] = []
  private(set) var readsOneThread: [Double] = []

  /// Rounds of products: about 20 ms at 100 GFLOP/s a thread.
  private static let rounds = 10_000_000
  private let block = Block(bytes: 512 << 20)

  /// Measures once to warm up, then `runs` times.
  init(threads: Int, runs: Int) {
    self.threads = threads
    name = Self.processor()
    registers = String(cString: probe_registers())
    _ = probe_multiply_adds(threads, Self.rounds)
    for _ in 0..<runs { probe() }
  }

  /// Measures again.
  mutating func probe() {
    products.append(probe_multiply_adds(threads, Self.rounds) / 1e9)
    reads.append(readSpeed(threads: threads))
    readsOneThread.append(readSpeed(threads: 1))
    takeMedians()
  }

  /// How many places at a time suit the memory best depends on the machine.
  private func readSpeed(threads: Int) -> Double {
    [1, 4].map { probe_reads(threads, block.start, block.bytes, $0) / 1e9 }.max() ?? 0
  }

  /// The same machine, as its probes after the first `count` say.
  func since(_ count: Int) -> Machine {
    var part = self
    part.products.removeFirst(count)
    part.reads.removeFirst(count)
    part.readsOneThread.removeFirst(count)
    part.takeMedians()
    return part
  }

  private mutating func takeMedians() {
    gigaflops = Timing(products).median
    gigabytesOneThread = Timing(readsOneThread).median
    // What one thread does, several can do as well.
    gigabytes = max(Timing(reads).median, gigabytesOneThread)
  }

  /// Seconds that operations and reads take when they do not wait for each other.
  func seconds(operations: Double, bytes: Double) -> Double {
    max(operations / 1e9 / gigaflops, bytes / 1e9 / gigabytes)
  }

  var markdown: String {
    "\(name), \(threads) threads, \(registers): \(fixed(gigaflops, 1)) GFLOP/s in registers, "
      + "\(fixed(gigabytes, 1)) GB/s from memory (\(fixed(gigabytesOneThread, 1)) with one thread), medians of this run."
  }

  private static func processor() -> String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
  }
}

/// Memory to read from, which stays where it is; only ever read once it is made.
private final class Block: @unchecked Sendable {
  let start: UnsafeRawPointer
  let bytes: Int

  init(bytes: Int) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    // Pages that were never written all lie in the same place.
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
    start = UnsafeRawPointer(memory)
    self.bytes = bytes
  }

  deinit { start.deallocate() }
}
