import Kernels

extension NumberFormat {
  /// Four bits with one scale for 32 values.
  public static let q40 = NumberFormat(
    name: "Q4_0", ggufType: 2, safetensorsName: nil, blockElements: 32, blockBytes: 18, decode: strata_decode_q4_0,
    blocks: strata_blocks_q4_0)
}
