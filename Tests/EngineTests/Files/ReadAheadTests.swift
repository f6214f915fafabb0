import Testing

@testable import Engine

@Suite("Reading ahead")
struct ReadAheadTests {
  @Test func goesBlockByBlockAndToTheHeadAtLast() {
    let names = ["token_embd.weight", "blk.10.ffn_up.weight", "blk.2.attn_q.weight", "blk.2.attn_k.weight"]
    #expect(ReadAhead.order(names) == [names[3], names[2], names[1], names[0]])
    let hub = ["lm_head.weight", "model.layers.1.mlp.experts.0.w1.weight", "model.layers.0.mlp.experts.1.w1.weight"]
    #expect(ReadAhead.order(hub) == [hub[2], hub[1], hub[0]])
  }

  @Test(arguments: ParityModel.all)
  func asksForEveryTensorOnce(_ tiny: ParityModel) throws {
    let files = try openModelFiles(path: tiny.path)
    #expect(ReadAhead.order(files.tensors.keys).sorted() == files.tensors.keys.sorted())
    // Asking does no harm, also twice.
    for _ in 0..<2 { ReadAhead(files).begin(owner: files) }
  }
}
