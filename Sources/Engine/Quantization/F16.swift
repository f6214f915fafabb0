import Kernels

extension NumberFormat {
  /// IEEE 754 binary16.
  public static let f16 = NumberFormat(
    name: "F16", ggufType: 1, safetensorsName: "F16", blockElements: 1, blockBytes: 2, decode: strata_decode_f16,
    blocks: strata_blocks_f16)
}
