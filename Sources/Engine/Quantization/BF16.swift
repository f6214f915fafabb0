import Kernels

extension NumberFormat {
  /// bfloat16: the upper half of a binary32.
  public static let bf16 = NumberFormat(
    name: "BF16", ggufType: 30, safetensorsName: "BF16", blockElements: 1, blockBytes: 2, decode: strata_decode_bf16,
    blocks: strata_blocks_bf16)
}
