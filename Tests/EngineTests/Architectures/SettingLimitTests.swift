import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Counts of a configuration that no tensor bears out are refused before anything is made by them.
@Suite struct SettingLimitTests {
  private func message(_ model: String, _ key: String, _ value: Any) throws -> String? {
    do {
      _ = try openEdited(model) { $0.settings[key] = value }
      return nil
    } catch { return (error as? LoadError)?.message ?? (error as? any EngineError)?.message ?? "\(error)" }
  }

  @Test("as many blocks as there are tensors at most", arguments: ParityModel.names)
  func layers(model: String) throws {
    let files = try openModelFiles(path: Fixtures.url("models/\(model)/hf").path)
    let names = try Architecture.of(files).settings.layers
    guard let key = names.map({ files.settingsPrefix + $0 }).first(where: files.configuration.contains) else {
      // Its blocks are a list.
      #expect(model == "nemotron-h-listed")
      return
    }
    for count in [1_000_000_000, Int(Int32.max)] {
      #expect(
        try message(model, key, count) == "setting '\(key)' is \(count), expected at most \(files.tensors.count), "
          + "as many as the file has tensors")
    }
    #expect(try message(model, key, Int.max) == "setting '\(key)' is \(Int.max), expected 1 to 2147483647")
  }

  /// Every whole number of every configuration, at the edges of what numbers hold.
  @Test("any count may be absurd", arguments: ParityModel.names)
  func absurdCounts(model: String) throws {
    let files = try openModelFiles(path: Fixtures.url("models/\(model)/hf").path)
    let file = Fixtures.url("models/\(model)/hf/config.json")
    let parsed = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    let keys = try #require(parsed as? [String: Any]).keys.sorted()
    for key in keys where (try? files.configuration.integer(key)) != nil && files.configuration.contains(key) {
      for count in [0, -1, 1 << 20, 100_000_000, Int(Int32.max), .max, .min] { _ = try message(model, key, count) }
    }
  }

  @Test("heads, widths and experts have limits of their own")
  func widths() throws {
    let dimension = "the largest dimension of a tensor"
    #expect(
      try message("t5-v11", "num_decoder_layers", 100_000_000)?.hasSuffix("as many as the file has tensors") == true)
    #expect(try message("xglm", "max_position_embeddings", 100_000_000)?.hasSuffix("expected at most 65536") == true)
    #expect(
      try message("llama", "hidden_size", 1_000_000_000)?.hasSuffix(dimension) == true)
    #expect(try message("bloom", "n_head", 1 << 30)?.hasSuffix(dimension) == true)
    #expect(try message("qwen3", "head_dim", 1 << 30)?.contains("heads can be in the largest tensor") == true)
    #expect(
      try message("mixtral", "num_local_experts", 100_000_000)?.contains("as many as the file has tensors") == true)
  }

  @Test("a head of an odd width is refused at the setting that the file has")
  func oddHeads() throws {
    let odd = "an even number: values of a head turn in pairs"
    #expect(try message("qwen3", "head_dim", 7) == "setting 'head_dim' is 7, expected \(odd)")
    #expect(try message("mimo-v2-flash", "head_dim", 7)?.contains("rope.dimension_count") == false)
    #expect(
      try message("llama", "num_attention_heads", 8)
        == "setting 'num_attention_heads' is 8, expected a number that leaves heads of an even width, of which values turn "
        + "in pairs: it is 3")
  }

  @Test("the part of a head that turns is a part")
  func rotatedPart() throws {
    for part in [4.6e18, 9.3e18, -1, .infinity, .nan] {
      let found = try message("phi", "rope_parameters.partial_rotary_factor", part)
      #expect(
        found
          == (part.isFinite
            ? "setting 'rope_parameters.partial_rotary_factor' is \(part), expected 0 to 1"
            : "setting 'rope_parameters.partial_rotary_factor' is \(part), expected a number within float32"))
    }
  }

  @Test("ids that the head can give have an embedding")
  func embeddings() throws {
    let error = #expect(throws: LoadError.self) {
      try openEdited("llama-untied") { files in
        let tokens = files.values("model.embed_tokens.weight")
        let width = files.tensors["model.embed_tokens.weight"]?.shape[1] ?? 1
        files.set("model.embed_tokens.weight", shape: [10, width], Array(tokens.prefix(10 * width)))
      }
    }
    #expect(error?.message == "setting 'vocab_size' is 288, expected 10, the rows of the token embedding")
  }
}
