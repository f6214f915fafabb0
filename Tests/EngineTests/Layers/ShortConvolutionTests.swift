import Testing

@testable import Engine
@testable import Traces

@Suite("Convolutions of keys and outputs, biases of distances, and states of earlier blocks (Inkling)")
struct ShortConvolutionTests {
  private func rows(_ values: [[Float]]) -> FloatMatrix {
    let matrix = FloatMatrix(rows: values.count, columns: values[0].count)
    for (row, values) in values.enumerated() { matrix.put(values, intoRow: row) }
    return matrix
  }

  private func values(_ start: UnsafeMutablePointer<Float>, _ count: Int) -> [Float] { (0..<count).map { start[$0] } }

  @Test("a convolution adds earlier inputs to the own one, and sees zeros before a text")
  func convolution() {
    // Two channels; weights of the token before, then of the own.
    var convolution = ShortConvolution(
      convolution: Convolution(weights: [2, 3, 5, 7], channels: 2, kernel: 2), scale: 0.5)
    let kept = rows([[9, 1, 10], [9, 100, 1000]])
    let y = FloatMatrix(rows: 1, columns: 2)
    convolution.write(kept, column: 1, position: 0, taps: nil, into: y.start)
    // (5 + 1) / 2, (70 + 10) / 2
    #expect(values(y.start, 2) == [3, 40])
    convolution.write(kept, column: 1, position: 1, taps: nil, into: y.start)
    // (2 + 500 + 100) / 2, (30 + 7000 + 1000) / 2
    #expect(values(y.start, 2) == [301, 4015])
    // Weights of a token: of two groups of one channel, the own input's first.
    convolution.taps = Projection(weights: WeightMatrix(FloatMatrix(rows: 4, columns: 1), name: "taps"))
    let taps = rows([[1, 2, 3, 4]])
    convolution.write(kept, column: 1, position: 1, taps: taps.start, into: y.start)
    // (2 + 2 + 600 + 100) / 2, (30 + 40 + 10000 + 1000) / 2
    #expect(values(y.start, 2) == [352, 5535])
  }

  @Test("a bias is that of the distance, and none beyond the last profile")
  func bias() {
    let (profile, biases) = (rows([[1, 2, 3]]), FloatMatrix(rows: 1, columns: 5))
    RelativeBiasPass.spread(profile.start, reach: 3, over: 5, into: biases.start)
    #expect(values(biases.start, 5) == [0, 0, 3, 2, 1])
    RelativeBiasPass.spread(profile.start, reach: 3, over: 2, into: biases.start)
    #expect(values(biases.start, 2) == [2, 1])
  }

  @Test("a vector that is longer than its bound is shortened, a shorter one stays as it is")
  func bound() {
    let row = rows([[3, 4, 0.3, 0.4]])
    LengthBound(most: 1, width: 2).apply(row.start, heads: 2)
    let found = values(row.start, 4)
    #expect(abs(found[0] - 0.6) < 1e-6 && abs(found[1] - 0.8) < 1e-6)
    #expect(found[2...] == [0.3, 0.4])
    LengthBound(scales: [10, 0, 1, 1], most: 5, width: 2).apply(row.start, heads: 2)
    #expect(abs(row.start[0] - 5) < 1e-5 && row.start[1] == 0)
    #expect(values(row.start + 2, 2) == [0.3, 0.4])
  }

  @Test("a query grows with the logarithm of its position from a floor on")
  func temperature() {
    let temperature = AttentionTemperature(isSmooth: true, strength: 0.5, span: 4, offset: 1)
    #expect(temperature.factor(position: 0) == 1)
    #expect(temperature.factor(position: 3) == 1)
    #expect(abs(temperature.factor(position: 7) - 1.346_573_6) < 1e-6)
  }

  @Test("experts that every token uses share the weights of the chosen ones")
  func router() {
    let matrix = WeightMatrix(FloatMatrix(rows: 4, columns: 1), name: "router")
    let router = Router(
      projection: Projection(weights: matrix), scores: .each(.linear), correction: [0, 0, 9], chosen: 1, always: 1,
      normalisation: .sum(plus: 0), scale: 2)
    #expect(router.shares([5, 4, 1, 3]) == [.init(expert: 2, weight: 0.5), .init(expert: 3, weight: 1.5)])
  }

  @Test("every second row of a matrix")
  func everySecondRow() throws {
    let matrix = WeightMatrix(rows([[1, 2], [3, 4], [5, 6], [7, 8]]), name: "pair")
    let row = FloatMatrix(rows: 1, columns: 2)
    let odd = try #require(matrix.every(2, from: 1, named: "up"))
    #expect((odd.rows, odd.columns, odd.name) == (2, 2, "up"))
    odd.decodeRow(0, into: row.start)
    #expect(values(row.start, 2) == [3, 4])
    odd.decodeRow(1, into: row.start)
    #expect(values(row.start, 2) == [7, 8])
    #expect(matrix.flipped.every(2, from: 0, named: "none") == nil)
  }

  @Test("a pass through a loop begins with the state before it, and is told the states of the pass before")
  func plan() {
    let plan = Inkling2Plan(layers: 4, each: 1, loop: (blocks: 1..<3, passes: 3))
    let expected: [Inkling2Plan.Run] = [
      .init(layer: 0, places: [], keeps: 0), .init(layer: 1, places: [0], keeps: 1),
      .init(layer: 2, places: [0, 1], keeps: 2),
      .init(layer: 1, restart: (keeps: 3, takes: 1), places: [0], keeps: 1, told: [2, 3]),
      .init(layer: 2, places: [0, 1], keeps: 4, told: [2, 3]),
      .init(layer: 1, restart: (keeps: 5, takes: 1), places: [0], keeps: 1, told: [4, 5]),
      .init(layer: 2, places: [0, 1], keeps: 6, told: [4, 5]), .init(layer: 3, places: [0, 1, 6], keeps: 7),
    ]
    #expect(plan.runs == expected)
    let sums = Inkling2Plan(layers: 5, each: 3, loop: nil)
    #expect(sums.runs.map(\.keeps) == [0, nil, nil, 1, nil])
    #expect(sums.runs.map(\.places) == [[], [0], [0], [0], [0, 1]])
  }
}
