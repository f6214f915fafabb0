import Traces

/// An array of strings in a mapped GGUF file: the bytes of each, neither copied nor checked as UTF-8.
public struct MappedStringArray: RandomAccessCollection, Sendable {
  private let map: MemoryMap
  // Offset of the length word of each string, and of the end of the last.
  private let boundaries: [Int]

  init(map: MemoryMap, boundaries: [Int]) {
    self.map = map
    self.boundaries = boundaries
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// Number of strings.
  public var endIndex: Int { boundaries.count - 1 }

  /// The bytes of a string; valid as long as this array or the files it came from.
  public subscript(index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: map.bytes[boundaries[index] + 8..<boundaries[index + 1]])
  }
}
