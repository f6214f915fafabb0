import Foundation
import Traces

/// What stands for tensors of blocks when only the output of a model is opened (`ModelFiles.isOutputAlone`): zeros that nobody reads.
///
/// A family then builds its whole network from the settings, so that every setting is accounted for as in a whole model. Zeros of
/// matrices are one region of memory that the system fills when it is read, and so never; their size costs nothing.
final class AbsentTensors: @unchecked Sendable {
  /// The most blocks that a configuration may state where no tensor shows how many there are.
  static let mostBlocks = 4096
  /// The largest dimension, likewise.
  static let widest = 1 << 20
  /// The most matrices, and values of vectors, that zeros stand for: far beyond any model, and far below any memory.
  private static let most = (matrices: 1 << 20, values: 1 << 28, bytes: 1 << 42)

  /// The names of matrices that are not in the files.
  private(set) var matrices: Set<String> = []
  private var counted = (matrices: 0, values: 0)
  private var vectors: [Int: [Float]] = [:]
  private var regions: [Region] = []

  /// Memory of zeros that takes none until it is read.
  private final class Region {
    let bytes: UnsafeRawBufferPointer

    init?(_ count: Int) {
      guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
        start != MAP_FAILED
      else { return nil }
      bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
  }

  /// Whether a name is that of a tensor of a block: one of its parts is a number.
  static func isOfBlock(_ name: String) -> Bool {
    name.split(separator: ".").contains { part in
      let stem = part.prefix { $0 != "[" }
      return !stem.isEmpty && stem.allSatisfy(\.isNumber)
    }
  }

  /// A tensor of zeros; nil where the real one is needed, and for a size that no model has.
  ///
  /// Of what stands outside the blocks only matrices can be absent: tables of positions and embeddings that the output does not use.
  func tensor(_ name: String, shape: [Int], path: String) -> StoredTensor? {
    guard AbsentTensors.isOfBlock(name) || shape.count == 2 else { return nil }
    var bytes = 4
    for dimension in shape {
      let (product, isTooLarge) = bytes.multipliedReportingOverflow(by: max(1, dimension))
      guard !isTooLarge, product <= AbsentTensors.most.bytes else { return nil }
      bytes = product
    }
    counted.matrices += shape.count > 2 ? shape[0] : 1
    guard counted.matrices <= AbsentTensors.most.matrices, let zeros = zeros(bytes) else { return nil }
    if shape.count >= 2 { matrices.insert(name) }
    return StoredTensor(name: name, shape: shape, format: .f32, bytes: zeros, path: path)
  }

  /// Zeros of a vector; nil for more than any model has.
  func values(_ count: Int) -> [Float]? {
    counted.values += count
    guard counted.values <= AbsentTensors.most.values else { return nil }
    if let known = vectors[count] { return known }
    let zeros = [Float](repeating: 0, count: count)
    vectors[count] = zeros
    return zeros
  }

  private func zeros(_ count: Int) -> UnsafeRawBufferPointer? {
    if let largest = regions.last?.bytes, largest.count >= count {
      return UnsafeRawBufferPointer(rebasing: largest[0..<count])
    }
    guard let region = Region(count) else { return nil }
    regions.append(region)
    return region.bytes
  }
}

/// Keeps a model's files and what stands for their absent tensors.
final class PairOfOwners: Sendable {
  private let files: any ModelFiles
  private let absent: AbsentTensors

  init(_ files: any ModelFiles, _ absent: AbsentTensors) {
    self.files = files
    self.absent = absent
  }
}
