/// The tensors of a file that `torch.save` wrote: a ZIP archive of a pickle and of raw storages.
///
/// Opening reads the pickle, which is never executed, and no tensor data. Layout as torch.serialization writes it since PyTorch 1.6.
struct TorchCheckpoint {
  /// Tensors of floating-point numbers, by name.
  let tensors: [String: StoredTensor]
  /// What keeps their bytes alive.
  let map: MemoryMap

  /// Maps a file and reads its state dictionary.
  ///
  /// - Throws: `FileError`, `TorchError`.
  init(path: String) throws {
    map = try MemoryMap(path: path)
    guard ZipArchive.isArchive(map) else { throw TorchError.notAnArchive(path: path) }
    let archive = try ZipArchive(map)
    guard let pickle = archive.entries.keys.filter({ $0.hasSuffix("/data.pkl") }).min(),
      let program = archive.bytes(pickle)
    else { throw TorchError.noPickle(path: path) }
    let root = pickle.dropLast("data.pkl".count)
    if let order = archive.bytes(root + "byteorder"), String(decoding: order, as: UTF8.self) != "little" {
      throw TorchError.byteOrder(path: path)
    }
    let pickled = try PickleReader.value(program, path: path)
    defer { withExtendedLifetime(pickled) {} }
    guard case .dictionary(let members) = pickled.root else {
      throw TorchError.notTensors(path: path, name: "")
    }
    var tensors: [String: StoredTensor] = [:]
    for member in members.content {
      guard let name = member.key.text, case .tensor(let tensor) = member.value else {
        throw TorchError.notTensors(path: path, name: member.key.text ?? "")
      }
      tensors[name] = try TorchCheckpoint.stored(name, tensor, root: String(root), archive)
    }
    self.tensors = tensors
  }

  private static let formats = [
    "torch.FloatStorage": NumberFormat.f32, "torch.HalfStorage": .f16, "torch.BFloat16Storage": .bf16,
  ]

  private static func stored(
    _ name: String, _ tensor: TorchTensor, root: String, _ archive: ZipArchive
  ) throws(TorchError) -> StoredTensor {
    let path = archive.map.path
    guard let format = formats[tensor.type] else {
      throw .unsupportedType(path: path, tensor: name, type: tensor.type)
    }
    guard let storage = archive.bytes(root + "data/" + tensor.storage) else {
      throw .missingStorage(path: path, tensor: name, storage: tensor.storage)
    }
    // Row-major and without gaps, as the parameters of a module are.
    var step = 1
    for (count, stride) in zip(tensor.shape, tensor.strides).reversed() {
      guard count >= 0, count == 1 || stride == step else {
        throw .strided(path: path, tensor: name, shape: tensor.shape, strides: tensor.strides)
      }
      let (product, overflow) = step.multipliedReportingOverflow(by: count)
      guard !overflow else { throw .tooShort(path: path, tensor: name, expected: .max, found: storage.count) }
      step = product
    }
    let width = format.blockBytes
    let (end, overflow) = tensor.offset.addingReportingOverflow(step)
    guard tensor.shape.count == tensor.strides.count, tensor.offset >= 0, !overflow, end <= storage.count / width else {
      throw .tooShort(path: path, tensor: name, expected: overflow ? .max : end, found: storage.count / width)
    }
    return StoredTensor(
      name: name, shape: tensor.shape, format: format,
      bytes: UnsafeRawBufferPointer(rebasing: storage[tensor.offset * width..<end * width]), path: path)
  }
}
