import Kernels

extension NumberFormat {
  /// As IQ1_S with scales for 16 and shifts for 8.
  public static let iq1M = NumberFormat(
    name: "IQ1_M", ggufType: 29, safetensorsName: nil, blockElements: 256, blockBytes: 56, decode: strata_decode_iq1_m)
}
