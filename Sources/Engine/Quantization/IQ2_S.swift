import Kernels

extension NumberFormat {
  /// As IQ2_XS with 1024 rows and all eight signs.
  public static let iq2S = NumberFormat(
    name: "IQ2_S", ggufType: 22, safetensorsName: nil, blockElements: 256, blockBytes: 82, decode: strata_decode_iq2_s)
}
