import Foundation
import Kernels

/// The further keys of attention for a batch of tokens: made when their last token is run, chosen, and attended to.
final class CompressionPass {
  /// The most keys that are gathered at a time, unless one query sees more.
  private static let mostRows = 8192

  private let pool: ThreadPool
  private let contents: FloatMatrix  // [T, widest contents of a token]
  private let gates: FloatMatrix  // [T, widest contents of a token]
  private let queries: FloatMatrix  // [T, indexer's heads * width]
  private let shares: FloatMatrix  // [T, indexer's heads]

  /// A workspace for up to `capacity` tokens per call.
  init(_ all: [Compression], pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let widest = all.flatMap(\.compressors).map(\.series).max() ?? 0
    let indexers = all.compactMap(\.indexer)
    contents = FloatMatrix(rows: capacity, columns: widest)
    gates = FloatMatrix(rows: capacity, columns: widest)
    queries = FloatMatrix(rows: capacity, columns: indexers.map(\.query.outputs).max() ?? 0)
    shares = FloatMatrix(rows: capacity, columns: indexers.map(\.heads).max() ?? 0)
  }

  /// Keeps what keys follow from, and makes the keys whose last token is among these.
  func keep(
    _ compression: Compression, _ attention: Attention, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix
  ) {
    for (index, compressor) in compression.compressors.enumerated() {
      let series = compressor.series
      compressor.contents.apply(x, count: tokens.count, into: contents, pool: pool)
      compressor.gates.apply(x, count: tokens.count, into: gates, pool: pool)
      for (t, token) in tokens.enumerated() {
        let row = token.cache.compressed(block: block)[index].tokens.row(token.position)
        row.update(from: contents.row(t), count: series)
        (row + series).update(from: gates.row(t), count: series)
      }
      let last = tokens.indices.filter { (tokens[$0].position + 1) % compressor.rate == 0 }
      pool.forRanges(last.count, work: 64 * compressor.rate * series) { part in
        for place in part {
          let token = tokens[last[place]]
          let rows = token.cache.compressed(block: block)[index]
          let key = token.position / compressor.rate
          compressor.makeKey(key, of: rows)
          guard let rotation = attention.rotation else { continue }
          var (cosines, sines): ([Float], [Float]) = ([], [])
          rotation.append(
            position: key * compressor.rate, textLength: token.cache.capacity, cosines: &cosines, sines: &sines)
          rotation.turn(
            rows.keys.row(key), heads: 1, width: compressor.width, isLast: true, cosines: cosines, sines: sines)
        }
      }
    }
  }

  /// The keys that each token sees, in their order.
  ///
  /// `low` [T, rank] are the queries of low rank, `turn` turns the heads of a token's row by its position.
  func choose(
    _ compression: Compression, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix, low: FloatMatrix,
    turn: (_ row: UnsafeMutablePointer<Float>, _ heads: Int, _ width: Int, _ t: Int) -> Void
  ) -> [[Int]] {
    var chosen = tokens.map { Array(0..<compression.visible(position: $0.position)) }
    guard let indexer = compression.indexer, chosen.contains(where: { $0.count > indexer.chosen }) else {
      return chosen
    }
    let (heads, width) = (indexer.heads, indexer.keys.width)
    indexer.query.apply(low, count: tokens.count, into: queries, pool: pool)
    indexer.shares.apply(x, count: tokens.count, into: shares, pool: pool)
    let scale = 1 / Float(width).squareRoot()
    let shareScale = 1 / Float(heads).squareRoot()
    chosen.withUnsafeMutableBufferPointer { chosen in
      guard let lists = chosen.baseAddress else { return }
      pool.forRanges(tokens.count, work: 64 * heads * width) { part in
        for t in part {
          let list = lists + t
          guard list.pointee.count > indexer.chosen else { continue }
          turn(queries.row(t), heads, width, t)
          let keys = tokens[t].cache.compressed(block: block)[1].keys
          let scores = list.pointee.map { key in
            (0..<heads).reduce(Float(0)) { sum, head in
              let product = strata_dot(queries.row(t) + head * width, keys.row(key), width)
              return sum + max(product, 0) * scale * (shares.row(t)[head] * shareScale)
            }
          }
          // Of equal ones the first; torch.topk states no order among them.
          let best = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
          list.pointee = best.prefix(indexer.chosen).sorted()
        }
      }
    }
    return chosen
  }

  /// Calls `attend` with some tokens at a time: their places in the batch, and for each the keys that it sees, its own text's first, one
  /// after the other, with their number.
  func gather(
    _ attention: Attention, block: Int, _ tokens: [ForwardPass.BatchToken], _ chosen: [[Int]],
    attend: (_ part: Range<Int>, _ keys: [(start: UnsafeMutablePointer<Float>, count: Int)]) -> Void
  ) {
    let width = attention.headWidth
    let counts = tokens.indices.map { t in
      tokens[t].position - attention.first(position: tokens[t].position) + 1 + chosen[t].count
    }
    var first = 0
    while first < tokens.count {
      var (end, rows) = (first, 0)
      var starts: [Int] = []
      while end < tokens.count, end == first || rows + counts[end] <= Self.mostRows {
        starts.append(rows)
        rows += counts[end]
        end += 1
      }
      let gathered = FloatMatrix(rows: rows, columns: width)
      let part = first..<end
      pool.forRanges(part.count, work: rows / part.count * width) { places in
        for place in places {
          let (token, own) = (tokens[part.lowerBound + place], chosen[part.lowerBound + place])
          let from = attention.first(position: token.position)
          let near = token.position - from + 1
          let target = gathered.row(starts[place])
          target.update(from: token.cache.keys(block: block).row(from), count: near * width)
          let keys = token.cache.compressed(block: block)[0].keys
          for (index, key) in own.enumerated() {
            (target + (near + index) * width).update(from: keys.row(key), count: width)
          }
        }
      }
      attend(part, part.map { (gathered.row(starts[$0 - part.lowerBound]), counts[$0]) })
      first = end
    }
  }
}
