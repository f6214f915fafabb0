import Foundation

/// Numbers that depend on the seed alone (xorshift64*, Vigna 2016).
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  /// Dice for an input: the same for the same seed, reader and number (FNV-1a).
  init(_ seed: String, _ reader: String, _ number: Int) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(seed)/\(reader)/\(number)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    state = hash == 0 ? 1 : hash
    for _ in 0..<4 { _ = next() }
  }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// A number of 0..<count; 0 for none.
  mutating func below(_ count: Int) -> Int { count < 1 ? 0 : Int(next() % UInt64(count)) }

  mutating func one<Element>(of list: [Element]) -> Element? { list.isEmpty ? nil : list[below(list.count)] }

  /// Whether something of a probability of `percent` happens.
  mutating func happens(_ percent: Int) -> Bool { below(100) < percent }
}

/// Makes damaged files of whole ones.
struct Damage {
  var dice: Dice
  /// The whole file and another one of the same kind.
  let (seed, other): (Data, Data)

  /// A damaged file of at most a mebibyte: what grows with the size of a file is to be bounded, and not to be called a hang.
  mutating func damaged(_ form: FuzzReader.Form) -> Data {
    let data =
      switch form {
      case .bytes: bytes(seed)
      case .text(let words): text(seed, words)
      case .safetensors: safetensors()
      }
    return data.count > 1 << 20 ? Data(data.prefix(1 << 20)) : data
  }

  /// Numbers at which sizes, signs and types end.
  private static let numbers: [UInt64] = [
    0, 1, 2, 7, 8, 16, 64, 127, 128, 255, 256, 1024, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF,
    0x1_0000_0000, 1 << 40, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFE,
    0xFFFF_FFFF_FFFF_FFFF,
  ]

  // MARK: Bytes

  private mutating func bytes(_ data: Data) -> Data {
    var data = [UInt8](data)
    for _ in 0...dice.below(4) {
      guard !data.isEmpty else { return Data((0..<dice.below(40)).map { _ in UInt8(dice.below(256)) }) }
      let at = place(data)
      switch dice.below(10) {
      case 0: data[at] ^= 1 << UInt8(dice.below(8))
      case 1: data[at] = UInt8(dice.below(256))
      case 2, 3, 4: put(&data, at, dice.one(of: Self.numbers) ?? 0)
      case 5: put(&data, at, UInt64(data[at]) &+ UInt64(dice.below(5)) &- 2)
      case 6: data.removeSubrange(at..<min(data.count, at + 1 + dice.below(16)))
      case 7: data.insert(contentsOf: data[at..<min(data.count, at + 1 + dice.below(64))], at: at)
      case 8: if dice.happens(40) { data.removeSubrange(at...) }
      default:
        let source = [UInt8](other)
        let from = dice.below(source.count)
        let part = source[from..<min(source.count, from + 1 + dice.below(200))]
        data.replaceSubrange(at..<min(data.count, at + part.count), with: part)
      }
    }
    return Data(data)
  }

  /// A place where something is likely to be read: near the beginning, near the end, or where a name has ended.
  private mutating func place(_ data: [UInt8]) -> Int {
    switch dice.below(5) {
    case 0: return dice.below(data.count)
    case 1: return dice.below(min(data.count, 512))
    case 2: return data.count - 1 - dice.below(min(data.count, 1500))
    default:
      var at = dice.below(min(data.count, 1 << 14))
      var run = 0
      while at < data.count, run < 4 || (0x20..<0x7F).contains(data[at]) {
        run = (0x20..<0x7F).contains(data[at]) ? run + 1 : 0
        at += 1
      }
      return min(data.count - 1, at + dice.below(13))
    }
  }

