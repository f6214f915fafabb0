import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Engine
@testable import Files
@testable import Models

@Suite("Doctor of models")
struct ModelDoctorTests {
  private func findings(_ gguf: String) throws -> [Doctor.Finding] {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "model")
      try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
      try FileManager.default.copyItem(at: Fixtures.url(gguf), to: model.appending(path: "model.gguf"))
      let cache = CacheFolder(root: folder.appending(path: "cache"))
      let store = ModelStore(catalog: try ModelCatalog(), cache: cache)
      return try ModelDoctor(store: store, threads: 2).findings(
        of: model.path + "/", base: folder, offline: true, progress: nil)
    }
  }

  @Test("compares a folder's safetensors with the GGUF beside them")
  func comparesBothFiles() throws {
    let findings = try findings("models/llama/llama.gguf")
    #expect(findings.last?.what == "the same numbers from model.gguf")
    #expect(findings.last?.detail == "largest difference of log-probabilities 0.0 (F32 and F32)")
    let troubles = findings.filter { !$0.isGood }
    #expect(troubles.isEmpty)
  }

  @Test("says when the GGUF beside them is another model")
  func seesAnotherModel() throws {
    let last = try #require(try findings("models/llama-untied/llama-untied.gguf").last)
    #expect(!last.isGood)
  }
}
