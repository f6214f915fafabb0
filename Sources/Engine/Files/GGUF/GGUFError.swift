import Traces

/// What can be wrong with a GGUF file.
///
/// Offsets are in bytes from its start.
public enum GGUFError: EngineError, Equatable {
  /// The first four bytes are not "GGUF".
  case wrongMagic(path: String, found: [UInt8])
  /// An unsupported version.
  case unsupportedVersion(path: String, version: UInt32)
  /// Written on a big-endian machine.
  case bigEndian(path: String)
  /// A part of a model in several files whose name does not show this: the others cannot be found.
  case partName(path: String, number: Int, count: Int)
  /// A part, according to its name, without a key that parts have.
  case partWithoutNumber(path: String, key: String)
  /// A missing part.
  case missingPart(path: String, name: String, count: Int)
  /// A part whose metadata contradicts the others.
  case wrongPart(path: String, key: String, expected: Int, found: Int)
  /// A setting in a part other than the first.
  case strayKey(path: String, key: String)
  /// The file ends inside its header.
  case ended(path: String, offset: Int, reading: String)
  /// A count or length that the rest of the file cannot hold.
  case absurdCount(path: String, offset: Int, what: String, count: UInt64, most: Int)
  /// A name that is not UTF-8.
  case notUTF8(path: String, offset: Int, what: String)
  /// A value type with an unknown number.
  case unknownValueType(path: String, offset: Int, key: String, type: UInt32)
  /// Arrays nested deeper than in any real file.
  case nestedArray(path: String, offset: Int, key: String)
  /// A truth value that is neither 0 nor 1.
  case badTruthValue(path: String, offset: Int, key: String, found: UInt8)
  /// A key that occurs twice.
  case duplicateKey(path: String, offset: Int, key: String)
  /// `general.alignment` is not a sensible power of two.
  case badAlignment(path: String, found: Int)
  /// A tensor name that occurs twice.
  case duplicateTensor(path: String, offset: Int, tensor: String)
  /// More dimensions than four.
  case tooManyDimensions(path: String, offset: Int, tensor: String, found: UInt32)
  /// A product of dimensions beyond 63 bits.
  case tooManyElements(path: String, offset: Int, tensor: String, dimensions: [UInt64])
  /// A number format this program does not decode.
  case unsupportedFormat(path: String, offset: Int, tensor: String, type: UInt32)
  /// Rows that do not fill whole blocks.
  case brokenBlocks(path: String, offset: Int, tensor: String, row: Int, format: String, blockElements: Int)
  /// Tensor data that does not start at a multiple of the alignment.
  case misaligned(path: String, offset: Int, tensor: String, dataOffset: UInt64, alignment: Int)
  /// Two tensors that share bytes.
  case overlap(path: String, tensor: String, other: String)
  /// Tensor data beyond the end of the file.
  case truncated(path: String, tensor: String, start: Int, end: Int, size: Int, missing: Int)
}
