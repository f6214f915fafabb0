import Foundation

/// Files too large for the repository, which `make test` fetches into the cache before the tests run.
///
/// A test that needs one fails, and does not skip, when it is absent.
public enum RealModels {
  /// `$XDG_CACHE_HOME/strata`, or `~/.cache/strata`.
  public static let cache: URL = {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache")
    return base.appendingPathComponent("strata")
  }()

  /// SmolLM2-135M-Instruct in Q4_1.
  public static func smolLM2() throws -> URL {
    try file("models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf")
  }

  /// Gemma 3 270M in Q4_K_M.
  public static func gemma3() throws -> URL { try file("models/gemma-3-270m/gemma-3-270m-q4_k_m.gguf") }

  /// GPT-2's `encoder.json`: tokens to ids.
  public static func gpt2Encoder() throws -> URL { try file("test-data/gpt2/encoder.json") }

  /// GPT-2's `vocab.bpe`: a line "#version", then merges.
  public static func gpt2Merges() throws -> URL { try file("test-data/gpt2/vocab.bpe") }

  /// The folder of the source of transformers.
  public static func transformersSource() throws -> URL { try file("test-data/transformers-5.24.0/transformers") }

  /// What is missing, and how to get it.
  public struct Missing: Error, CustomStringConvertible {
    /// The sentence.
    public let description: String
  }

  private static func file(_ path: String) throws -> URL {
    let url = cache.appendingPathComponent(path)
    guard FileManager.default.isReadableFile(atPath: url.path) else {
      throw Missing(description: "\(url.path) is not there: run the tests with `make test`, which fetches it")
    }
    return url
  }
}
