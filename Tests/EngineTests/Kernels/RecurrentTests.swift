import Foundation
import Kernels
import Testing

@testable import Engine

@Suite("Kernels of recurrent layers")
struct RecurrentTests {
  /// One head of one text: widths that fill registers and that do not.
  struct Job: CustomTestStringConvertible, Sendable {
    var keyWidth: Int
    var valueWidth: Int
    var corrects: Bool
    var tokens = 23

    var testDescription: String { "keys \(keyWidth) wide, values \(valueWidth) wide, corrects \(corrects)" }
    var keys: [Float] { hashed(tokens * keyWidth, seed: 31) }
    var queries: [Float] { hashed(tokens * keyWidth, seed: 32) }
    var values: [Float] { hashed(tokens * valueWidth, seed: 33) }
    var kept: [Float] { hashed(tokens, seed: 34).map { 0.9 + 0.09 * $0 } }
    var written: [Float] { hashed(tokens, seed: 35).map { 0.5 + 0.4 * $0 } }
    let skip: Float = 0.75

    /// Outputs and the last state of tokens that are run in pieces.
    func scan(_ pieces: [Range<Int>], threads: Int) throws -> (outputs: [Float], state: [Float]) {
      let pool = try ThreadPool(threads: threads)
      func matrix(_ values: [Float], _ columns: Int) -> FloatMatrix {
        let matrix = FloatMatrix(rows: values.count / columns, columns: columns)
        matrix.start.update(from: values, count: values.count)
        return matrix
      }
      // Both widths stand in one row, as channels do.
      let width = 2 * keyWidth + valueWidth
      let rows = FloatMatrix(rows: tokens, columns: width)
      for t in 0..<tokens {
        for i in 0..<keyWidth {
          rows.row(t)[i] = queries[t * keyWidth + i]
          rows.row(t)[keyWidth + i] = keys[t * keyWidth + i]
        }
        for i in 0..<valueWidth { rows.row(t)[2 * keyWidth + i] = values[t * valueWidth + i] }
      }
      let (kept, written) = (matrix(kept, 1), matrix(written, 1))
      let state = FloatMatrix(rows: keyWidth, columns: valueWidth)
      let outputs = FloatMatrix(rows: tokens, columns: valueWidth)
      var how = strata_head_scan(
        key_width: keyWidth, value_width: valueWidth, corrects: corrects ? 1 : 0, kept_by_key: 0)
      for piece in pieces {
        let first = piece.lowerBound
        let row = strata_head_row(
          query: rows.row(first), key: rows.row(first) + keyWidth, value: rows.row(first) + 2 * keyWidth,
          stride: width, kept: kept.row(first), kept_stride: 1, written: written.row(first), written_stride: 1,
          skip: skip, state: state.start, output: outputs.row(first), output_stride: valueWidth, tokens: piece.count)
        strata_scan_heads(pool.handle, [row], 1, &how)
      }
      func array(_ matrix: FloatMatrix) -> [Float] {
        Array(UnsafeBufferPointer(start: matrix.start, count: matrix.rows * matrix.columns))
      }
      return (array(outputs), array(state))
    }

    /// The outputs by the definition, in double.
    var plain: [Double] {
      var state = [Double](repeating: 0, count: keyWidth * valueWidth)
      var outputs: [Double] = []
      let (keys, queries, values, kept, written) = (keys, queries, values, kept, written)
      for t in 0..<tokens {
        for i in state.indices { state[i] *= Double(kept[t]) }
        for v in 0..<valueWidth {
          let known =
            corrects
            ? (0..<keyWidth).reduce(0) { $0 + Double(keys[t * keyWidth + $1]) * state[$1 * valueWidth + v] } : 0
          let change = Double(written[t]) * (Double(values[t * valueWidth + v]) - known)
          var sum = Double(skip) * Double(values[t * valueWidth + v])
          for n in 0..<keyWidth {
            state[n * valueWidth + v] += Double(keys[t * keyWidth + n]) * change
            sum += Double(queries[t * keyWidth + n]) * state[n * valueWidth + v]
          }
          outputs.append(sum)
        }
      }
      return outputs
    }
  }

  static let jobs = [false, true].flatMap { corrects in
    [(5, 3), (16, 32), (7, 41), (12, 64), (3, 100)].map { Job(keyWidth: $0, valueWidth: $1, corrects: corrects) }
  }

  @Test("A scan of heads is the recurrence by its definition", arguments: jobs)
  func aScanIsItsDefinition(_ job: Job) throws {
    let found = try job.scan([0..<job.tokens], threads: 2).outputs
    let expected = job.plain
    let size = expected.map(abs).max() ?? 1
    let largest = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 1
    #expect(found.count == expected.count && largest < 1e-5 * max(1, size), "\(largest) of \(size)")
  }

