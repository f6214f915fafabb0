import Kernels

extension NumberFormat {
  /// As IQ3_XXS with 512 rows and all eight signs.
  public static let iq3S = NumberFormat(
    name: "IQ3_S", ggufType: 21, safetensorsName: nil, blockElements: 256, blockBytes: 110, decode: strata_decode_iq3_s)
}
