import Traces

/// A model's files of which only the output is opened: the last norm, the head and the tokenizer.
///
/// Tensors of blocks may be missing; those that are there are not read.
final class OutputFiles: WrappedModelFiles {
  let base: any ModelFiles

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
