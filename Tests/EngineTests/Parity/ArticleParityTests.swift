import Foundation
import TestSupport
import Testing

@testable import Engine

/// The model of this repository, float16 weights, float32 on both sides.
@Suite("The first model against transformers")
struct FirstModelParityTests {
  @Test func first() throws {
    let folder = Fixtures.folder.appending(path: "../../models/first").standardizedFileURL
    try compareColumns(of: openModel(folder, name: "first"), folder: "article/first")
  }
}

/// Weights dequantised from the same GGUF files on both sides; float32 on both sides.
@Suite("Both catalog models against transformers, on the article's prompts")
struct ArticleParityTests {
  @Test func smolLM2() throws {
    try compareColumns(of: openModel(RealModels.smolLM2(), name: "smollm2-135m"), folder: "article/smollm2-135m")
  }

  @Test func gemma3() throws {
    try compareColumns(of: openModel(RealModels.gemma3(), name: "gemma-3-270m"), folder: "article/gemma-3-270m")
  }
}
