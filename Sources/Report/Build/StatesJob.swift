import Engine
import Files
import Foundation
import Models
import Traces
import Words

/// Reads files of states with the norm and the head of a model: what `strata trace --states` does.
public struct StatesJob: Sendable {
  let store: ModelStore
  let threads: Int

  /// A job over a store of models, on this number of threads.
  public init(store: ModelStore, threads: Int) {
    self.store = store
    self.threads = threads
  }

  /// Traces of all texts of the files, in their order.
  ///
  /// - Parameters:
  ///   - files: Paths of the files.
  ///   - request: What to look at.
  ///   - model: A reference as in a spec.
  ///   - lens: The fitted lens to use; nil for the logit lens.
  ///   - options: How the model is opened.
  ///   - adapter: What was added to its products.
  ///   - base: The folder that relative paths start from.
  /// - Throws: `DiagnosticList` of all files that cannot be read, or the reason why the model cannot be opened.
  public func traces(
    of files: [String], _ request: StatesTracer.Request, model: String, lens: LensReference?, options: ModelOptions,
    adapter: String?, base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> [Trace] {
    // First, because it costs nothing.
    var problems: [Diagnostic] = []
    var opened: [StatesFile] = []
    for file in files {
      do {
        opened.append(try StatesFile(path: file))
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    let resolved = try store.resolve(
      written: model, lens: lens, options: options, adapter: adapter, base: base, offline: offline, progress: progress)
    var options = options
    if options.acceptedSettings.isEmpty {
      // What was accepted for the run is accepted for its states.
      for name in opened.flatMap({ $0.acceptedSettings(ofModel: resolved.identity.sha256) })
      where !options.acceptedSettings.contains(name) { options.acceptedSettings.append(name) }
    }
    let tracer = try StatesTracer(
      path: resolved.url.path, identity: resolved.identity, options: options, adapter: try resolved.adapter?.open(),
      lens: try resolved.lens?.open(), threads: threads)
    for note in tracer.notes { progress?(.note("note: \(note.place): \(note.message)")) }
    var traces: [Trace] = []
    for file in opened {
      do {
        let outcome = try tracer.traces(of: file, request)
        traces += outcome.traces
        for warning in outcome.warnings { progress?(.note("warning: \(warning)")) }
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    try resolved.requireUnchanged()
    return traces
  }
}
