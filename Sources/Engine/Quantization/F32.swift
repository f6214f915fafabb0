import Kernels

extension NumberFormat {
  /// IEEE 754 binary32.
  public static let f32 = NumberFormat(
    name: "F32", ggufType: 0, safetensorsName: "F32", blockElements: 1, blockBytes: 4, decode: strata_decode_f32,
    blocks: strata_blocks_f32)
}
