import Kernels

extension NumberFormat {
  /// Six bits with 8-bit scales for 16, which have one scale for 256 values.
  public static let q6K = NumberFormat(
    name: "Q6_K", ggufType: 14, safetensorsName: nil, blockElements: 256, blockBytes: 210, decode: strata_decode_q6_k,
    blocks: strata_blocks_q6_k)
}
