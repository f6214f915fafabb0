import Traces

extension GGUFError {
  /// The file, with a byte offset or a tensor if known.
  public var place: String {
    switch self {
    case .wrongMagic(let path, _), .unsupportedVersion(let path, _), .bigEndian(let path), .partName(let path, _, _),
      .partWithoutNumber(let path, _), .missingPart(let path, _, _), .wrongPart(let path, _, _, _),
      .strayKey(let path, _),
      .badAlignment(let path, _), .overlap(let path, _, _), .truncated(let path, _, _, _, _, _):
      path
    case .ended(let path, let offset, _), .absurdCount(let path, let offset, _, _, _),
      .notUTF8(let path, let offset, _), .unknownValueType(let path, let offset, _, _),
      .nestedArray(let path, let offset, _), .badTruthValue(let path, let offset, _, _),
      .duplicateKey(let path, let offset, _), .duplicateTensor(let path, let offset, _),
      .tooManyDimensions(let path, let offset, _, _), .tooManyElements(let path, let offset, _, _),
      .unsupportedFormat(let path, let offset, _, _), .brokenBlocks(let path, let offset, _, _, _, _),
      .misaligned(let path, let offset, _, _, _):
      "\(path): byte \(offset)"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .wrongMagic(_, let found):
      "expected a GGUF file, which begins with 'GGUF', found the bytes \(Hex.digits(found, separator: " "))"
    case .unsupportedVersion(_, let version):
      "GGUF version \(version) is not supported, expected 2 or 3"
    case .bigEndian:
      "big-endian GGUF is not supported, expected little-endian"
    case .partName(_, let number, let count):
      "expected a name that ends with '\(GGUFParts.ending(number, of: count))', because this is part \(number) of \(count)"
    case .partWithoutNumber(_, let key):
      "the name says that this is a part of a model, expected the key '\(key)', found none"
    case .missingPart(_, let name, let count):
      "expected all \(count) parts of the model, but '\(name)' is missing"
    case .wrongPart(_, let key, let expected, let found):
      "key '\(key)' is \(found), expected \(expected)"
    case .strayKey(_, let key):
      "key '\(key)' is in a later part of the model, expected it in the first"
    case .ended(_, _, let reading):
      "the file ends in the middle of \(reading)"
    case .absurdCount(_, _, let what, let count, let most):
      "\(what) is \(count), but the file has space for at most \(most)"
    case .notUTF8(_, _, let what):
      "\(what) is not UTF-8"
    case .unknownValueType(_, _, let key, let type):
      "key '\(key)' has the unknown value type \(type), expected 0 to 12"
    case .nestedArray(_, _, let key):
      "key '\(key)' has arrays nested more than 8 deep, expected an array of numbers, truth values or strings"
    case .badTruthValue(_, _, let key, let found):
      "key '\(key)' is the truth value \(found), expected 0 or 1"
    case .duplicateKey(_, _, let key):
      "expected every key once, found '\(key)' twice"
    case .badAlignment(_, let found):
      "key 'general.alignment' is \(found), expected a power of two up to \(GGUFFiles.largestAlignment)"
    case .duplicateTensor(_, _, let tensor):
      "expected every tensor once, found '\(tensor)' twice"
    case .tooManyDimensions(_, _, let tensor, let found):
      "tensor '\(tensor)' has \(found) dimensions, expected 4 at most"
    case .tooManyElements(_, _, let tensor, let dimensions):
      "tensor '\(tensor)' has the dimensions \(dimensions), whose product is beyond 63 bits"
    case .unsupportedFormat(_, _, let tensor, let type):
      "tensor '\(tensor)' is stored in "
        + (GGUFError.otherFormats[type].map { "\($0) (type \(type))" } ?? "an unknown number format (type \(type))")
        + ", which is not supported"
    case .brokenBlocks(_, _, let tensor, let row, let format, let blockElements):
      "tensor '\(tensor)' has rows of \(row) values, expected a multiple of \(blockElements) for \(format)"
    case .misaligned(_, _, let tensor, let dataOffset, let alignment):
      "the data of tensor '\(tensor)' is at offset \(dataOffset), expected a multiple of \(alignment)"
    case .overlap(_, let tensor, let other):
      "the data of tensor '\(tensor)' overlaps that of '\(other)'"
    case .truncated(_, let tensor, let start, let end, let size, let missing):
      "tensor '\(tensor)' is at bytes \(start) to \(end), but the file has \(size) bytes: \(missing) are missing"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .wrongMagic(_, let found) where found == Array("version https".utf8.prefix(4)):
      ["this looks like a Git LFS pointer; fetch the file itself"]
    case .unsupportedVersion, .bigEndian:
      ["convert the model again with a current converter, on a little-endian machine"]
    case .partName:
      ["restore the file's original name, by which the other parts are found"]
    case .missingPart:
      ["fetch all parts into one folder"]
    case .partWithoutNumber, .wrongPart, .strayKey:
      ["the parts may be of different models, or their writer is faulty; fetch them again, all together"]
    case .ended, .truncated:
      ["the file is incomplete; fetch it again"]
    case .unsupportedFormat:
      ["supported: " + NumberFormat.all.filter { $0.ggufType != nil }.map(\.name).joined(separator: ", ")]
    case .absurdCount, .notUTF8, .unknownValueType, .nestedArray, .badTruthValue, .duplicateKey, .duplicateTensor,
      .badAlignment, .tooManyDimensions, .tooManyElements, .brokenBlocks, .misaligned,
      .overlap:
      ["the file is damaged, or its converter is faulty; fetch or convert it again"]
    case .wrongMagic:
      []
    }
  }

  /// ggml's other number formats, so that an error can name what was found (`enum ggml_type`).
  private static let otherFormats: [UInt32: String] = [
    9: "Q8_1", 15: "Q8_K",
    24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    41: "Q1_0",
  ]
}
