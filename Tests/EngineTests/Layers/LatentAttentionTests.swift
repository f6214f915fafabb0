import Testing

@testable import Engine
@testable import Traces

@Suite("Latent attention")
struct LatentAttentionTests {
  @Test("keeps the latent vector and the shared key of a position, not the keys and values of its heads")
  func theCacheHoldsTheLatent() throws {
    // A rank of 20 and a key of 4 in each of two layers; 4 heads of 10 and 4 of 4 would be 112 floats.
    let latent = try ParityModel(name: "minicpm3", kind: .safetensors).open().network
    #expect(KVCache.bytesPerPosition(latent) == 2 * (20 + 4) * 4)
    let full = try ParityModel(name: "llama", kind: .safetensors).open().network
    let widths = full.blocks.compactMap(\.attention).map { 2 * $0.kvHeads * $0.headWidth }
    #expect(KVCache.bytesPerPosition(full) == widths.reduce(0, +) * 4)
    let cache = KVCache(latent, capacity: 5)
    #expect(cache.keys(block: 1).columns == 24)
    #expect(cache.values(block: 1).columns == 0)
  }

  @Test("reads weights with rows and columns exchanged, of plain numbers in place and of blocks decoded")
  func flippedWeightsAreTheSameNumbers() throws {
    let values = FloatMatrix(rows: 5, columns: 7)
    for i in 0..<35 { values.start[i] = Float(i * i % 17) - 8 }
    let stored = WeightMatrix(values, name: "stored")
    let slice = stored.slice(2..<4)
    let flipped = slice.flipped
    #expect((flipped.rows, flipped.columns) == (7, 2))
    #expect((flipped.firstRow, flipped.storedRows) == (2, 5))
    var row = [Float](repeating: 0, count: 2)
    for column in 0..<7 {
      row.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { flipped.decodeRow(column, into: start) } }
      #expect(row == [values.row(2)[column], values.row(3)[column]])
    }
    let back = flipped.flipped
    #expect((back.rows, back.columns, back.firstRow) == (2, 7, 2))
    var whole = [Float](repeating: 0, count: 7)
    whole.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { back.decodeRow(1, into: start) } }
    #expect(whole == (0..<7).map { values.row(3)[$0] })
  }
}
