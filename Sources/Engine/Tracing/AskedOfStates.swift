import Traces

/// What a run was asked about its states: what decides the numbers of its trace, besides the model and the text.
///
/// A file of states keeps it for each text, so that the same trace comes from them again.
struct AskedOfStates: Codable, Equatable {
  /// Tokens, and sets of tokens, watched besides the targets.
  var watch: [Watched]
  /// Most probable tokens kept for each row and column.
  var top: Int
  /// The lens; of a fitted one the description alone.
  var lens: Trace.Lens

  /// As the metadata of a file hold it.
  func written() throws -> String { String(decoding: try CompactJSON.data(self), as: UTF8.self) }
}
