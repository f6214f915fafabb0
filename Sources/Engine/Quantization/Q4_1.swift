import Kernels

extension NumberFormat {
  /// Four bits with a scale and a minimum for 32 values.
  public static let q41 = NumberFormat(
    name: "Q4_1", ggufType: 3, safetensorsName: nil, blockElements: 32, blockBytes: 20, decode: strata_decode_q4_1,
    blocks: strata_blocks_q4_1)
}
