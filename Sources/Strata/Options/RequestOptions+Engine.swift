import ArgumentParser
import Engine
import Foundation
import Report

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
  /// What is asked of the model, one request for every prompt, files after texts.
  ///
  /// - Throws: `Diagnostic` when a file cannot be read, `ValidationError` when there is no prompt.
  func requests() throws -> [TraceRequest] {
    let texts = prompt + (try promptFile.map(Input.text))
    guard !texts.isEmpty else { throw ValidationError("give a text with --prompt or --prompt-file") }
    return texts.map { text in
      TraceRequest(
        prompt: text, method: continuation.map { .continuation($0) } ?? .generate(generate ?? 0), watch: watch,
        topK: top, columns: TraceRequest.Columns(rawValue: columns.rawValue) ?? .generated,
        norm: Trace.Lens.Norm(rawValue: norm.rawValue) ?? .final,
        rows: TraceRequest.Rows(rawValue: rows.rawValue) ?? .blocks)
    }
  }

  /// Traces of the requests.
  func traces(fetch: FetchOptions, run: RunOptions, progress: ProgressHandler?) throws -> [Trace] {
    guard let model else { throw ValidationError("give a model with --model") }
    let requests = try requests()
    let runner = TraceRunner(store: try Shared.store(), source: EngineTraceSource(threads: run.threads))
    return try runner.traces(
      of: model, requests, base: Shared.currentFolder, offline: fetch.offline, progress: progress)
  }
}

/// Files that commands read.
enum Input {
  /// The bytes of a file.
  static func data(_ path: String) throws -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let missing = !FileManager.default.fileExists(atPath: path)
      throw Diagnostic(place: path, missing ? "no such file" : "cannot be read", category: .badInput)
    }
  }

  /// The text of a file, exactly.
  static func text(_ path: String) throws -> String {
    guard let text = String(validating: try data(path), as: UTF8.self) else {
      throw Diagnostic(place: path, "expected UTF-8 text, found bytes that are not", category: .badInput)
    }
    return text
  }
}

/// What commands share.
enum Shared {
  static func store() throws -> ModelStore {
    ModelStore(catalog: try ModelCatalog(), cache: CacheFolder())
  }

  static var currentFolder: URL {
    URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
  }
}
