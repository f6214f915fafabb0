import Dispatch
import Foundation

/// Asks the kernel for a model's weights before they are needed, in the order in which a step needs them.
///
/// Nothing waits for it, and no page is locked. For a model larger than half the memory, only that much is requested; the
/// rest is read on use.
struct ReadAhead {
  /// Bytes per request, so that the first blocks arrive before the last ones.
  private static let piece = 8 << 20

  private let tensors: [StoredTensor]

  /// The weights of an opened model.
  init(_ files: any ModelFiles) {
    tensors = ReadAhead.order(files.tensors.keys).compactMap { files.tensors[$0] }
  }

  /// Names in the order of use: block after block, then other tensors, mainly the head.
  static func order(_ names: some Sequence<String>) -> [String] {
    names.map { (block: $0.split(separator: ".").lazy.compactMap { Int($0) }.first ?? .max, name: $0) }
      .sorted { ($0.block, $0.name) < ($1.block, $1.name) }.map(\.name)
  }

  /// Begins in the background; `owner` keeps the maps.
  func begin(owner: any AnyObject & Sendable) {
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let tensors = tensors
    DispatchQueue.global(qos: .utility).async {
      var left = memory / 2
      for tensor in tensors where left > 0 {
        ReadAhead.ask(for: tensor.bytes, atMost: left)
        left -= tensor.bytes.count
      }
      withExtendedLifetime(owner) {}
    }
  }

  private static func ask(for bytes: UnsafeRawBufferPointer, atMost most: Int) {
    guard let start = bytes.baseAddress else { return }
    let page = sysconf(Int32(_SC_PAGESIZE))
    let end = UInt(bitPattern: start) + UInt(min(bytes.count, most))
    var at = UInt(bitPattern: start) / UInt(page) * UInt(page)
    while at < end {
      // A refusal only costs time: pages are read when touched.
      madvise(UnsafeMutableRawPointer(bitPattern: at), Int(min(UInt(piece), end - at)), MADV_WILLNEED)
      at += UInt(piece)
    }
  }
}
