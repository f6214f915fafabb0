import Foundation
import TestSupport

/// `expected.json` of a tiny model (Tools/make_parity_fixtures.py).
struct ExpectedModel: Decodable {
  /// The family's name.
  let architecture: String
  /// Whether both kinds of file say the same to the bit; not where GGUF keeps rounded frequencies.
  let identical: Bool
  let tolerance: Double
  let rawTolerance: Double
  let top: Int
  /// Tokens asked for; a control token ends the text earlier.
  let generate: Int
  let prompts: [ExpectedPrompt]

  enum CodingKeys: String, CodingKey {
    case architecture, identical, tolerance, top, generate, prompts
    case rawTolerance = "raw_tolerance"
  }

  static func read(_ name: String) throws -> ExpectedModel {
    try JSONDecoder().decode(ExpectedModel.self, from: Fixtures.data("models/\(name)/expected.json"))
  }
}

/// A prompt of a tiny model, measured at every position.
struct ExpectedPrompt: Decodable {
  let text: String
  /// Of the prompt; of the decoder's start in an encoder-decoder model.
  let ids: [Int]
  let generated: [Int]
  /// What the encoder reads, in an encoder-decoder model.
  let encoder: [Int]?
  /// The given beginning of the decoder's text.
  let decoder: String?
  /// The model's own logits after the prompt. [V]
  let logits: [Double]
  let normed: ExpectedLens
  let raw: ExpectedLens
}

/// One file of `article/` or `gpt2-random/transformers` (Tools/make_article_reference.py).
struct ExpectedColumns: Decodable {
  let prompt: String
  let tolerance: Double
  let rawTolerance: Double
  let top: Int
  let ids: [Int]
  let generated: [Int]
  let positions: [Int]
  let targets: [Int?]
  let normed: ExpectedLens
  let raw: ExpectedLens

  enum CodingKeys: String, CodingKey {
    case prompt, tolerance, top, ids, generated, positions, targets, normed, raw
    case rawTolerance = "raw_tolerance"
  }

  /// Every file of a folder of Tests/Fixtures, grouped by prompt, in order of their names.
  static func read(folder: String) throws -> [[ExpectedColumns]] {
    let files = try Fixtures.names(in: folder).map {
      try JSONDecoder().decode(ExpectedColumns.self, from: Fixtures.data("\(folder)/\($0)"))
    }
    var order: [String] = []
    var groups: [String: [ExpectedColumns]] = [:]
    for file in files {
      if groups[file.prompt] == nil { order.append(file.prompt) }
      groups[file.prompt, default: []].append(file)
    }
    return order.compactMap { groups[$0] }
  }

  /// Ids of the watched tokens.
  var watched: [Int] { (normed.watch ?? []).map(\.id) }
}

/// Matrices [row][column], rows from the embedding upwards; null where there is no target.
struct ExpectedLens: Decodable {
  let rank: [[Int?]]
  /// Tokens whose logit is above the target's by at most the tolerance. [row][column]
  let above: [[Int?]]
  /// The same below.
  let below: [[Int?]]
  let logprob: [[Double?]]
  let entropy: [[Double]]?
  let kl: [[Double]]?
  let logsumexp: [[Double]]?
  /// One more than `top`. [row][column][top + 1]
  let topIds: [[[Int]]]?
  let topLogits: [[[Double]]]?
  let watch: [Watched]?

  struct Watched: Decodable {
    let id: Int
    let rank: [[Int]]
    let above: [[Int]]
    let below: [[Int]]
    let logprob: [[Double]]
  }

  enum CodingKeys: String, CodingKey {
    case rank, above, below, logprob, entropy, kl, logsumexp, watch
    case topIds = "top_ids"
    case topLogits = "top_logits"
  }
}

/// Ranks by Ecco (Tools/make_ecco_reference.py).
struct EccoRanks: Decodable {
  let prompts: [Prompt]

  struct Prompt: Decodable {
    let text: String
    let ids: [Int]
    let generated: [Int]
    let watch: [Int]
    /// [block][generated token], or [block][watched token] at the first position after the prompt.
    let rank: [[Int]]
    /// Tokens whose logit equals the target's to within 1e-6 of the largest, ranked above it.
    let above: [[Int]]
    /// The same below.
    let below: [[Int]]
    /// What `layer_predictions` lists for the first position after the prompt.
    let top: Top
  }

  /// Ids and probabilities, [block][10].
  struct Top: Decodable {
    let ids: [[Int]]
    let probabilities: [[Double]]
  }
}
