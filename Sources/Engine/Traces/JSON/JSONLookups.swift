import Synchronization

/// Records which values of a JSON document were looked up, by their places on the tape.
///
/// Two bits per word: looked up by key, and read whole.
final class JSONLookups: Sendable {
  private let bits: Mutex<[UInt64]>

  /// No look-ups yet, for a number of words.
  init(words: Int) { bits = Mutex([UInt64](repeating: 0, count: words / 32 + 1)) }

  /// Records that a value was looked up.
  func mark(_ index: Int) { set(2 * index) }

  /// Records that a whole value was read.
  func markWhole(_ index: Int) { set(2 * index + 1) }

  /// Whether a value was looked up.
  func contains(_ index: Int) -> Bool { isSet(2 * index) }

  /// Whether a whole value was read.
  func containsWhole(_ index: Int) -> Bool { isSet(2 * index + 1) }

  private func set(_ bit: Int) { bits.withLock { $0[bit / 64] |= 1 << (bit % 64) } }

  private func isSet(_ bit: Int) -> Bool { bits.withLock { $0[bit / 64] & (1 << (bit % 64)) != 0 } }
}
