import Synchronization

/// A note for the user on how a model was opened: something unusual, and how it was handled.
public struct ModelNote: Sendable, Hashable {
  /// The file or folder.
  public let place: String
  /// What was found and how it was handled; lower case, without a full stop.
  public let message: String
}

/// Collects the notes of one opened model, each once, in the order they were made.
public final class ModelNotes: Sendable {
  private let notes = Mutex<[ModelNote]>([])

  /// No notes yet.
  public init() {}

  /// Adds a note, unless the same note exists already.
  public func add(_ message: String, at place: String) {
    let note = ModelNote(place: place, message: message)
    notes.withLock { if !$0.contains(note) { $0.append(note) } }
  }

  /// All notes so far.
  public var all: [ModelNote] { notes.withLock { $0 } }
}
