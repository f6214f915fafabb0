import Kernels

extension NumberFormat {
  /// Five bits with one scale for 32 values.
  public static let q50 = NumberFormat(
    name: "Q5_0", ggufType: 6, safetensorsName: nil, blockElements: 32, blockBytes: 22, decode: strata_decode_q5_0,
    blocks: strata_blocks_q5_0)
}
