import ArgumentParser
import Words

/// The one way in which an option takes a number.
enum NumberOption {
  /// A whole number; what numbers an option takes is its command's to say.
  ///
  /// - Throws: `ValidationError`, to which the parser adds the option's name.
  @Sendable static func whole(_ text: String) throws -> Int {
    if let number = WrittenNumber.whole(text) { return number }
    throw ValidationError("expected a whole number\(of(text)), found '\(text)'")
  }

  /// A real number.
  ///
  /// - Throws: `ValidationError`, to which the parser adds the option's name.
  @Sendable static func real(_ text: String) throws -> Double {
    if let number = WrittenNumber.real(text) { return number }
    throw ValidationError("expected a number in decimal digits such as 0.5 or 1e-3, found '\(text)'")
  }

  /// What a whole number that is too large, or is written in another notation, lacks.
  private static func of(_ text: String) -> String {
    WrittenNumber.isWhole(text) ? " within 64 bits" : " in decimal digits such as 16"
  }
}
