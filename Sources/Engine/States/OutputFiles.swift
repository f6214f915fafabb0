import Traces

/// A model's files of which only the output is opened: the last norm, the head and the tokenizer.
///
/// Tensors of blocks may be missing; those that are there are not read.
final class OutputFiles: ModelFiles {
  private let base: any ModelFiles

  var kind: ModelFileKind { base.kind }
  var path: String { base.path }
  var architecture: String { base.architecture }
  var tensors: [String: StoredTensor] { base.tensors }
  var otherTensors: [String: String] { base.otherTensors }
  var configuration: any ModelConfiguration { base.configuration }
  var contentPaths: [String] { base.contentPaths }
  var ledger: SettingsLedger { base.ledger }
  var notes: ModelNotes { base.notes }
  var unfoundTensors: [String: String] { base.unfoundTensors }
  var settingsPrefix: String { base.settingsPrefix }
  var wrapper: Wrapper? { base.wrapper }
  var isOutputAlone: Bool { true }

  /// The output of an opened model.
  init(_ base: any ModelFiles) { self.base = base }
}

extension Output {
  /// Checks that its own matrices are in the files.
  ///
  /// - Throws: `LoadError.missingTensor`.
  func require(in files: any ModelFiles, without absent: Set<String>) throws(LoadError) {
    for matrix in [head.weights, projection?.weights].compactMap({ $0 }) where absent.contains(matrix.name) {
      throw .missingTensor(name: matrix.name, path: files.path)
    }
  }
}
