import Kernels

extension NumberFormat {
  /// Four bits that choose one of 16 unevenly spaced values, with one scale for 32.
  public static let iq4NL = NumberFormat(
    name: "IQ4_NL", ggufType: 20, safetensorsName: nil, blockElements: 32, blockBytes: 18, decode: strata_decode_iq4_nl)
}
