/// Digests of the spellings of a vocabulary, which tell for every cut of a spelling at once whether both sides can be in it.
///
/// The digest of a spelling is a polynomial of its bytes, so that those of all its beginnings and ends follow from one pass: looking up
/// each side by its bytes takes time that grows with the square of a spelling's length, and a file may have one of a million bytes.
struct SpellingDigests {
  private var all: Set<UInt64> = []
  private var powers: [UInt64] = [1]
  private static let base: UInt64 = 0x100_0000_01B3

  /// The digests of a vocabulary's spellings.
  init(_ vocabulary: Vocabulary) {
    all.reserveCapacity(vocabulary.entries)
    var longest = 0
    for id in 0..<vocabulary.count {
      guard let bytes = vocabulary.bytes(of: id) else { continue }
      all.insert(bytes.reduce(0, Self.next))
      longest = max(longest, bytes.count)
    }
    powers.reserveCapacity(longest + 1)
    for length in 0..<longest { powers.append(powers[length] &* Self.base) }
  }

  private static func next(_ digest: UInt64, _ byte: UInt8) -> UInt64 { digest &* base &+ UInt64(byte) &+ 1 }

  /// The cuts of a spelling at which both sides may be spellings of the vocabulary; a look-up says whether they are.
  func cuts(of bytes: UnsafeRawBufferPointer) -> [Int] {
    guard bytes.count > 1 else { return [] }
    let whole = bytes.reduce(0, Self.next)
    var cuts: [Int] = []
    var left: UInt64 = 0
    for cut in 1..<bytes.count {
      left = Self.next(left, bytes[cut - 1])
      guard all.contains(left), all.contains(whole &- left &* powers[bytes.count - cut]) else { continue }
      cuts.append(cut)
    }
    return cuts
  }
}
