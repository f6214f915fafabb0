import Engine
import Foundation
import Models
import Plot
import Words

/// Checks a model: whether it opens, and whether the lens keeps its promises on it.
public struct ModelDoctor {
  let store: ModelStore
  let threads: Int

  /// A doctor for a store, which works on this number of threads.
  public init(store: ModelStore, threads: Int) {
    self.store = store
    self.threads = threads
  }

  /// What was found, the model's description first.
  ///
  /// - Parameters:
  ///   - model: A reference as in a spec.
  ///   - adapter: What is added to its products: a path, or a name on a hub.
  /// - Throws: `Diagnostic` or `EngineError` when the model is not available or does not open.
  public func findings(
    of model: String, options: ModelOptions = ModelOptions(), adapter: String? = nil, base: URL, offline: Bool,
    progress: ProgressHandler?
  ) throws -> [Doctor.Finding] {
    let resolved = try store.resolve(
      written: model, options: options, adapter: adapter, base: base, offline: offline, progress: progress)
    let opened = try resolved.open()
    for note in opened.notes { progress?(.note("note: \(note.place): \(note.message)")) }
    let check = try ModelCheck(model: opened, threads: threads)
    var findings = [describe(opened)] + (try check.findings()).map(Self.finding)
    guard opened.adapter == nil else { return findings }
    for file in Self.ggufBeside(resolved.url) { findings.append(try compare(opened, with: file)) }
    return findings
  }

  private func describe(_ model: LanguageModel) -> Doctor.Finding {
    let facts =
      [
        model.architecture, "\(model.layers) layers", "width \(model.width)", "\(model.vocabulary) tokens",
        model.weights,
      ] + (model.adapter.map { ["adapter \($0.name) of rank \($0.rank)"] } ?? [])
    return Doctor.Finding(isGood: true, what: model.identity.name, detail: facts.joined(separator: ", "))
  }

  private static func finding(_ found: ModelCheck.Finding) -> Doctor.Finding {
    Doctor.Finding(
      isGood: found.holds, what: found.promise,
      detail: "largest difference \(found.difference), allowed \(found.bound)")
  }

  /// GGUF models in a folder of safetensors.
  ///
  /// Both should be the same model.
  private static func ggufBeside(_ url: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    guard names.contains(where: { $0.hasSuffix(".safetensors") }) else { return [] }
    return GGUFFolder.models(among: names, in: url.path).map { url.appending(path: $0) }
  }

  /// The log-probabilities of both kinds of file, on the same text.
  private func compare(_ model: LanguageModel, with file: URL) throws -> Doctor.Finding {
    let other = try LanguageModel.open(path: file.path, identity: model.identity)
    let request = TraceRequest(prompt: "The keys to the cabinet", method: .generate(4))
    let a = try Tracer(model: model, threads: threads).trace([request])[0]
    let b = try Tracer(model: other, threads: threads).trace([request])[0]
    let what = "the same numbers from \(file.lastPathComponent)"
    guard a.tokens == b.tokens, a.rows == b.rows else {
      return Doctor.Finding(isGood: false, what: what, detail: "different tokens or a different number of layers")
    }
    let difference =
      zip(a.logprob.joined(), b.logprob.joined()).map { abs(($0 ?? 0) - ($1 ?? 0)) }.max() ?? 0
    // Files of one precision agree to the byte; a quantised one cannot.
    let isExact = a.model.weights == b.model.weights
    return Doctor.Finding(
      isGood: difference == 0 || !isExact, what: what,
      detail: "largest difference of log-probabilities \(difference) (\(a.model.weights) and \(b.model.weights))")
  }
}
