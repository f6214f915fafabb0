import Kernels

extension NumberFormat {
  /// As IQ4_NL, with 6-bit scales for 32, which have one scale for 256 values.
  public static let iq4XS = NumberFormat(
    name: "IQ4_XS", ggufType: 23, safetensorsName: nil, blockElements: 256, blockBytes: 136,
    decode: strata_decode_iq4_xs)
}
