import Kernels

extension NumberFormat {
  /// Four bits with 6-bit scales and minima for 32, which have a scale each for 256 values.
  public static let q4K = NumberFormat(
    name: "Q4_K", ggufType: 12, safetensorsName: nil, blockElements: 256, blockBytes: 144, decode: strata_decode_q4_k,
    blocks: strata_blocks_q4_k)
}