  private mutating func put(_ data: inout [UInt8], _ at: Int, _ number: UInt64) {
    let width = [1, 2, 4, 4, 8, 8][dice.below(6)]
    for index in 0..<width where at + index < data.count {
      data[at + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
    }
  }

  private mutating func safetensors() -> Data {
    guard seed.count >= 8, dice.happens(80) else { return bytes(seed) }
    let length = seed.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    guard let end = Int(exactly: length).map({ $0 + 8 }), end <= seed.count else { return bytes(seed) }
    let header = text(seed[8..<end], ["dtype", "shape", "data_offsets", "F32", "BF16", "F8_E4M3", "__metadata__"])
    let size = UInt64(header.count)
    return Data((0..<8).map { UInt8(truncatingIfNeeded: size >> UInt64(8 * $0)) }) + header + seed[end...]
  }

  // MARK: Texts

  private static let values = [
    "0", "-1", "1", "0.5", "1e-320", "1e308", "-1e999", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616", "4294967296", "2147483647", "1e400", "NaN", "Infinity", "null", "true", "\"\"", "[]", "{}",
    "[[]]",
    "\"\\ud800\"", "\"\\u0000\"", "1e19", "100000000000000000000000000", "-0", "3.0", ".inf", "0x10", "1_000", "~",
    "2026-01-01",
    "\u{202E}", "\u{FEFF}", "e\u{301}", "🇩🇪", "a/../b", "%s", "\r\n", "\t", "\\", "'", "#", "&a", "*a", "!!binary", "<<",
    "|", ">-",
  ]

  private mutating func text(_ data: Data, _ words: [String]) -> Data {
    if dice.happens(12) { return bytes(data) }
    var tokens = Self.tokens(data)
    for _ in 0...dice.below(3) {
      guard !tokens.isEmpty else { break }
      let at = dice.below(tokens.count)
      switch dice.below(12) {
      case 0, 1, 2: change(&tokens, { $0.first.map { $0 == 0x2D || (0x30...0x39).contains($0) } ?? false })
      case 3: change(&tokens, { $0.count > 2 })
      case 4: tokens[at] = Array((dice.one(of: words) ?? "x").utf8)
      case 5: tokens.removeSubrange(at..<min(tokens.count, at + 1 + dice.below(12)))
      case 6:
        let part = Array(tokens[at..<min(tokens.count, at + 1 + dice.below(30))])
        let times = [1, 1, 2, 20, 500][dice.below(5)]
        for _ in 0..<times { tokens.insert(contentsOf: part, at: at) }
      case 7:
        let open =
          dice.one(of: ["[", "{\"a\":", "> ", "- ", "{{#a}}", "(", "*", "\"", "{a: ", "[a](", "`", "  "]) ?? "["
        tokens.insert(Array(String(repeating: open, count: [3, 40, 2000][dice.below(3)]).utf8), at: at)
      case 8: tokens.swapAt(at, dice.below(tokens.count))
      case 9: tokens[at] = Array(String(repeating: "a", count: [1, 300, 70_000][dice.below(3)]).utf8)
      case 10:
        let source = Self.tokens(other)
        let from = dice.below(source.count)
        let part = source[from..<min(source.count, from + 1 + dice.below(40))]
        tokens.replaceSubrange(at..<min(tokens.count, at + dice.below(20)), with: part)
      default: tokens.insert(Array((dice.one(of: words + Self.values) ?? "").utf8), at: at)
      }
    }
    return Data(tokens.joined())
  }

  /// Gives a token of a kind another value.
  private mutating func change(_ tokens: inout [[UInt8]], _ isWanted: ([UInt8]) -> Bool) {
    let start = dice.below(tokens.count)
    guard let at = (start..<tokens.count).first(where: { isWanted(tokens[$0]) }) ?? tokens.firstIndex(where: isWanted)
    else { return }
    tokens[at] = Array((dice.one(of: Self.values) ?? "").utf8)
  }

  /// Runs of letters, digits, dots, signs and underscores, and every other byte by itself.
  private static func tokens(_ data: Data) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var isOpen = false
    for byte in data {
      let isWord =
        byte == 0x5F || byte == 0x2D || byte == 0x2E || byte == 0x2B || (0x30...0x39).contains(byte)
        || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
      if isWord, isOpen { found[found.count - 1].append(byte) } else { found.append([byte]) }
      isOpen = isWord
    }
    return found
  }
}
