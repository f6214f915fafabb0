import Kernels

extension NumberFormat {
  /// Eight magnitudes at once by number (256 rows) and seven signs, with 4-bit scales for 32 and one scale for 256 values.
  public static let iq2XXS = NumberFormat(
    name: "IQ2_XXS", ggufType: 16, safetensorsName: nil, blockElements: 256, blockBytes: 66,
    decode: strata_decode_iq2_xxs)
}
