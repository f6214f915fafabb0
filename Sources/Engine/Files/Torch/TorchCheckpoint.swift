import Traces

/// The tensors of a file that `torch.save` wrote.
///
/// Opening reads the pickle without executing it, and no tensor data except of tensors whose values are not in order.
struct TorchCheckpoint {
  /// Tensors of floating-point numbers, by name.
  let tensors: [String: StoredTensor]
  /// Names of the others, with their types.
  let otherTensors: [String: String]
  /// Keeps their bytes alive.
  let owner: TorchFile.Owner

  /// Maps a file and reads its state dictionary.
  ///
  /// - Throws: `FileError`, `TorchError`.
  init(path: String) throws {
    let file = try TorchFile(path: path)
    guard case .dictionary(let members) = file.root else {
      throw TorchError.notTensors(path: path, name: "")
    }
    var tensors: [String: StoredTensor] = [:]
    var others: [String: String] = [:]
    for member in members.content {
      guard let name = member.key.text, case .tensor(let tensor) = member.value else {
        throw TorchError.notTensors(path: path, name: member.key.text ?? "")
      }
      if let type = TorchFile.otherTypes[tensor.type] {
        others[name] = type.name
      } else {
        tensors[name] = try file.tensor(name, tensor)
      }
    }
    self.tensors = tensors
    otherTensors = others
    owner = file.owner
  }
}

/// A mapped file of `torch.save`: the value of its pickle, and the tensors that it describes.
struct TorchFile {
  /// Keeps the bytes of tensors alive.
  let owner: Owner
  private let archive: TorchArchive

  /// The value of the pickle; lists and dictionaries in it live as long as the file.
  var root: PickleValue { archive.root }

  /// The map, and copies of tensors that cannot be read in place.
  final class Owner: @unchecked Sendable {
    let map: MemoryMap
    // Only opening a lens or a checkpoint adds to it.
    fileprivate var copies: [UnsafeMutableRawBufferPointer] = []

    /// Bytes of the copies.
    fileprivate var copied: Int { copies.reduce(0) { $0 + $1.count } }

    fileprivate init(_ map: MemoryMap) { self.map = map }
    deinit { for copy in copies { copy.deallocate() } }
  }

  /// Maps a file and reads its pickle without executing it.
  ///
  /// - Throws: `FileError`, `TorchError`.
  init(path: String) throws {
    owner = Owner(try MemoryMap(ModelFile(path, as: .weights)))
    archive = try TorchArchive(owner.map)
  }

  private static let formats = [
    "torch.FloatStorage": NumberFormat.f32, "torch.HalfStorage": .f16, "torch.BFloat16Storage": .bf16,
  ]

  /// Types that hold no weights, by the names of safetensors, with their widths in bytes.
  fileprivate static let otherTypes: [String: (name: String, width: Int)] = [
    "torch.DoubleStorage": ("F64", 8), "torch.LongStorage": ("I64", 8), "torch.IntStorage": ("I32", 4),
    "torch.ShortStorage": ("I16", 2), "torch.CharStorage": ("I8", 1), "torch.ByteStorage": ("U8", 1),
    "torch.BoolStorage": ("BOOL", 1),
  ]

  /// Bytes of a value of a storage's class; nil for unknown ones.
  static func width(of type: String) -> Int? { formats[type]?.blockBytes ?? otherTypes[type]?.width }

  /// A tensor of the pickle, with a name for messages.
  ///
  /// - Throws: `TorchError` when it holds no floating-point weights, or its values are not in the file.
  func tensor(_ name: String, _ tensor: TorchTensor) throws(TorchError) -> StoredTensor {
    let path = owner.map.path
    guard let format = TorchFile.formats[tensor.type] else {
      throw .unsupportedType(
        path: path, tensor: name, type: TorchFile.otherTypes[tensor.type]?.name ?? tensor.type)
    }
    guard let storage = archive.storage(tensor.storage) else {
      throw .missingStorage(path: path, tensor: name, storage: tensor.storage)
    }
    let width = format.blockBytes
    let place = try TensorPlace(name, tensor, held: storage.count / width, path: path)
    let start = tensor.offset * width
    let bytes: UnsafeRawBufferPointer
    if place.isInOrder {
      bytes = UnsafeRawBufferPointer(rebasing: storage[start..<start + place.count * width])
    } else {
      // Otherwise copies of many views of one storage could take any amount of memory.
      guard owner.copied + place.count * width <= owner.map.bytes.count else {
        throw .strided(path: path, tensor: name, shape: tensor.shape, strides: tensor.strides)
      }
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: place.count * width, alignment: 16)
      owner.copies.append(copy)
      place.gather(from: UnsafeRawBufferPointer(rebasing: storage[start...]), width: width, into: copy)
      bytes = UnsafeRawBufferPointer(copy)
    }
    return StoredTensor(name: name, shape: tensor.shape, format: format, bytes: bytes, path: path)
  }
}

/// The layout of a tensor's values in its storage.
private struct TensorPlace {
  let shape: [Int]
  let strides: [Int]
  /// Number of values.
  let count: Int
  /// Whether the values are contiguous, row by row, as in parameters of a module.
  let isInOrder: Bool

  /// Checks that the tensor lies in a storage of `held` values.
  init(_ name: String, _ tensor: TorchTensor, held: Int, path: String) throws(TorchError) {
    (shape, strides) = (tensor.shape, tensor.strides)
    let odd = TorchError.strided(path: path, tensor: name, shape: shape, strides: strides)
    guard shape.count == strides.count, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }) else {
      throw odd
    }
    func tooShort(_ expected: Int) -> TorchError {
      .tooShort(path: path, tensor: name, expected: expected, found: held)
    }
    var count = 1
    var inOrder = true
    // Index of the last value in the storage.
    var last = tensor.offset
    for (size, stride) in zip(shape, strides).reversed() {
      inOrder = inOrder && (size == 1 || stride == count)
      let product = count.multipliedReportingOverflow(by: size)
      let way = max(0, size - 1).multipliedReportingOverflow(by: stride)
      let end = last.addingReportingOverflow(way.partialValue)
      guard !product.overflow, !way.overflow, !end.overflow else { throw tooShort(.max) }
      (count, last) = (product.partialValue, end.partialValue)
    }
    guard tensor.offset >= 0, tensor.offset <= held, count == 0 || last < held else {
      throw tooShort(last == .max ? last : last + 1)
    }
    // With repeated values a small file could ask for any amount of memory.
    guard inOrder || count <= held else { throw odd }
    self.count = count
    isInOrder = inOrder || count == 0
  }

  /// Copies the values in the order of the shape; `source` begins at the first of them.
  func gather(from source: UnsafeRawBufferPointer, width: Int, into target: UnsafeMutableRawBufferPointer) {
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    for value in 0..<count {
      for byte in 0..<width { target[value * width + byte] = source[place * width + byte] }
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
