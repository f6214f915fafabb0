import Synchronization

/// Which values of a JSON document a reader asked for, by their places on the tape.
///
/// Two bits a word: asked for by key, and taken whole.
final class JSONLookups: Sendable {
  private let bits: Mutex<[UInt64]>

  /// None of so many words.
  init(words: Int) { bits = Mutex([UInt64](repeating: 0, count: words / 32 + 1)) }

  /// Remembers that a value was asked for.
  func mark(_ index: Int) { set(2 * index) }

  /// Remembers that somebody went through all of a value.
  func markWhole(_ index: Int) { set(2 * index + 1) }

  /// Whether a value was asked for.
  func contains(_ index: Int) -> Bool { isSet(2 * index) }

  /// Whether somebody went through all of a value.
  func containsWhole(_ index: Int) -> Bool { isSet(2 * index + 1) }

  private func set(_ bit: Int) { bits.withLock { $0[bit / 64] |= 1 << (bit % 64) } }

  private func isSet(_ bit: Int) -> Bool { bits.withLock { $0[bit / 64] & (1 << (bit % 64)) != 0 } }
}
