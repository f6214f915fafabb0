/// The types of values in GGUF metadata, numbered as in files.
enum GGUFValueType: UInt32, Sendable {
  case uint8 = 0
  case int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// Bytes of one value; nil if it varies.
  var bytes: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }

  /// In words, for messages.
  var phrase: String {
    switch self {
    case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: "a whole number"
    case .float32, .float64: "a real number"
    case .bool: "a truth value"
    case .string: "a string"
    case .array: "an array"
    }
  }

  /// Several of them, for messages.
  var plural: String {
    switch self {
    case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: "whole numbers"
    case .float32, .float64: "real numbers"
    case .bool: "truth values"
    case .string: "strings"
    case .array: "arrays"
    }
  }
}

/// The place of a metadata value in the file; decoded on look-up.
struct GGUFValue: Sendable {
  /// The type; for arrays the type of the elements.
  let type: GGUFValueType
  let isArray: Bool
  /// Elements of an array; 1 otherwise.
  let count: Int
  /// Byte offset of the first element.
  let start: Int
  /// Offsets of the length word of each string, and of the end: `count` + 1 numbers; empty for other types.
  let boundaries: [Int]

  /// In words, for messages.
  var phrase: String { isArray ? "an array of \(count) \(type.plural)" : type.phrase }
}
