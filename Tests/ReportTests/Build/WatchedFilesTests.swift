import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Files
@testable import Models
@testable import Words

/// What a watched spec waits for.
@Suite(.serialized) struct WatchedFilesTests {
  /// Saves something while a spec is watched, which must end the waiting.
  private func changes(_ folder: URL, _ save: @escaping @Sendable () throws -> Void) throws {
    let store = ModelStore(
      catalog: ModelCatalog(models: []), cache: CacheFolder(root: folder.appending(path: "cache")), environment: [:])
    var watched = WatchedFiles(
      spec: folder.appending(path: "w.yaml").path,
      job: BuildJob(store: store, numbers: FakeTraces(), figures: FakeFigures()))
    watched.noteInputs()
    let saver = Thread {
      Thread.sleep(forTimeInterval: 0.3)
      try? save()
    }
    saver.start()
    watched.waitForChange()
  }

  @Test(.timeLimit(.minutes(1))) func aNewCheckpointOfAPatternIsAChange() throws {
    try withTemporaryFolder { folder in
      try Data("models: {Run: {checkpoints: ./runs/step*}}\nprompts: [a]\nfigures: [top-tokens]\n".utf8)
        .write(to: folder.appending(path: "w.yaml"))
      let runs = folder.appending(path: "runs")
      // A pattern that leads to nothing yet is a mistake, which the first checkpoint mends.
      for name in ["step1", "step2"] {
        try changes(folder) {
          try FileManager.default.createDirectory(at: runs.appending(path: name), withIntermediateDirectories: true)
        }
      }
      // So is a file that one of them gets.
      try changes(folder) { try Data("x".utf8).write(to: runs.appending(path: "step2/config.json")) }
    }
  }

  @Test(.timeLimit(.minutes(1))) func theSpecItselfIsAChange() throws {
    try withTemporaryFolder { folder in
      let spec = folder.appending(path: "w.yaml")
      try Data("models: {Run: ./m}\n".utf8).write(to: spec)
      try changes(folder) { try Data("models: {Run: ./n.gguf}\n".utf8).write(to: spec) }
    }
  }
}
