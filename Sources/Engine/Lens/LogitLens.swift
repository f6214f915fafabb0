import Foundation
import Kernels

/// The logit lens (nostalgebraist 2020): captured states times the unembedding, reduced tile by tile.
///
/// No [rows, V] array is ever made: vocabulary tiles are reduced in cache to the wanted numbers. Sums run in float32 within
/// tiles of 256 tokens and in double over tiles, in the vocabulary's order.
struct LogitLens {
  let head: Head
  let pool: ThreadPool
  /// 1 for tokens whose probabilities are summed; nil for no such sum. [V]
  var marks: [UInt8]?

  /// The numbers wanted of one state.
  struct Query {
    /// Ids whose rank and logit are wanted.
    var ids: [Int]
    /// Index of the reference state of the divergence.
    var reference: Int
  }

  /// The lens's numbers for one state.
  struct Reading {
    /// log sum exp of the logits.
    var logSumExp: Double
    /// Nats.
    var entropy: Double
    /// KL(reference || this) in nats.
    var divergence: Double
    /// Logits of the wanted ids, in their order.
    var logits: [Float]
    /// 1 + number of strictly greater logits, of the wanted ids.
    var ranks: [Int]
    /// Most probable ids, ties by smaller id.
    var topIDs: [Int]
    var topLogits: [Float]
    /// Natural logarithm of the probability of the marked tokens; nil without marks.
    var marked: Double?

    /// The same for some of the wanted ids.
    func only(_ asked: Range<Int>) -> Reading {
      var reading = self
      reading.logits = Array(logits[asked])
      reading.ranks = Array(ranks[asked])
      return reading
    }

    /// Natural logarithm of the probability of a logit.
    func logProbability(_ logit: Float) -> Float { Float(Double(logit) - logSumExp) }

    /// Natural logarithm of the sum of the logits' probabilities, summed in double from the largest.
    func logProbability(ofAny logits: some Collection<Float>) -> Float {
      let largest = Double(logits.max() ?? -.infinity)
      let sum = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
      return Float(largest + log(sum) - logSumExp)
    }
  }

  /// Projects states [queries.count, D], already normed if the lens requires it, and keeps the `top` best of each.
  ///
  /// - Throws: `RunError.noMemory`.
  func read(_ states: FloatMatrix, _ queries: [Query], top: Int, model: String) throws -> [Reading] {
    let rows = queries.count
    let ids = queries.flatMap { $0.ids.map { Int32($0) } }
    var offsets: [Int32] = [0]
    for query in queries { offsets.append((offsets.last ?? 0) + Int32(query.ids.count)) }
    let references = queries.map { Int32($0.reference) }
    var logSums = [Double](repeating: 0, count: rows)
    var entropies = [Double](repeating: 0, count: rows)
    var divergences = [Double](repeating: 0, count: rows)
    var logits = [Float](repeating: 0, count: ids.count)
    var greater = [Int64](repeating: 0, count: ids.count)
    var topIDs = [Int32](repeating: 0, count: rows * top)
    var topLogits = [Float](repeating: 0, count: rows * top)
    var marked = [Double](repeating: 0, count: marks == nil ? 0 : rows)
    let status = references.withUnsafeBufferPointer { references in
      ids.withUnsafeBufferPointer { ids in
        offsets.withUnsafeBufferPointer { offsets in
          (marks ?? []).withUnsafeBufferPointer { marks in
            var request = strata_lens_request(
              states: states.start, rows: rows, reference: references.baseAddress, ids: ids.baseAddress,
              offsets: offsets.baseAddress, top: Int32(top), marks: self.marks == nil ? nil : marks.baseAddress)
            return write(
              into: &logSums, &entropies, &divergences, &logits, &greater, &topIDs, &topLogits, &marked
            ) { result in
              head.withKernel { strata_lens(pool.handle, &$0, &request, &result) }
            }
          }
        }
      }
    }
    guard status == 0 else { throw RunError.noMemory(model: model) }
    return (0..<rows).map { row in
      let wanted = Int(offsets[row])..<Int(offsets[row + 1])
      let best = (row * top)..<((row + 1) * top)
      return Reading(
        logSumExp: logSums[row], entropy: max(0, entropies[row]), divergence: max(0, divergences[row]),
        logits: Array(logits[wanted]), ranks: greater[wanted].map { Int($0) + 1 },
        topIDs: topIDs[best].map { Int($0) }, topLogits: Array(topLogits[best]),
        marked: marks == nil ? nil : marked[row])
    }
  }

  private func write(
    into logSums: inout [Double], _ entropies: inout [Double], _ divergences: inout [Double],
    _ logits: inout [Float], _ greater: inout [Int64], _ topIDs: inout [Int32], _ topLogits: inout [Float],
    _ marked: inout [Double], _ body: (inout strata_lens_result) -> Int32
  ) -> Int32 {
    logSums.withUnsafeMutableBufferPointer { logSums in
      entropies.withUnsafeMutableBufferPointer { entropies in
        divergences.withUnsafeMutableBufferPointer { divergences in
          logits.withUnsafeMutableBufferPointer { logits in
            greater.withUnsafeMutableBufferPointer { greater in
              topIDs.withUnsafeMutableBufferPointer { topIDs in
                topLogits.withUnsafeMutableBufferPointer { topLogits in
                  marked.withUnsafeMutableBufferPointer { marked in
                    var result = strata_lens_result(
                      log_sum_exp: logSums.baseAddress, entropy: entropies.baseAddress,
                      divergence: divergences.baseAddress, logits: logits.baseAddress, greater: greater.baseAddress,
                      top_ids: topIDs.baseAddress, top_logits: topLogits.baseAddress, marked: marked.baseAddress)
                    return body(&result)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
