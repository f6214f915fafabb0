import Kernels

extension NumberFormat {
  /// As IQ2_XXS with 512 rows and 4-bit scales for 16.
  public static let iq2XS = NumberFormat(
    name: "IQ2_XS", ggufType: 17, safetensorsName: nil, blockElements: 256, blockBytes: 74, decode: strata_decode_iq2_xs
  )
}
