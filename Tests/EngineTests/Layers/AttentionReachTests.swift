import Testing

@testable import Engine

@Suite("What attention sees, and what of it is stored")
struct AttentionReachTests {
  @Test("keys and values of an earlier layer are stored once")
  func sharedKeysAreStoredOnce() throws {
    // Two sliding layers with heads of 8, two full ones with heads of 16; the upper two use what the lower two store.
    let network = try ParityModel(name: "gemma4", kind: .safetensors).open().network
    #expect(network.blocks.map(\.attention?.source) == [nil, nil, 0, 1])
    #expect(KVCache.bytesPerPosition(network) == (2 * 8 + 2 * 16) * 4)
    let cache = KVCache(network, capacity: 3)
    #expect(cache.keys(block: 2) === cache.keys(block: 0))
    #expect(cache.values(block: 3) === cache.values(block: 1))
    #expect(cache.keys(block: 3).columns == 16)
  }

  @Test("a window ends before the query, a chunk begins at a multiple of its length")
  func windowsSlideAndChunksDoNot() throws {
    let network = try ParityModel(name: "llama", kind: .safetensors).open().network
    var attention = try #require(network.blocks[0].attention)
    #expect([0, 4, 9].map(attention.first(position:)) == [0, 0, 0])
    attention.window = 4
    #expect([0, 3, 4, 9].map(attention.first(position:)) == [0, 0, 1, 6])
    attention.window = nil
    attention.chunk = 5
    #expect([0, 4, 5, 9, 10, 12].map(attention.first(position:)) == [0, 0, 5, 5, 10, 10])
  }
}
