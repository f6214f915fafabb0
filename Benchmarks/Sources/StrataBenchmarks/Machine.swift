import Foundation
import MachineProbe

/// The best the machine does, measured now: other programs may be running.
struct Machine {
  let name: String
  let threads: Int
  /// float32 multiply-adds in registers, 10^9 operations a second over all threads.
  let gigaflops: Double
  /// Reads of a block far larger than any cache, 10^9 bytes a second over all threads.
  let gigabytes: Double

  init(threads: Int) {
    self.threads = threads
    name = Self.processor()
    let rounds = 2_000_000
    let operations = probe_multiply_add(1000) / 1000 * Double(rounds) * Double(threads)
    let products = Timing(runs: 5) {
      DispatchQueue.concurrentPerform(iterations: threads) { _ in _ = probe_multiply_add(rounds) }
    }
    gigaflops = operations / (products.seconds.first ?? 1) / 1e9
    let count = 64 << 20
    let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: count * threads)
    defer { block.deallocate() }
    block.initialize(repeating: 1)
    let base = Int(bitPattern: block.baseAddress)
    let reads = Timing(runs: 5) {
      DispatchQueue.concurrentPerform(iterations: threads) { i in
        guard let start = UnsafePointer<Float>(bitPattern: base + i * count * 4) else { return }
        _ = probe_read(start, count)
      }
    }
    gigabytes = Double(count * threads * 4) / (reads.seconds.first ?? 1) / 1e9
  }

  var markdown: String {
    "\(name), \(threads) threads: at best \(fixed(gigaflops, 0)) GFLOP/s in registers, \(fixed(gigabytes, 1)) GB/s from memory "
      + "(measured in this run)."
  }

  private static func processor() -> String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
  }
}
