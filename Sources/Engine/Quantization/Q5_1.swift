import Kernels

extension NumberFormat {
  /// Five bits with a scale and a minimum for 32 values.
  public static let q51 = NumberFormat(
    name: "Q5_1", ggufType: 7, safetensorsName: nil, blockElements: 32, blockBytes: 24, decode: strata_decode_q5_1,
    blocks: strata_blocks_q5_1)
}
