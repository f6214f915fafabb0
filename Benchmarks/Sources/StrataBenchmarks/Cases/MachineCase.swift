/// The machine's own best, which the others are compared with.
enum MachineCase: BenchmarkCase {
  static let name = "machine"
  static let summary = "float32 multiply-adds in registers, reads from memory"

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    let machine = context.machine
    let most = machine.products.max() ?? 0
    try check(most > 0.1 && most < 1e6, "\(most) GFLOP/s cannot be true: the probe was not run as it is written")
    let threads = "\(context.threads) threads"
    return [
      Measurement("float32 multiply-adds in registers, \(threads)", unit: "GFLOP/s", values: machine.products),
      Measurement("reads from memory, \(threads)", unit: "GB/s", values: machine.reads),
      Measurement("reads from memory, one thread", unit: "GB/s", values: machine.readsOneThread),
    ]
  }
}
