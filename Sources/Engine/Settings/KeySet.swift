import Synchronization

/// A set of setting keys to which several readers add.
final class KeySet: Sendable {
  private let keys = Mutex<Set<String>>([])

  /// Adds a key.
  func insert(_ key: String) { keys.withLock { _ = $0.insert(key) } }

  /// Whether a key was added.
  func contains(_ key: String) -> Bool { keys.withLock { $0.contains(key) } }
}
