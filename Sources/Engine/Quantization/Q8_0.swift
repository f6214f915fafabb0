import Kernels

extension NumberFormat {
  /// Signed bytes with one scale for 32 values.
  public static let q80 = NumberFormat(
    name: "Q8_0", ggufType: 8, safetensorsName: nil, blockElements: 32, blockBytes: 34, decode: strata_decode_q8_0,
    blocks: strata_blocks_q8_0)
}
