import Kernels

extension NumberFormat {
  /// Eight of minus one, zero and one at once by number (2048 rows), with 3-bit scales and a shift for 32 and one scale for 256 values.
  public static let iq1S = NumberFormat(
    name: "IQ1_S", ggufType: 19, safetensorsName: nil, blockElements: 256, blockBytes: 50, decode: strata_decode_iq1_s)
}
