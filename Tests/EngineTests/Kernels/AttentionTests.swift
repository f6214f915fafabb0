import Foundation
import Kernels
import Testing

@testable import Engine

@Suite("Attention kernel")
struct AttentionTests {
  /// One sequence: heads that share keys, a window, biases and a cap, as an architecture may ask for.
  struct Job: CustomTestStringConvertible, Sendable {
    var heads = 4
    var sharing = 2
    var width = 64
    /// Width of values, if it is not that of keys.
    var narrow: Int?
    var positions = 40
    var queries = 40
    var window: Int?
    var hasBiases = false
    var softcap: Float = 0
    var hasSinks = false
    var fixedSinks: [Float]?
    /// Whether every query has sinks of its own.
    var hasOwnSinks = false

    var testDescription: String {
      "\(heads) heads, \(sharing) on the same keys, \(width) and \(valueWidth) wide, \(queries) of \(positions), window \(window ?? 0), biases \(hasBiases), cap \(softcap), sinks \(hasSinks), of queries \(hasOwnSinks)"
    }
    var kvHeads: Int { heads / sharing }
    var valueWidth: Int { narrow ?? width }
    var keys: [Float] { hashed(positions * kvHeads * width, seed: 11) }
    var values: [Float] { hashed(positions * kvHeads * valueWidth, seed: 12) }
    var query: [Float] { hashed(queries * heads * width, seed: 13) }
    var biases: [Float] { hasBiases ? hashed(heads * positions, seed: 14) : [] }
    var sinks: [Float] { fixedSinks ?? (hasSinks ? hashed(heads, seed: 15).map { 3 * $0 } : []) }
    var ownSinks: [Float] { hasOwnSinks ? hashed(queries * heads, seed: 16).map { 3 * $0 } : [] }
    var scale: Float { 0.11 }

    func first(_ q: Int) -> Int { window.map { max(0, last(q) - $0 + 1) } ?? 0 }
    func last(_ q: Int) -> Int { positions - queries + q }

    /// What some of the queries see, in one call.
    func attend(_ range: Range<Int>, threads: Int, keys: [Float]? = nil) throws -> [Float] {
      let pool = try ThreadPool(threads: threads)
      let (keys, values, query, biases, sinks) = (keys ?? self.keys, values, query, biases, sinks)
      let ownSinks = FloatMatrix(rows: queries, columns: heads)
      for (place, sink) in self.ownSinks.enumerated() { ownSinks.start[place] = sink }
      var output = [Float](repeating: 7, count: range.count * heads * valueWidth)
      keys.withUnsafeBufferPointer { keys in
        values.withUnsafeBufferPointer { values in
          query.withUnsafeBufferPointer { query in
            biases.withUnsafeBufferPointer { biases in
              output.withUnsafeMutableBufferPointer { output in
                let rows = range.map { q in
                  strata_attention_row(
                    query: query.baseAddress.map { $0 + q * heads * width }, keys: keys.baseAddress,
                    values: values.baseAddress, biases: hasBiases ? biases.baseAddress : nil,
                    sinks: hasOwnSinks ? UnsafePointer(ownSinks.row(q)) : nil,
                    output: output.baseAddress.map { $0 + (q - range.lowerBound) * heads * valueWidth },
                    first: first(q),
                    last: last(q))
                }
                sinks.withUnsafeBufferPointer { sinks in
                  var scores = strata_scores(
                    scale: scale, softcap: softcap, bias_stride: positions,
                    sinks: sinks.isEmpty ? nil : sinks.baseAddress)
                  var shape = strata_heads(
                    heads: heads, kv_heads: kvHeads, key_width: width, value_width: valueWidth,
                    key_stride: kvHeads * width, value_stride: kvHeads * valueWidth)
                  withExtendedLifetime(ownSinks) { strata_attend(pool.handle, rows, rows.count, &shape, &scores) }
                }
              }
            }
          }
        }
      }
      return output
    }

    /// The same by the definition, in double.
    func exact(_ q: Int, head: Int) -> [Double] {
      let (keys, values, query, biases) = (keys, values, query, biases)
      let shared = head / sharing * width
      let scores = (first(q)...last(q)).map { p in
        var score = (0..<width).reduce(0.0) {
          $0 + Double(query[(q * heads + head) * width + $1]) * Double(keys[p * kvHeads * width + shared + $1])
        }
        score *= Double(scale)
        if softcap != 0 { score = Double(softcap) * tanh(score / Double(softcap)) }
        return hasBiases ? score + Double(biases[head * positions + p]) : score
      }
      let known = hasOwnSinks ? ownSinks[q * heads + head] : sinks.isEmpty ? -Float.infinity : sinks[head]
      let sink = Double(known)
      let best = max(scores.max() ?? 0, sink)
      let weights = scores.map { exp($0 - best) }
      let sum = weights.reduce(exp(sink - best), +)
      return (0..<valueWidth).map { i in
        weights.enumerated().reduce(0.0) {
          $0 + $1.element / sum
            * Double(values[((first(q) + $1.offset) * kvHeads + head / sharing) * valueWidth + i])
        }
      }
    }
  }

