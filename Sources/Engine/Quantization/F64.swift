import Kernels

extension NumberFormat {
  /// IEEE 754 binary64, rounded to the nearest float32 (ties to even), as transformers does when it loads a model in float32.
  public static let f64 = NumberFormat(
    name: "F64", ggufType: 28, safetensorsName: "F64", blockElements: 1, blockBytes: 8, decode: strata_decode_f64)
}
