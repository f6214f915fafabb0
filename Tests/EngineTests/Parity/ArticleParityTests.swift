import TestSupport
import Testing

@testable import Engine

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
