import Kernels

extension NumberFormat {
  /// Two bits with 4-bit scales and minima for 16, which have a scale each for 256 values.
  public static let q2K = NumberFormat(
    name: "Q2_K", ggufType: 10, safetensorsName: nil, blockElements: 256, blockBytes: 84, decode: strata_decode_q2_k)
}
