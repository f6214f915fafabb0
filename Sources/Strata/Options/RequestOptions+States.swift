import ArgumentParser
import Build
import Engine
import Foundation
import Spec
import Traces
import Words

extension RequestOptions {
  /// Checks that the options are those that states can answer.
  func requireStates(besides more: [String]) throws {
    guard model != nil else { throw ValidationError("give the model whose norm and head read the states with --model") }
    let given: [(String, Bool)] = [
      ("--prompt-file", !promptFile.isEmpty), ("--chat and its options", chats.isGiven), ("--decoder", decoder != nil),
      ("--generate", generate != nil), ("--sample", sample != nil), ("--attribute", attribute != nil),
      ("--patch", patch != nil), ("--change", !change.isEmpty),
    ]
    let refused = given.filter(\.1).map(\.0) + more
    guard refused.isEmpty else {
      throw ValidationError("--states reads what a run has left, so there is no \(refused.joined(separator: ", "))")
    }
    guard prompt.count < 2 else { throw ValidationError("--states takes one --prompt, the text of vLLM's file") }
  }

  /// Traces of the texts whose states are in some files.
  func traces(
    ofStates files: [String], fetch: FetchOptions, run: RunOptions, progress: ProgressHandler?
  ) throws -> [Trace] {
    var request = StatesTracer.Request()
    if !watch.isEmpty || !watchSet.isEmpty { request.watch = try watched() }
    request.topK = top
    (request.norm, request.rows, request.columns) = choices
    (request.prompt, request.continuation) = (prompt.first, continuation)
    return try StatesJob(store: try Shared.store(), threads: run.threads).traces(
      of: files, request, model: model ?? "", lens: lens.value, options: opening.value, adapter: opening.adapter,
      base: Shared.currentFolder, offline: fetch.offline, progress: progress)
  }
}
