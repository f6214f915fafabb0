import ArgumentParser
import Build
import Engine
import Files
import Foundation
import Models
import Spec
import Traces
import Words

/// The engine's choices as words of the command line.
enum NormChoice: String, ExpressibleByArgument, CaseIterable {
  case final, none
}

/// The engine's choices as words of the command line.
enum ColumnChoice: String, ExpressibleByArgument, CaseIterable {
  case generated, all, last
}

/// The engine's choices as words of the command line.
enum RowChoice: String, ExpressibleByArgument, CaseIterable {
  case blocks, attention
}

extension RequestOptions {
  /// Paths of what is read: a model, texts, an adapter, a lens.
  var files: [String?] { [model] + promptFile + chats.chatFile + lens.files + [opening.adapter] }

  /// The engine's words for what is given; nil for what is not.
  var choices: (norm: Trace.Lens.Norm?, rows: TraceRequest.Rows?, columns: TraceRequest.Columns?) {
    (
      norm.flatMap { Trace.Lens.Norm(rawValue: $0.rawValue) },
      rows.flatMap { TraceRequest.Rows(rawValue: $0.rawValue) },
      columns.flatMap { TraceRequest.Columns(rawValue: $0.rawValue) }
    )
  }

  /// The requests to the model, one for every prompt: texts, files, then conversations.
  ///
  /// - Throws: `Diagnostic` when a file cannot be read.
  func requests() throws -> [TraceRequest] {
    let watched = try watched()
    let sampling = try sample.map(Sampling.parse)
    let attribute = try attribute.map(AttributionRequest.parse)
    let patch = try patch.map(PatchRequest.parse)
    let changes = try change.map { try RunChange.parse($0, files: .anywhere) }
    let method =
      continuation.map { Trace.Method.continuation($0) }
      ?? sampling.map { .sample(generate ?? 0, $0) } ?? .generate(generate ?? 0)
    let plain = try (prompt + promptFile.map(Input.text)).map { (text: $0, chat: TraceRequest.Chat?.none) }
    return try (plain + chats.prompts().map { ($0.text, $0.chat) }).map { text, chat in
      TraceRequest(
        prompt: text, method: method, watch: watched,
        topK: top ?? TraceRequest.usualTop, columns: choices.columns ?? .generated, norm: choices.norm ?? .final,
        rows: choices.rows ?? .blocks, chat: chat, decoder: decoder, attribute: attribute, patch: patch,
        changes: changes.isEmpty ? nil : changes)
    }
  }

  /// What is watched besides the targets.
  func watched() throws -> [Watched] {
    let watched = try watch.map(Watched.parse) + watchSet.map { .set(try WatchSet.parse($0)) }
    guard watched.count(where: { $0.automatic != nil }) < 2 else {
      throw ValidationError("--watch asks for automatic words twice: one auto(n) finds as many as are wanted")
    }
    return watched
  }

  /// All that are given but the model.
  var given: [String] { asked.names + chats.given + lens.given + opening.given }

  /// Options of the group itself, and whether they are given.
  private var asked: [(String, Bool)] {
    [
      ("--prompt", !prompt.isEmpty), ("--prompt-file", !promptFile.isEmpty), ("--plain-text", plainText),
      ("--decoder", decoder != nil), ("--generate", generate != nil),
      ("--sample", sample != nil), ("--continuation", continuation != nil), ("--watch", !watch.isEmpty),
      ("--watch-set", !watchSet.isEmpty), ("--attribute", attribute != nil), ("--patch", patch != nil),
      ("--change", !change.isEmpty),
      ("--top", top != nil), ("--norm", norm != nil), ("--rows", rows != nil), ("--columns", columns != nil),
    ]
  }

  /// Checks that there is something to run.
  func requireModelAndText() throws {
    guard model != nil else { throw ValidationError("give a model with --model") }
    guard !prompt.isEmpty || !promptFile.isEmpty || chats.isGiven else {
      throw ValidationError("give a text with --prompt or --prompt-file, or a conversation with --chat")
    }
    if prompt.contains("") { throw ValidationError("--prompt expects some text, found ''; a space is enough") }
    if plainText, prompt.isEmpty, promptFile.isEmpty {
      try Unused.refuse(["--plain-text"], because: "a conversation is no plain text")
    }
  }

  /// Traces of the requests.
  func traces(
    fetch: FetchOptions, run: RunOptions, states: CapturedStates? = nil, progress: ProgressHandler?
  ) throws -> [Trace] {
    try requireModelAndText()
    let requests = try requests()
    let runner = NumbersRunner(store: try Shared.store(), source: EngineSource(threads: run.threads))
    return try runner.numbers(
      of: model ?? "", requests.map { .trace($0) }, lens: lens.value, options: opening.value,
      adapter: opening.adapter,
      states: states, takesPlainText: plainText, base: Shared.currentFolder,
      offline: fetch.offline, progress: progress
    ).compactMap(\.trace)
  }
}

/// What these commands share.
enum Shared {
  static func store() throws -> ModelStore {
    ModelStore(catalog: try ModelCatalog(), cache: CacheFolder())
  }

  static var currentFolder: URL {
    URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
  }
}
