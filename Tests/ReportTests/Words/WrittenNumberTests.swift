import Testing

@testable import Words

@Suite struct WrittenNumberTests {
  @Test(arguments: [
    ("0", 0), ("-0", 0), ("16", 16), ("-2", -2), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
  ])
  func wholeNumbersHaveDigitsAlone(text: String, number: Int) {
    #expect(WrittenNumber.whole(text) == number)
    #expect(WrittenNumber.real(text) == Double(number))
  }

  @Test(arguments: [
    ("0.5", 0.5), (".5", 0.5), ("5.", 5), ("-0.25", -0.25), ("1e-3", 1e-3), ("2.5E+2", 250), ("1e-400", 0),
  ])
  func realNumbersMayHaveAFractionAndAnExponent(text: String, number: Double) {
    #expect(WrittenNumber.real(text) == number)
    #expect(WrittenNumber.whole(text) == nil)
  }

  @Test(arguments: [
    "", " ", "-", ".", "+5", " 5", "5 ", "5\n", "1_000", "1,000", "010", "-007", "00", "00.5", "0x10", "0X10", "0x1p3",
    "0o17", "0b1", "1:30", "inf", "-inf", "infinity", "nan", "NaN", ".inf", ".nan", "nan(0x1)", "e3", "1e", "1e+",
    "--1", "1-", "1.2.3", "٣", "５", "1\u{301}", "½", "five",
  ])
  func otherNotationsAreNoNumbers(text: String) {
    #expect(WrittenNumber.whole(text) == nil)
    #expect(WrittenNumber.real(text) == nil)
    #expect(!WrittenNumber.isWhole(text))
  }

  @Test func numbersBeyondTheMachinesAreNone() {
    #expect(WrittenNumber.isWhole("9223372036854775808") && WrittenNumber.whole("9223372036854775808") == nil)
    #expect(WrittenNumber.real("1e400") == nil)
  }
}
