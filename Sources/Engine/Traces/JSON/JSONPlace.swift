/// Where a byte of a JSON text is, for messages about text that cannot be parsed.
struct JSONPlace {
  /// An array or object that is open at the byte.
  private struct Open {
    var isArray: Bool
    var index = 0
    var key: Range<Int>?
  }

  /// The keys and indices, like `rank[3][7]`; empty at the top.
  private(set) var path = ""
  /// Whether an array or object is open there, and no string.
  private(set) var isInside = false

  /// Deeper than anything in a file of this program; a longer path would tell nobody more than the byte does.
  private static let deepest = 32

  /// The place of the byte at `offset`; the text before it must have no fault.
  init(byte offset: Int, in bytes: UnsafeRawBufferPointer) {
    let end = min(max(0, offset), bytes.count)
    var open: [Open] = []
    var isString = false
    var at = 0
    while at < end {
      switch bytes[at] {
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        guard open.count < JSONPlace.deepest else { return }
        open.append(Open(isArray: bytes[at] == UInt8(ascii: "[")))
      case UInt8(ascii: "]"), UInt8(ascii: "}"): open.removeLast(open.isEmpty ? 0 : 1)
      case UInt8(ascii: ",") where !open.isEmpty:
        open[open.count - 1].index += 1
        open[open.count - 1].key = nil
      case UInt8(ascii: "\""):
        let start = at + 1
        at = start
        while at < end, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        isString = at >= end
        if !isString, let last = open.last, !last.isArray, last.key == nil { open[open.count - 1].key = start..<at }
      default: break
      }
      at += 1
    }
    isInside = !open.isEmpty && !isString
    for part in open {
      if part.isArray {
        path += "[\(part.index)]"
      } else if let key = part.key {
        let name = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[key]), as: UTF8.self)
        path += path.isEmpty ? name : ".\(name)"
      }
    }
  }
}