  @Test("Many tokens at once, in pieces and one by one are the same bytes on any number of threads", arguments: jobs)
  func stepsAreTheScan(_ job: Job) throws {
    let whole = try job.scan([0..<job.tokens], threads: 1)
    let steps = try job.scan((0..<job.tokens).map { $0..<($0 + 1) }, threads: 3)
    let pieces = try job.scan([0..<9, 9..<10, 10..<job.tokens], threads: 2)
    for other in [steps, pieces] {
      #expect(other.outputs.map(\.bitPattern) == whole.outputs.map(\.bitPattern))
      #expect(other.state.map(\.bitPattern) == whole.state.map(\.bitPattern))
    }
  }

  @Test(
    "A convolution reads the last inputs of each channel, wherever its tokens are cut", arguments: [1, 2, 4],
    [3, 8, 70])
  func aConvolutionIsItsDefinition(kernel: Int, channels: Int) throws {
    let tokens = 11
    let (inputs, weights) = (hashed(tokens * channels, seed: 41), hashed(kernel * channels, seed: 42))
    let bias = hashed(channels, seed: 43)
    let pool = try ThreadPool(threads: 2)
    let input = FloatMatrix(rows: tokens, columns: channels)
    input.start.update(from: inputs, count: inputs.count)
    func run(_ pieces: [Range<Int>]) -> [Float] {
      let past = FloatMatrix(rows: kernel - 1, columns: channels)
      let output = FloatMatrix(rows: tokens, columns: channels)
      weights.withUnsafeBufferPointer { weights in
        bias.withUnsafeBufferPointer { bias in
          var how = strata_convolution(
            weights: weights.baseAddress, bias: bias.baseAddress, channels: channels, kernel: kernel)
          for piece in pieces {
            let row = strata_convolution_row(
              input: input.row(piece.lowerBound), input_stride: channels, past: past.start,
              output: output.row(piece.lowerBound), output_stride: channels, tokens: piece.count)
            strata_convolve(pool.handle, [row], 1, &how)
          }
        }
      }
      return Array(UnsafeBufferPointer(start: output.start, count: tokens * channels))
    }
    let whole = run([0..<tokens])
    for t in 0..<tokens {
      for c in 0..<channels {
        var sum = Double(bias[c])
        for j in 0..<kernel where t + j - kernel + 1 >= 0 {
          sum += Double(weights[j * channels + c]) * Double(inputs[(t + j - kernel + 1) * channels + c])
        }
        #expect(abs(sum - Double(whole[t * channels + c])) < 1e-5)
      }
    }
    #expect(run((0..<tokens).map { $0..<($0 + 1) }).map(\.bitPattern) == whole.map(\.bitPattern))
    #expect(run([0..<2, 2..<7, 7..<tokens]).map(\.bitPattern) == whole.map(\.bitPattern))
  }

  @Test(
    "A gated recurrence of channels is its definition, wherever its tokens are cut", arguments: [3, 16, 70])
  func aKeptScanIsItsDefinition(channels: Int) throws {
    let tokens = 13
    let gates = hashed(tokens * channels, seed: 51).map { 0.1 + abs($0) }
    let decays = hashed(channels, seed: 52).map { -0.1 - abs($0) }
    let values = hashed(tokens * channels, seed: 53)
    func run(_ pieces: [Range<Int>], threads: Int) throws -> [Float] {
      let pool = try ThreadPool(threads: threads)
      let (kept, written) = (
        FloatMatrix(rows: tokens, columns: channels), FloatMatrix(rows: tokens, columns: channels)
      )
      kept.start.update(from: gates, count: gates.count)
      written.start.update(from: values, count: values.count)
      for t in 0..<tokens { strata_keep(kept.row(t), decays, written.row(t), t == 0 ? 1 : 0, channels) }
      let (state, output) = (FloatMatrix(rows: 1, columns: channels), FloatMatrix(rows: tokens, columns: channels))
      for piece in pieces {
        let first = piece.lowerBound
        let row = strata_kept_row(
          kept: kept.row(first), kept_stride: channels, written: written.row(first), written_stride: channels,
          state: state.start, output: output.row(first), output_stride: channels, tokens: piece.count)
        strata_scan_kept(pool.handle, [row], 1, channels)
      }
      return Array(UnsafeBufferPointer(start: output.start, count: tokens * channels))
    }
    let whole = try run([0..<tokens], threads: 1)
    for c in 0..<channels {
      var state = 0.0
      for t in 0..<tokens {
        let place = t * channels + c
        let kept = exp(Double(gates[place]) * Double(decays[c]))
        state = kept * state + Double(values[place]) * (t == 0 ? 1 : (1 - kept * kept).squareRoot())
        #expect(abs(state - Double(whole[place])) < 1e-5)
      }
    }
    #expect(try run((0..<tokens).map { $0..<($0 + 1) }, threads: 3).map(\.bitPattern) == whole.map(\.bitPattern))
    #expect(try run([0..<2, 2..<9, 9..<tokens], threads: 2).map(\.bitPattern) == whole.map(\.bitPattern))
  }
}
