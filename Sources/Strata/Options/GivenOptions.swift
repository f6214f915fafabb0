import ArgumentParser
import Words

/// Options of a group that can tell which of them are given.
///
/// An option without effect is refused, so each option that has a standard knows whether its value is the user's.
protocol GivenOptions {
  /// The names of those that are given: "--model".
  var given: [String] { get }
}

extension [(String, Bool)] {
  /// The names of those that are given.
  var names: [String] { filter(\.1).map(\.0) }
}

/// Options that have no effect in the way in which a command is used.
enum Unused {
  /// Refuses options that have no effect.
  ///
  /// - Parameter why: How the command is used, as the beginning of a sentence: "--check runs no model".
  /// - Throws: `ValidationError` with all of them.
  static func refuse(_ given: [String], because why: String) throws {
    guard !given.isEmpty else { return }
    let have = given.count == 1 ? "has" : "have"
    throw ValidationError(
      "\(why), so \(Wording.enumeration(given)) \(have) no effect: leave \(given.count == 1 ? "it" : "them") out")
  }
}
