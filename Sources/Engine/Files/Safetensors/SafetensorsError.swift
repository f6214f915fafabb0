import Traces

/// What can be wrong with safetensors files.
///
/// Offsets are in bytes from the start of the file.
public enum SafetensorsError: EngineError, Equatable {
  /// Fewer bytes than the length of the header takes.
  case tooShort(path: String, size: Int)
  /// A header length beyond the file's size.
  case absurdHeader(path: String, most: Int)
  /// A header that is not a JSON object.
  case badHeader(path: String, reason: String, offset: Int)
  /// A tensor that occurs twice in a file.
  case duplicateTensor(path: String, tensor: String)
  /// A dtype this program does not know.
  case unsupportedType(path: String, tensor: String, dtype: String)
  /// A negative dimension, or a product of them beyond 63 bits.
  case badShape(path: String, tensor: String, shape: [Int])
  /// `data_offsets` that are not a start and an end.
  case badOffsets(path: String, tensor: String, found: [Int])
  /// Offsets whose span does not match shape and dtype.
  case wrongSize(path: String, tensor: String, found: Int, expected: Int)
  /// Two tensors that share bytes.
  case overlap(path: String, tensor: String, other: String)
  /// Bytes that belong to no tensor.
  case hole(path: String, start: Int, end: Int)
  /// Tensor data beyond the end of the file.
  case truncated(path: String, tensor: String, end: Int, size: Int)
  /// An index that names a file outside the folder.
  case badShardName(path: String, shard: String)
  /// A missing file of the index.
  case missingShard(path: String, shard: String)
  /// A tensor in two files of a model.
  case inTwoFiles(path: String, tensor: String, other: String)

  /// The file, with a byte offset where there is one.
  public var place: String {
    switch self {
    case .badHeader(let path, _, let offset): "\(path): byte \(offset)"
    case .absurdHeader(let path, _): "\(path): byte 0"
    case .tooShort(let path, _), .duplicateTensor(let path, _), .unsupportedType(let path, _, _),
      .badShape(let path, _, _), .badOffsets(let path, _, _), .wrongSize(let path, _, _, _),
      .overlap(let path, _, _), .hole(let path, _, _), .truncated(let path, _, _, _), .badShardName(let path, _),
      .missingShard(let path, _), .inTwoFiles(let path, _, _):
      path
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .tooShort(_, let size):
      "expected at least 8 bytes, found \(size)"
    case .absurdHeader(_, let most):
      // Not the number itself: of another file these are its first eight bytes.
      "the file does not begin with the length of a header, of which at most \(most) bytes are possible"
    case .badHeader(_, let reason, _):
      "expected a header in JSON, found \(reason)"
    case .duplicateTensor(_, let tensor):
      "expected every tensor once, found '\(tensor)' twice"
    case .unsupportedType(_, let tensor, let dtype):
      "tensor '\(tensor)' is stored as '\(MessageText.short(dtype))', which is not supported"
    case .badShape(_, let tensor, let shape):
      "tensor '\(tensor)' has the impossible shape \(MessageText.numbers(shape))"
    case .badOffsets(_, let tensor, let found):
      "tensor '\(tensor)' has the data offsets \(MessageText.numbers(found)), expected a beginning and an end"
    case .wrongSize(_, let tensor, let found, let expected):
      "tensor '\(tensor)' takes \(found) bytes, expected \(expected) for its shape and type"
    case .overlap(_, let tensor, let other):
      "the data of tensor '\(tensor)' overlaps that of '\(other)'"
    case .hole(_, let start, let end):
      "bytes \(start) to \(end) belong to no tensor"
    case .truncated(_, let tensor, let end, let size):
      "tensor '\(tensor)' ends at byte \(end), but the file has \(size) bytes: \(end - size) are missing"
    case .badShardName(_, let shard):
      "expected the name of a file in the same folder, found '\(MessageText.short(shard))'"
    case .missingShard(_, let shard):
      "the file '\(shard)' is listed, but missing"
    case .inTwoFiles(_, let tensor, let other):
      "tensor '\(tensor)' is also in '\(other)', expected in one file only"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .unsupportedType:
      ["supported: " + NumberFormat.all.compactMap(\.safetensorsName).joined(separator: ", ")]
    case .tooShort, .truncated:
      ["the file is incomplete; fetch it again"]
    case .absurdHeader, .badHeader:
      ["is this a safetensors file? It may be a page or a Git LFS pointer that was fetched instead"]
    case .missingShard:
      ["the folder is incomplete; fetch it again"]
    case .badShardName, .inTwoFiles:
      ["the files may be of different versions of the model; fetch them again, all together"]
    case .duplicateTensor, .badShape, .badOffsets, .wrongSize, .overlap, .hole:
      ["the file is damaged, or its writer is faulty; fetch or convert it again"]
    }
  }
}
