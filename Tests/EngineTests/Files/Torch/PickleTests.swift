import Testing

@testable import Engine

/// Pickles that are damaged on purpose: none may take the program with it.
@Suite struct PickleTests {
  private func problem(_ bytes: [UInt8]) -> String? {
    do {
      _ = try bytes.withUnsafeBytes { try PickleReader.value($0, path: "p") }
      return nil
    } catch { return (error as? TorchError)?.message }
  }

  private let text = Array("\u{80}\u{02}".unicodeScalars.map { UInt8($0.value) })
  private let list = UInt8(ascii: "]")
  private let dictionary = UInt8(ascii: "}")
  private let append = UInt8(ascii: "a")
  private let end = UInt8(ascii: ".")

  @Test func tuplesAreNestedToALimit() {
    func nested(_ count: Int) -> [UInt8] {
      text + [UInt8(ascii: ")")] + [UInt8](repeating: 0x85, count: count) + [end]
    }
    #expect(problem(nested(60)) == nil)
    #expect(
      problem(nested(200_000)) == "expected a dictionary of tensors, found tuples nested more than 64 levels deep")
    // A tuple of two that are the same one, again and again: 2^60 values, of which each is there once.
    var doubled = text + [UInt8(ascii: ")")]
    for number in 0..<60 as Range<UInt8> {
      doubled += [UInt8(ascii: "q"), number, UInt8(ascii: "h"), number, 0x86]
    }
    #expect(problem(doubled + [end]) == nil)
  }

  /// Filled from the inside, from the outside, and with themselves: released one by one all the same.
  @Test func listsAndDictionariesOfAnyDepthAreReleased() {
    let count = 200_000
    let fromInside = [UInt8](repeating: list, count: count) + [UInt8](repeating: append, count: count - 1)
    #expect(problem(text + fromInside + [end]) == nil)
    // The list on the stack is put into the one before it, and stays: only the note leads back to the first.
    var fromOutside = text + [list, UInt8(ascii: "q"), 0]
    for _ in 0..<count {
      // A new list, noted as 1, is put into the one noted as 0, then noted as 0 itself.
      fromOutside += [list, UInt8(ascii: "q"), 1, append, UInt8(ascii: "h"), 1, UInt8(ascii: "q"), 0]
    }
    #expect(problem(fromOutside + [end]) == nil)
    #expect(problem(text + [list, UInt8(ascii: "q"), 0, UInt8(ascii: "h"), 0, append, end]) == nil, "within itself")
    let key: [UInt8] = [0x8C, 1, UInt8(ascii: "k")]
    let nested = (0..<count / 2).flatMap { _ in [dictionary] + key }
    let closed = [list] + [UInt8](repeating: UInt8(ascii: "s"), count: count / 2)
    #expect(problem(text + nested + closed + [end]) == nil)
  }

  @Test func aPickleHasSoManyInstructions() {
    let many = [UInt8](repeating: UInt8(ascii: "N"), count: 4_200_000)
    #expect(problem(text + many + [end]) == "expected a dictionary of tensors, found more than 4194304 instructions")
  }

  @Test func everyPairOfInstructionsEndsInAValueOrAnError() {
    let codes = (0...255).map(UInt8.init)
    for first in codes {
      for second in codes {
        _ = problem(text + [UInt8(ascii: "("), list, dictionary, first, second, 1, 0, 0, 0, first, end])
      }
    }
  }
}
