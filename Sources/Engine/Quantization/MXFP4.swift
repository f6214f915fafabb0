import Kernels

extension NumberFormat {
  /// Four-bit floats (E2M1) with one power of two (E8M0) for 32; ggml's layout of the OCP Microscaling format.
  public static let mxfp4 = NumberFormat(
    name: "MXFP4", ggufType: 39, safetensorsName: nil, blockElements: 32, blockBytes: 17, decode: strata_decode_mxfp4)
}