  static let jobs = [
    Job(), Job(heads: 9, sharing: 3, positions: 130, queries: 70),
    Job(heads: 3, sharing: 1, width: 7, positions: 19, queries: 19),
    Job(heads: 4, sharing: 4, width: 256, positions: 90, queries: 30, window: 25),
    Job(heads: 6, sharing: 3, width: 40, positions: 75, queries: 37, hasBiases: true),
    Job(heads: 2, sharing: 1, width: 20, positions: 33, queries: 33, window: 5, hasBiases: true, softcap: 30),
    Job(heads: 26, sharing: 26, width: 16, positions: 30, queries: 3), Job(positions: 1, queries: 1),
    Job(heads: 6, sharing: 2, width: 24, positions: 50, queries: 50, hasSinks: true),
    Job(heads: 8, sharing: 8, width: 64, positions: 70, queries: 9, window: 13, softcap: 20, hasSinks: true),
    Job(positions: 1, queries: 1, hasSinks: true),
    Job(heads: 6, sharing: 3, width: 24, positions: 50, queries: 50, hasSinks: true, hasOwnSinks: true),
    Job(heads: 4, sharing: 2, width: 16, positions: 40, queries: 11, window: 7, hasBiases: true, hasOwnSinks: true),
    Job(heads: 6, sharing: 2, width: 24, narrow: 9, positions: 41, queries: 20),
    Job(heads: 16, sharing: 16, width: 36, narrow: 80, positions: 50, queries: 1, hasSinks: true),
  ]

  @Test("agrees with the definition in double", arguments: jobs)
  func agreesWithTheDefinition(job: Job) throws {
    let output = try job.attend(0..<job.queries, threads: 2)
    var largest = 0.0
    for q in 0..<job.queries {
      for head in 0..<job.heads {
        let exact = job.exact(q, head: head)
        for i in 0..<job.valueWidth {
          largest = max(largest, abs(Double(output[(q * job.heads + head) * job.valueWidth + i]) - exact[i]))
        }
      }
    }
    print("attention, \(job.testDescription): largest difference \(largest)")
    #expect(largest < 5e-6)
  }

  @Test("is the same bytes for one query as for many, on any number of threads", arguments: jobs)
  func doesNotDependOnCompany(job: Job) throws {
    let together = try job.attend(0..<job.queries, threads: 1).map(\.bitPattern)
    #expect(try job.attend(0..<job.queries, threads: 3).map(\.bitPattern) == together)
    let size = job.heads * job.valueWidth
    for q in Set([0, job.queries / 2, job.queries - 1]) {
      let alone = try job.attend(q..<(q + 1), threads: 1).map(\.bitPattern)
      #expect(alone == Array(together[(q * size)..<((q + 1) * size)]), "query \(q)")
    }
  }

  @Test("gives a sink far below all scores no share, and one far above them everything")
  func sinksTakeTheirShare() throws {
    let job = Job(heads: 2, sharing: 1, width: 8, positions: 20, queries: 20)
    var (low, high) = (job, job)
    (low.fixedSinks, high.fixedSinks) = ([-1000, -1000], [1000, 1000])
    #expect(try low.attend(0..<20, threads: 2) == job.attend(0..<20, threads: 2))
    #expect(try high.attend(0..<20, threads: 2).allSatisfy { $0 == 0 })
  }

  @Test("shows a sink that is not a number to its head alone")
  func showsABrokenSink() throws {
    var job = Job(heads: 2, sharing: 1, width: 8, positions: 20, queries: 20)
    job.fixedSinks = [.nan, 0]
    let output = try job.attend(0..<20, threads: 2)
    for q in 0..<20 {
      #expect(output[(q * 16)..<(q * 16 + 8)].allSatisfy { $0.isNaN })
      #expect(output[(q * 16 + 8)..<(q * 16 + 16)].allSatisfy { $0.isFinite })
    }
  }

  @Test("shows a key that is not a number to those who look at it, and to no one else")
  func showsWhatIsBroken() throws {
    let job = Job(heads: 2, sharing: 1, width: 8, positions: 20, queries: 20)
    var keys = job.keys
    keys[12 * job.kvHeads * job.width] = .nan
    let output = try job.attend(0..<20, threads: 2, keys: keys)
    let sound = try job.attend(0..<20, threads: 2)
    for q in 0..<20 {
      let (own, other) = (q * 16, q * 16 + 8)
      #expect(output[own..<other].allSatisfy { $0.isNaN } == (q >= 12))
      #expect(output[other..<(other + 8)] == sound[other..<(other + 8)])
      if q < 12 { #expect(output[own..<other] == sound[own..<other]) }
    }
  }
}
