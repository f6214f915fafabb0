import Files
import Foundation
import Words

/// Models that Ollama has fetched, read where they are.
package struct OllamaStore {
  /// Where its store may be, first to last.
  private let folders: [URL]

  /// The stores that an environment names.
  package init(environment: [String: String]) {
    let home = environment["HOME"] ?? NSHomeDirectory()
    let own = environment["OLLAMA_MODELS"].flatMap { $0.isEmpty ? nil : $0 }
    folders = (own.map { [$0] } ?? [home + "/.ollama/models", "/usr/share/ollama/.ollama/models"])
      .map { URL(fileURLWithPath: $0, isDirectory: true) }
  }

  private struct Manifest: Decodable {
    var layers: [Layer]
    struct Layer: Decodable {
      var mediaType: String
      var digest: String
    }
  }

  /// The weights of "name", "name:tag" or "user/name:tag", and the digest that names them.
  ///
  /// - Throws: `Diagnostic` that names the places searched.
  package func locate(_ model: String) throws(Diagnostic) -> (url: URL, sha256: String) {
    let parts = model.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts[0].contains("/") ? parts[0] : "library/\(parts[0])"
    let path = "manifests/registry.ollama.ai/\(name)/\(parts.count == 2 ? parts[1] : "latest")"
    guard let folder = folders.first(where: { FileState(path: $0.appending(path: path).path) != nil }) else {
      throw Diagnostic(
        place: "ollama:\(model)", "Ollama has no such model on this machine",
        hints: [
          "fetch it with: ollama pull \(model)",
          "looked for \(path) in \(folders.map(\.path).joined(separator: " and "))",
        ], category: .badInput)
    }
    let file = folder.appending(path: path)
    guard let data = try? Data(contentsOf: file), let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
      let layer = manifest.layers.first(where: { $0.mediaType == "application/vnd.ollama.image.model" }),
      let digest = layer.digest.wholeMatch(of: /sha256[:-]([0-9a-f]{64})/).map({ String($0.1) })
    else {
      throw Diagnostic(
        place: file.path, "expected a manifest with a layer of weights, found something else",
        hints: ["fetch it again with: ollama pull \(model)"], category: .badInput)
    }
    return (folder.appending(path: "blobs/sha256-\(digest)"), digest)
  }
}
