import Foundation
import TestSupport

@testable import Build
@testable import Files
@testable import Models
@testable import Spec
@testable import Words

/// A folder with two model files and a builder whose sources are fakes.
struct BuildSite {
  let folder: URL
  let traces = FakeTraces()
  var figures = FakeFigures()
  /// How far the builder's clock is ahead; with some seconds, files that were just written count as settled.
  var ahead = 0

  init(_ folder: URL) throws {
    self.folder = folder
    try Data("one".utf8).write(to: folder.appending(path: "one.gguf"))
    try Data("two".utf8).write(to: folder.appending(path: "two.gguf"))
  }

  /// A folder as it is.
  init(bare folder: URL) { self.folder = folder }

  func build(
    _ yaml: String, out: String = "out", only: String? = nil, keepGoing: Bool = false, threads: Int = 2,
    refresh: Bool = false, explain: Bool = false, vocabulary: SpecVocabulary = .test,
    progress: ProgressHandler? = nil
  ) throws -> Builder.Outcome {
    let spec = try SpecReader.read(Data(yaml.utf8), name: "report.yaml", vocabulary: vocabulary)
    let store = ModelStore(
      catalog: ModelCatalog(models: []), cache: CacheFolder(root: folder.appending(path: "cache")), environment: [:])
    var builder = Builder(store: store, numbers: traces, figures: figures)
    builder.clock = { [ahead] in FileState.now + ahead * 1_000_000_000 }
    return try builder.build(
      spec, base: folder,
      options: Builder.Options(
        out: folder.appending(path: out), offline: true, only: only, keepGoing: keepGoing, threads: threads,
        refresh: refresh, explain: explain),
      progress: progress)
  }

  /// Files of an output folder with their content.
  func files(_ out: String = "out") throws -> [String: Data] {
    let root = folder.appending(path: out + "/report")
    var files: [String: Data] = [:]
    for case let path as String in FileManager.default.enumerator(atPath: root.path) ?? .init() {
      var isFolder: ObjCBool = false
      let file = root.appending(path: path)
      _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
      if !isFolder.boolValue { files[path] = try Data(contentsOf: file) }
    }
    return files
  }

  /// The paths of files that are not as they were.
  func differing(from before: [String: Data]) throws -> [String] {
    let now = try files()
    return Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
  }
}
