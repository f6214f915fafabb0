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
    // What a file of states can be asked.
    let answered = [
      "--prompt", "--continuation", "--watch", "--watch-set", "--top", "--norm", "--rows", "--columns", "--tuned-lens",
      "--jacobian-lens", "--accept-setting", "--bos", "--adapter",
    ]
    try Unused.refuse(given.filter { !answered.contains($0) } + more, because: "--states reads what a run has left")
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
