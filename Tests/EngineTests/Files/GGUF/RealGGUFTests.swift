import Engine
import Foundation
import TestSupport
import Testing
import Traces

/// The catalog models, compared with what the gguf package says of them; `Tools/make_real_tensor_digests.py` asked it.
@Suite struct RealGGUFTests {
  struct Expected: Decodable {
    struct Tensor: Decodable {
      let name: String
      let format: String
      let shape: [Int]
      let sha256: String
    }
    let file: String
    let tensors: Int
    let keys: [String]
    let digests: [Tensor]
  }

  private func check(_ url: URL) throws {
    let expected = try #require(
      try JSONDecoder().decode([Expected].self, from: Fixtures.data("real-tensors.json"))
        .first { $0.file == url.lastPathComponent })
    let files = try GGUFFiles(path: url.path)
    #expect(files.tensors.count == expected.tensors)
    #expect(files.metadata.keys.sorted() == expected.keys)
    for digest in expected.digests {
      let tensor = try #require(files.tensors[digest.name])
      #expect(tensor.format.name == digest.format && tensor.shape == digest.shape)
      var values = [Float](repeating: .nan, count: tensor.elements)
      values.withUnsafeMutableBufferPointer {
        tensor.format.decode(tensor.bytes.baseAddress, $0.baseAddress, $0.count)
      }
      #expect(values.withUnsafeBytes { SHA256.hex(of: $0) } == digest.sha256, "\(digest.name) in \(digest.format)")
    }
  }

  @Test func smolLM2IsReadBitForBit() throws { try check(RealModels.smolLM2()) }

  @Test func gemma3IsReadBitForBit() throws { try check(RealModels.gemma3()) }

  @Test func arraysOfALargeVocabularyAreRead() throws {
    let files = try GGUFFiles(path: RealModels.gemma3().path)
    let tokens = try #require(try files.metadata.stringArray("tokenizer.ggml.tokens"))
    #expect(tokens.count == 262_144)
    #expect(tokens.prefix(3).map { String(decoding: $0, as: UTF8.self) } == ["<pad>", "<eos>", "<bos>"])
    #expect(try files.configuration.reals("tokenizer.ggml.scores")?.count == tokens.count)
    #expect(try files.configuration.integers("tokenizer.ggml.token_type")?.prefix(3) == [3, 3, 3])
  }
}
