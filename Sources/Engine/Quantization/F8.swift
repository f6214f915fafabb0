import Kernels

extension NumberFormat {
  /// Eight-bit floats of four exponent and three fraction bits, without infinities (arXiv:2209.05433).
  public static let f8E4M3 = NumberFormat(
    name: "F8_E4M3", ggufType: nil, safetensorsName: "F8_E4M3", blockElements: 1, blockBytes: 1,
    decode: strata_decode_f8_e4m3)

  /// Eight-bit floats of five exponent and two fraction bits: the upper byte of a binary16.
  public static let f8E5M2 = NumberFormat(
    name: "F8_E5M2", ggufType: nil, safetensorsName: "F8_E5M2", blockElements: 1, blockBytes: 1,
    decode: strata_decode_f8_e5m2)

  /// `f8E4M3` with a float32 scale for every 128; no file stores it, `ScaledTensors` puts scales and values together.
  static let fp8 = NumberFormat(
    name: "FP8", ggufType: nil, safetensorsName: nil, blockElements: 128, blockBytes: 132, decode: strata_decode_fp8)
}
