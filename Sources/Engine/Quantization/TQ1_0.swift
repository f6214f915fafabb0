import Kernels

extension NumberFormat {
  /// Minus one, zero or one, five of them in a byte, with one scale for 256 values.
  public static let tq10 = NumberFormat(
    name: "TQ1_0", ggufType: 34, safetensorsName: nil, blockElements: 256, blockBytes: 54, decode: strata_decode_tq1_0)
}
