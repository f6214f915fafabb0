import Kernels

extension NumberFormat {
  /// Four magnitudes at once by number (256 rows) and seven signs for eight, with 4-bit scales for 32 and one scale for 256 values.
  public static let iq3XXS = NumberFormat(
    name: "IQ3_XXS", ggufType: 18, safetensorsName: nil, blockElements: 256, blockBytes: 98,
    decode: strata_decode_iq3_xxs)
}
