/// Where a byte of a JSON text is, like `rank[3][7]`; empty at the top.
///
/// The text before the byte must have no fault.
enum JSONPlace {
  /// An array or object that is open at the byte.
  private struct Open {
    var isArray: Bool
    var index = 0
    var key: Range<Int>?
  }

  /// The place of the byte at `offset`.
  static func of(byte offset: Int, in bytes: UnsafeRawBufferPointer) -> String {
    let end = min(max(0, offset), bytes.count)
    var open: [Open] = []
    var at = 0
    while at < end {
      switch bytes[at] {
      case UInt8(ascii: "["): open.append(Open(isArray: true))
      case UInt8(ascii: "{"): open.append(Open(isArray: false))
      case UInt8(ascii: "]"), UInt8(ascii: "}"): open.removeLast(open.isEmpty ? 0 : 1)
      case UInt8(ascii: ",") where !open.isEmpty:
        open[open.count - 1].index += 1
        open[open.count - 1].key = nil
      case UInt8(ascii: "\""):
        let start = at + 1
        at = start
        while at < end, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        if at < end, let last = open.last, !last.isArray, last.key == nil { open[open.count - 1].key = start..<at }
      default: break
      }
      at += 1
    }
    return open.reduce(into: "") { place, part in
      if part.isArray {
        place += "[\(part.index)]"
      } else if let key = part.key {
        let name = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[key]), as: UTF8.self)
        place += place.isEmpty ? name : ".\(name)"
      }
    }
  }
}
