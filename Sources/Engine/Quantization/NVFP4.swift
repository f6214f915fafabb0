import Kernels

extension NumberFormat {
  /// Four-bit floats (E2M1) with an eight-bit float (E4M3) for 16.
  public static let nvfp4 = NumberFormat(
    name: "NVFP4", ggufType: 40, safetensorsName: nil, blockElements: 64, blockBytes: 36, decode: strata_decode_nvfp4)
}
