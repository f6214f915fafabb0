import Kernels

extension NumberFormat {
  /// Five bits with 6-bit scales and minima for 32, which have a scale each for 256 values.
  public static let q5K = NumberFormat(
    name: "Q5_K", ggufType: 13, safetensorsName: nil, blockElements: 256, blockBytes: 176, decode: strata_decode_q5_k,
    blocks: strata_blocks_q5_k)
}
