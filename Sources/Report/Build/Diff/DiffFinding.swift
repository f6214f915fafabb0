import Engine
import Foundation
import Plot

/// The result of comparing two files.
public struct DiffFinding: Equatable, Sendable {
  /// The file's name, the same in both places.
  public var name: String
  /// Which of two folders has it.
  public var presence = Presence.both
  /// Whether nothing differs beyond the tolerance.
  public var isEqual: Bool
  /// Whether somebody must look at the file: its bytes differ, and a tolerance does not apply to them.
  public var isUnjudged = false
  /// The differences, numbers first; for equal files, what was compared.
  public var lines: [String]
  /// The first numbers that differ.
  public var changes: [DiffChange] = []
  /// How many numbers differ.
  public var changeCount = 0
  /// PNG files of both and of their difference, for pictures that differ.
  public var pictures: Pictures?

  /// Which of two folders has a file.
  public enum Presence: Sendable {
    /// Both.
    case both
    /// Only the first.
    case first
    /// Only the second.
    case second
  }

  /// Both pictures and where they differ.
  public struct Pictures: Equatable, Sendable {
    /// The first file's.
    public var first: Data
    /// The second file's.
    public var second: Data
    /// Where they differ.
    public var difference: Data
  }
}

/// What counts as equal.
public struct DiffTolerance: Equatable, Sendable {
  /// Log-probabilities, entropies and divergences may differ by this many nats, cells of tables by this much.
  public var number: Double
  /// Channels of pixels may differ by this much, of 255.
  public var channel: Int

  /// A tolerance; ranks and tokens are never tolerated.
  public init(number: Double = 0, channel: Int = 0) {
    self.number = number
    self.channel = channel
  }
}
