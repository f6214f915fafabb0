import Kernels

extension NumberFormat {
  /// Three bits with 6-bit scales for 16, which have one scale for 256 values.
  public static let q3K = NumberFormat(
    name: "Q3_K", ggufType: 11, safetensorsName: nil, blockElements: 256, blockBytes: 110, decode: strata_decode_q3_k)
}
