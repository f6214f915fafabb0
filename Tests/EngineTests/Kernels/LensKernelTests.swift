import Foundation
import Kernels
import Testing

@testable import Engine

@Suite("Lens kernel")
struct LensKernelTests {
  struct Output: Equatable {
    var logSums: [Double]
    var entropies: [Double]
    var divergences: [Double]
    var logits: [Float]
    var greater: [Int64]
    var topIDs: [Int32]
    var topLogits: [Float]
    var marked: [Double] = []
  }

  /// Two columns of three rows each; the wanted ids differ from row to row.
  static let references: [Int32] = [2, 2, 2, 5, 5, 5]

  private func read(
    _ states: [Float], _ head: [Float], vocabulary: Int, width: Int, ids: [[Int32]], references: [Int32], top: Int,
    threads: Int, marks: [UInt8]? = nil
  ) throws -> Output {
    let pool = try ThreadPool(threads: threads)
    let rows = ids.count
    let flat = ids.flatMap { $0 }
    let offsets = ids.reduce(into: [Int32(0)]) { $0.append(($0.last ?? 0) + Int32($1.count)) }
    var output = Output(
      logSums: Array(repeating: 0, count: rows), entropies: Array(repeating: 0, count: rows),
      divergences: Array(repeating: 0, count: rows), logits: Array(repeating: 0, count: flat.count),
      greater: Array(repeating: 0, count: flat.count), topIDs: Array(repeating: 0, count: rows * top),
      topLogits: Array(repeating: 0, count: rows * top), marked: Array(repeating: 0, count: rows))
    let marked = (marks ?? []).map { $0 }
    var status: Int32 = -1
    states.withUnsafeBufferPointer { states in
      head.withUnsafeBufferPointer { head in
        flat.withUnsafeBufferPointer { flat in
          offsets.withUnsafeBufferPointer { offsets in
            references.withUnsafeBufferPointer { references in
              var unembedding = strata_head()
              unembedding.scale = 1
              unembedding.matrix.data = UnsafeRawPointer(head.baseAddress)
              unembedding.matrix.rows = vocabulary
              unembedding.matrix.columns = width
              unembedding.matrix.row_bytes = width * 4
              let places = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, marked.count))
              defer { places.deallocate() }
              for (place, mark) in marked.enumerated() { places[place] = mark }
              var request = strata_lens_request(
                states: states.baseAddress, rows: rows, reference: references.baseAddress, ids: flat.baseAddress,
                offsets: offsets.baseAddress, top: Int32(top), marks: marks == nil ? nil : UnsafePointer(places))
              var result = strata_lens_result(
                log_sum_exp: &output.logSums, entropy: &output.entropies, divergence: &output.divergences,
                logits: &output.logits, greater: &output.greater, top_ids: &output.topIDs,
                top_logits: &output.topLogits, marked: &output.marked)
              status = strata_lens(pool.handle, &unembedding, &request, &result)
            }
          }
        }
      }
    }
    #expect(status == 0)
    return output
  }

  /// Vocabularies around the tile of 256, and odd ones.
  @Test("agrees with plain sums in double", arguments: [1, 2, 15, 17, 255, 256, 257, 511, 513, 1000])
  func agreesWithPlainSums(vocabulary: Int) throws {
    let width = 19
    let states = hashed(6 * width)
    let head = hashed(vocabulary * width, seed: 5)
    let ids: [[Int32]] = (0..<6).map { row in [Int32(row * 7 % vocabulary), Int32(vocabulary - 1)] }
    let top = min(10, vocabulary)
    let output = try read(
      states, head, vocabulary: vocabulary, width: width, ids: ids, references: Self.references, top: top, threads: 2)
    let logits = (0..<6).map { r in
      (0..<vocabulary).map { v in
        strata_dot(Array(states[(r * width)..<((r + 1) * width)]), Array(head[(v * width)..<((v + 1) * width)]), width)
      }
    }
    func logProbabilities(_ x: [Float]) -> [Double] {
      let maximum = Double(x.max() ?? 0)
      let sum = x.reduce(0.0) { $0 + exp(Double($1) - maximum) }
      return x.map { Double($0) - maximum - log(sum) }
    }
    var largest = 0.0
    for r in 0..<6 {
      let x = logits[r]
      let p = logProbabilities(x)
      let q = logProbabilities(logits[Int(Self.references[r])])
      let entropy = -p.reduce(0.0) { $0 + exp($1) * $1 }
      let divergence = zip(q, p).reduce(0.0) { $0 + exp($1.0) * ($1.0 - $1.1) }
      largest = max(largest, abs(output.entropies[r] - entropy), abs(output.divergences[r] - divergence))
      largest = max(largest, abs(Double(x[0]) - output.logSums[r] - p[0]))
      for (i, id) in ids[r].enumerated() {
        #expect(output.logits[r * 2 + i] == x[Int(id)])
        #expect(output.greater[r * 2 + i] == Int64(x.filter { $0 > x[Int(id)] }.count))
      }
      let order = x.indices.sorted { (x[$0], $1) > (x[$1], $0) }
      #expect(output.topIDs[(r * top)..<((r + 1) * top)].map { Int($0) } == Array(order.prefix(top)))
      #expect(Array(output.topLogits[(r * top)..<((r + 1) * top)]) == order.prefix(top).map { x[$0] })
    }
    print("lens, vocabulary \(vocabulary): largest difference from double sums \(largest)")
    #expect(largest < 2e-5)
    #expect(output.divergences[2] == 0 && output.divergences[5] == 0)
  }

  @Test("sums the probabilities of marked tokens, on any number of threads", arguments: [1, 255, 257, 700])
  func sumsMarkedTokens(vocabulary: Int) throws {
    let width = 19
    let (states, head) = (hashed(6 * width), hashed(vocabulary * width, seed: 5))
    let marks = (0..<vocabulary).map { UInt8($0 % 3 == 0 ? 1 : 0) }
    let ids = [[Int32]](repeating: [], count: 6)
    let one = try read(
      states, head, vocabulary: vocabulary, width: width, ids: ids, references: Self.references, top: 0, threads: 1,
      marks: marks)
    let three = try read(
      states, head, vocabulary: vocabulary, width: width, ids: ids, references: Self.references, top: 0, threads: 3,
      marks: marks)
    #expect(one == three)
    for row in 0..<6 {
      let logits = (0..<vocabulary).map { v in
        Double(
          strata_dot(
            Array(states[(row * width)..<((row + 1) * width)]), Array(head[(v * width)..<((v + 1) * width)]), width))
      }
      let all = logits.reduce(0) { $0 + exp($1) }
      let some = zip(logits, marks).reduce(0) { $1.1 == 1 ? $0 + exp($1.0) : $0 }
      #expect(abs(one.marked[row] - log(some / all)) < 1e-6)
    }
  }

  @Test("puts the smaller id first among equals, and counts only strictly greater logits")
  func breaksTiesByID() throws {
    let vocabulary = 700
    let head = [Float](repeating: 1, count: vocabulary)
    let output = try read(
      [3], head, vocabulary: vocabulary, width: 1, ids: [[699]], references: [0], top: 5, threads: 3)
    #expect(output.topIDs == [0, 1, 2, 3, 4])
    #expect(output.greater == [0])
    #expect(abs(output.entropies[0] - log(700)) < 1e-6)
  }

  @Test("is the same to the byte for any number of threads and beside any other states")
  func doesNotDependOnThreadsOrNeighbours() throws {
    let (vocabulary, width) = (1111, 33)
    let states = hashed(6 * width)
    let head = hashed(vocabulary * width, seed: 6)
    let ids: [[Int32]] = (0..<6).map { [Int32($0)] }
    let together = try read(
      states, head, vocabulary: vocabulary, width: width, ids: ids, references: Self.references, top: 7, threads: 1)
    for threads in [2, 3, 5] {
      #expect(
        try read(
          states, head, vocabulary: vocabulary, width: width, ids: ids, references: Self.references, top: 7,
          threads: threads) == together)
    }
    let alone = try read(
      Array(states[(3 * width)...]), head, vocabulary: vocabulary, width: width, ids: Array(ids[3...]),
      references: [2, 2, 2], top: 7, threads: 2)
    #expect(alone.logSums == Array(together.logSums[3...]))
    #expect(alone.entropies == Array(together.entropies[3...]))
    #expect(alone.divergences == Array(together.divergences[3...]))
    #expect(alone.topLogits == Array(together.topLogits[(3 * 7)...]))
  }

  /// More states than one pass over the head takes.
  ///
  /// Columns of seven rows, and one of 798 with references at its end and at its beginning, so that no pass may end between.
  @Test("is the same to the byte in several passes over the head")
  func doesNotDependOnPasses() throws {
    let (vocabulary, width, rows, top) = (300, 19, 2800, 3)
    let states = hashed(rows * width)
    let head = hashed(vocabulary * width, seed: 7)
    let marks = (0..<vocabulary).map { UInt8($0 % 2) }
    let ids: [[Int32]] = (0..<rows).map { row in (0..<(row % 4)).map { Int32((row + 11 * $0) % vocabulary) } }
    let long = 903..<1701
    let columns = stride(from: 0, to: rows, by: 7).map { $0..<($0 + 7) }.filter { !long.overlaps($0) } + [long]
    var references = [Int32](repeating: 0, count: rows)
    for column in columns {
      for row in column { references[row] = Int32(column.upperBound - 1) }
    }
    references[long.upperBound - 1] = Int32(long.lowerBound)
    let together = try read(
      states, head, vocabulary: vocabulary, width: width, ids: ids, references: references, top: top, threads: 2,
      marks: marks)
    var wanted = [0]
    for own in ids { wanted.append((wanted.last ?? 0) + own.count) }
    for column in columns {
      let alone = try read(
        Array(states[(column.lowerBound * width)..<(column.upperBound * width)]), head, vocabulary: vocabulary,
        width: width, ids: Array(ids[column]),
        references: references[column].map { $0 - Int32(column.lowerBound) }, top: top, threads: 1, marks: marks)
      let own = wanted[column.lowerBound]..<wanted[column.upperBound]
      let best = (column.lowerBound * top)..<(column.upperBound * top)
      #expect(
        alone
          == Output(
            logSums: Array(together.logSums[column]), entropies: Array(together.entropies[column]),
            divergences: Array(together.divergences[column]), logits: Array(together.logits[own]),
            greater: Array(together.greater[own]), topIDs: Array(together.topIDs[best]),
            topLogits: Array(together.topLogits[best]), marked: Array(together.marked[column])), "\(column)")
    }
  }

  @Test("a NaN among the logits reaches the sums, where it is found")
  func showsNaN() throws {
    var head = hashed(300 * 4)
    head[4 * 280] = .nan
    let output = try read(
      [1, 2, 3, 4], head, vocabulary: 300, width: 4, ids: [[0]], references: [0], top: 3, threads: 1)
    #expect(output.logSums[0].isNaN)
  }
}
