import ArgumentParser
import Kernels
import MachineProbe

/// Runs a few kernels once each, for instructions.py, which counts what they execute.
struct InstructionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instructions", abstract: "Run a few kernels once each and say which, for instructions.py.")

  /// Small, since a program whose instructions are counted is fifty times as slow.
  private static let width = 1536
  private static let vocabulary = 512
  private static let products = [(rows: 1, stored: StoredFormat.counted), (rows: 20, stored: [.f32, .f16])]

  func run() throws {
    // One thread: what several share out among them depends on their pace.
    let pool = try KernelPool(threads: 1)
    for (rows, formats) in Self.products {
      for stored in formats {
        let matrix = try StoredMatrix(stored, rows: Self.vocabulary, columns: Self.width, seed: 1)
        var random = RandomNumbers(seed: 99)
        let x = random.values(rows * Self.width, scale: 1)
        var y = [Float](repeating: 0, count: rows * Self.vocabulary)
        let product = { pool.multiply(x, rows: rows, matrix, into: &y) }
        // Once without counting: some tables and buffers are made by the first call.
        product()
        counted("product of \(rows) x \(Self.vocabulary) x \(Self.width), \(stored.name)", product)
      }
    }
    var random = RandomNumbers(seed: 7)
    let states = random.values(49 * Self.width, scale: 1.7)
    let matrix = try StoredMatrix(.f32, rows: Self.vocabulary, columns: Self.width, seed: 5)
    let job = LensJob(states, positions: 1, rowsPerPosition: 49, top: 10, matrix)
    try job.run(pool)
    var failure: (any Error)?
    counted("lens of 49 rows, \(Self.vocabulary) x \(Self.width), F32") {
      do { try job.run(pool) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Calls `body` where a tool counts, and prints its name.
  private func counted(_ name: String, _ body: () -> Void) {
    withoutActuallyEscaping(body) { body in
      let box = Box(body)
      withExtendedLifetime(box) {
        counted_call(
          { context in
            guard let context else { return }
            Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().body()
          }, Unmanaged.passUnretained(box).toOpaque())
      }
    }
    print(name)
  }
}

/// A closure behind a pointer.
private final class Box {
  let body: () -> Void

  init(_ body: @escaping () -> Void) { self.body = body }
}
