import Kernels

/// How numbers are stored in a tensor: plain floats or quantised blocks.
///
/// A format is one file that defines a `static let` (with its kernel in `Kernels/decode`) and one line in `all`.
/// Layouts follow ggml's `ggml-common.h`; decoding is exact: the float32 values of the `gguf` Python package, bit for bit.
public struct NumberFormat: Sendable, Hashable {
  /// Writes `count` float32 values decoded from the blocks at `source`; `count` is a multiple of the block's elements.
  ///
  /// A C function, so that the kernels can call it directly.
  public typealias Decode =
    @Sendable @convention(c) (
      _ source: UnsafeRawPointer?, _ destination: UnsafeMutablePointer<Float>?, _ count: Int
    ) -> Void

  /// The usual name: "F32", "Q4_K", ...
  public let name: String
  /// The type number in GGUF files; nil when GGUF has none.
  public let ggufType: UInt32?
  /// The `dtype` in safetensors headers; nil when it has none.
  public let safetensorsName: String?
  /// Values in one block; 1 for plain floats.
  public let blockElements: Int
  /// Bytes of one block.
  public let blockBytes: Int
  /// The exact decoder.
  public let decode: Decode

  /// How products read its blocks without decoding whole rows first; none where they don't.
  let blocks: strata_blocks

  init(
    name: String, ggufType: UInt32?, safetensorsName: String?, blockElements: Int, blockBytes: Int,
    decode: @escaping Decode, blocks: strata_blocks = strata_blocks_none
  ) {
    self.name = name
    self.ggufType = ggufType
    self.safetensorsName = safetensorsName
    self.blockElements = blockElements
    self.blockBytes = blockBytes
    self.decode = decode
    self.blocks = blocks
  }

  /// Formats are equal when their names are.
  public static func == (a: NumberFormat, b: NumberFormat) -> Bool { a.name == b.name }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// Bytes that `elements` values take; nil unless `elements` fills whole blocks or when the product overflows.
  public func bytes(forElements elements: Int) -> Int? {
    guard elements >= 0, elements % blockElements == 0 else { return nil }
    let (bytes, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }

  /// Every format that files store and this engine reads.
  public static let all: [NumberFormat] = [
    .f32, .f16, .bf16, .f64, .f8E4M3, .f8E5M2,
    .q80, .q40, .q41, .q50, .q51,
    .q2K, .q3K, .q4K, .q5K, .q6K,
    .iq1S, .iq1M, .iq2XXS, .iq2XS, .iq2S, .iq3XXS, .iq3S, .iq4NL, .iq4XS,
    .tq10, .tq20,
    .mxfp4, .nvfp4,
  ]
}
