import Engine
import Files
import Foundation
import Traces
import Words

/// How large a model is, as the headers of its files say; no weight is read for it.
package struct ModelSize: Equatable, Sendable {
  /// Bytes of all its files.
  package var bytes: Int
  /// Numbers in its tensors.
  package var parameters: Int
  /// Blocks.
  package var layers: Int
  /// Numbers in its largest matrix, which is the unembedding in most models.
  package var head: Int
}

extension ModelStore {
  /// The size of a model; nil when it is not on this machine.
  ///
  /// - Throws: The errors of opening its files.
  package func size(of reference: ModelReference, base: URL) throws -> ModelSize? {
    guard let url = place(of: reference, base: base), FileState(path: url.path) != nil else { return nil }
    let files = try openModelFiles(path: url.path)
    var blocks: Set<Int> = []
    for name in files.tensors.keys {
      if let number = name.split(separator: ".").lazy.compactMap({ Int($0) }).first { blocks.insert(number) }
    }
    return ModelSize(
      bytes: files.contentPaths.reduce(0) { $0 + (FileState(path: $1)?.bytes ?? 0) },
      parameters: files.tensors.values.reduce(0) { $0 + $1.elements }, layers: max(1, blocks.count),
      head: files.tensors.values.filter { $0.shape.count == 2 }.map(\.elements).max() ?? 0)
  }

  /// Where a model's files lie; nil for one that would have to be fetched.
  private func place(of reference: ModelReference, base: URL) -> URL? {
    switch reference {
    case .catalog(let name):
      guard let entry = catalog.models.first(where: { $0.name == name }), state(of: entry) == .present else {
        return nil
      }
      return cache.file(of: entry)
    case .path(let path): return ModelStore.locate(path, base: base, environment: environment)
    case .hub(let reference): return (try? located(reference, base: base, offline: true, progress: nil))?.url
    case .ollama(let name): return (try? OllamaStore(environment: environment).locate(name))?.url
    case .traces: return nil
    }
  }
}
