import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// What DeepSeek V4 refuses; its numbers are among those of the tiny models.
@Suite("Settings and uses of DeepSeek V4 that are refused")
struct DeepSeekV4Tests {
  private func refusal(_ name: String, _ key: String, _ value: any Sendable) -> String? {
    do {
      _ = try openEdited(name) { $0.settings[key] = value }
      return nil
    } catch {
      return (error as? any EngineError)?.message
    }
  }

  @Test(arguments: [
    ("deepseek4", "num_key_value_heads", 2), ("deepseek4", "o_groups", 3), ("deepseek4", "n_shared_experts", 2),
    ("deepseek4", "hc_mult", 65), ("deepseek4", "hc_sinkhorn_iters", 10_001), ("deepseek4", "index_head_dim", 2),
    ("deepseek4", "compress_rates.compressed_sparse_attention", 1_000_000),
    ("deepseek4-published", "compress_rate_hca", 1_000_000), ("deepseek4-published", "qk_rope_head_dim", 5),
  ])
  func numbers(_ name: String, _ key: String, _ value: Int) throws {
    let message = try #require(refusal(name, key, value))
    #expect(message.hasPrefix("setting '\(key)' "), "\(message)")
  }

  @Test(arguments: [
    ("deepseek4", "rope_parameters.compress.rope_type", "llama3", "expected 'default' or 'yarn'"),
    ("deepseek4-published", "rope_scaling.type", "linear", "expected 'default' or 'yarn'"),
    ("deepseek4-published", "topk_method", "greedy", "expected 'noaux_tc'"),
  ])
  func words(_ name: String, _ key: String, _ value: String, _ expected: String) throws {
    let message = try #require(refusal(name, key, value))
    #expect(message.hasPrefix("setting '\(key)' ") && message.contains(expected), "\(message)")
  }

  @Test func sharesOfExpertsThatAreNotNormalised() throws {
    let message = try #require(refusal("deepseek4", "norm_topk_prob", false))
    #expect(message.hasPrefix("setting 'norm_topk_prob' "), "\(message)")
  }

  @Test func kindsOfBlocks() throws {
    let few = try #require(refusal("deepseek4", "layer_types", ["sliding_attention"]))
    #expect(few.contains("an entry for each of 3 blocks"), "\(few)")
    let other = try #require(refusal("deepseek4", "mlp_layer_types", ["hash_moe", "dense", "moe"]))
    #expect(other.contains("with 'dense'"), "\(other)")
    let ratio = try #require(refusal("deepseek4-published", "compress_ratios", [4, 7, 0]))
    #expect(ratio.contains("with '7'"), "\(ratio)")
  }

  @Test("the projection in groups is no site of an adapter")
  func adapterOfGroups() throws {
    try withTemporaryFolder { parent in
      let edited = try EditedAdapter("deepseek4", in: parent) { $0.replacing("o_b_proj", with: "o_a_proj") }
      let error = #expect(throws: AdapterError.self) {
        try openAdapted(ParityModel(name: "deepseek4-published", kind: .safetensors), edited.folder.path)
      }
      guard case .unknownTensors(let names, _, _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(!names.isEmpty && names.allSatisfy { $0.contains("o_a_proj") })
    }
  }

  @Test func ggufIsRefused() throws {
    #expect(Architecture.deepSeekV4.ggufName == nil)
    #expect(Architecture.lack(of: "deepseek4", in: .gguf)?.contains("several streams") == true)
  }
}
