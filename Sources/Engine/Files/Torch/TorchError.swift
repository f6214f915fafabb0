import Traces

/// What can be wrong with a file that `torch.save` wrote.
public enum TorchError: EngineError, Equatable {
  /// Neither a ZIP archive nor the layout before PyTorch 1.6.
  case notAnArchive(path: String)
  /// A truncated or inconsistent archive; the offset is in bytes from the start of the file.
  case damaged(path: String, offset: Int, reason: String)
  /// An entry that is stored compressed.
  case compressed(path: String, entry: String)
  /// An archive of another program.
  case noPickle(path: String)
  /// Values in big-endian order.
  case byteOrder(path: String)
  /// A pickle that calls a function.
  case forbidden(path: String, name: String)
  /// A pickle that is damaged or holds more than values and tensors; the offset is in the pickle.
  case badPickle(path: String, offset: Int, reason: String)
  /// Something that is not a dictionary of tensors.
  case notTensors(path: String, name: String)
  /// Numbers that are not floating-point weights.
  case unsupportedType(path: String, tensor: String, type: String)
  /// A tensor whose values are not in the archive.
  case missingStorage(path: String, tensor: String, storage: String)
  /// A tensor with several places for one stored value.
  case strided(path: String, tensor: String, shape: [Int], strides: [Int])
  /// A tensor that reaches beyond its storage, in values.
  case tooShort(path: String, tensor: String, expected: Int, found: Int)

  /// The file, with a byte offset where there is one.
  public var place: String {
    switch self {
    case .damaged(let path, let offset, _): "\(path): byte \(offset)"
    case .badPickle(let path, let offset, _): "\(path): byte \(offset) of the pickle"
    case .notAnArchive(let path), .compressed(let path, _), .noPickle(let path), .byteOrder(let path),
      .forbidden(let path, _), .notTensors(let path, _), .unsupportedType(let path, _, _),
      .missingStorage(let path, _, _), .strided(let path, _, _, _), .tooShort(let path, _, _, _):
      path
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .notAnArchive: "expected a file written by torch.save, found something else"
    case .damaged(_, _, let reason): "the archive is damaged: \(MessageText.short(reason))"
    case .compressed(_, let entry): "expected uncompressed entries, found '\(entry)' compressed"
    case .noPickle: "expected an archive with a data.pkl, found none in it"
    case .byteOrder: "expected values in little-endian order, found big-endian"
    case .forbidden(_, let name):
      "the file asks to call '\(MessageText.short(name))'; only tensors are read, and no code in the file is run"
    case .badPickle(_, _, let reason): "expected a dictionary of tensors, found \(MessageText.short(reason))"
    case .notTensors(_, let name):
      "expected a dictionary of tensors, found something else"
        + (name.isEmpty ? "" : " under '\(MessageText.short(name))'")
    case .unsupportedType(_, let tensor, let type):
      "tensor '\(tensor)' is stored as \(type), expected float32, float16 or bfloat16"
    case .missingStorage(_, let tensor, let storage):
      "the values of tensor '\(tensor)' (storage '\(storage)') are not in the file"
    case .strided(_, let tensor, let shape, let strides):
      "tensor '\(tensor)' of shape \(MessageText.numbers(shape)) has the strides \(MessageText.numbers(strides)), expected one stored value per place"
    case .tooShort(_, let tensor, let expected, let found):
      "tensor '\(tensor)' needs \(expected) stored values, found \(found)"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .notAnArchive, .byteOrder, .compressed, .strided, .unsupportedType:
      ["load it in PyTorch and save it again, or save it as safetensors"]
    case .damaged, .missingStorage, .tooShort: ["the file is incomplete or damaged; fetch it again"]
    case .notTensors(_, let name) where !name.isEmpty:
      [
        "expected what torch.save(module.state_dict(), path) writes",
        "a checkpoint of a training program has the state dictionary under a key; load it in PyTorch and save that part",
      ]
    case .forbidden, .badPickle, .notTensors, .noPickle:
      ["expected what torch.save(module.state_dict(), path) writes; safetensors are also read"]
    }
  }
}
