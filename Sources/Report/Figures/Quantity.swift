import Foundation
import Plot
import Traces

/// A number of every state that colours can show.
enum Quantity: String, CaseIterable {
  case probability, logprob, rank, entropy, kl

  /// The title of the colour bar.
  var title: String {
    switch self {
    case .probability: "Probability"
    case .logprob: "Log-probability (nats)"
    case .rank: "Rank of token (log scale)"
    case .entropy: "Entropy (nats)"
    case .kl: "KL to the output (nats)"
    }
  }

  /// Within a sentence.
  var phrase: String {
    switch self {
    case .probability: "probability"
    case .logprob: "log-probability"
    case .rank: "rank"
    case .entropy: "entropy"
    case .kl: "Kullback–Leibler divergence to the model's output"
    }
  }

  /// Whether it describes the whole distribution of a state rather than one token.
  var isOfState: Bool { self == .entropy || self == .kl }

  /// Of the token that comes next, or of the state that predicts it.
  func value(_ trace: Trace, _ row: Int, _ column: Int) -> Double? {
    switch self {
    case .probability: trace.logprob[row][column].map { exp(Double($0)) }
    case .logprob: trace.logprob[row][column].map(Double.init)
    case .rank: trace.rank[row][column].map(Double.init)
    case .entropy: trace.entropy[row][column].map(Double.init)
    case .kl: trace.kl[row][column].map(Double.init)
    }
  }
}
