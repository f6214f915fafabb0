import Kernels

extension NumberFormat {
  /// Minus one, zero or one (or two) in two bits, with one scale for 256 values.
  public static let tq20 = NumberFormat(
    name: "TQ2_0", ggufType: 35, safetensorsName: nil, blockElements: 256, blockBytes: 66, decode: strata_decode_tq2_0)
}
