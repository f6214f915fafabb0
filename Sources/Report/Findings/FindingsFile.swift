import Foundation
import Traces

/// The file of all findings.
struct FindingsFile: Encodable {
  var schema: String
  var title: String
  var tool: String
  var strongest: [String]
  var rows: [Row]
  var contrasts: [Contrast]
  var training: [Training]?
  var comparisons: [Comparison]?

  struct Row: Encodable {
    var prompt: String
    var model: String
    var finding: String?
    var values: [String: FindingValue]
    var tokens: [Token]?
    var watched: [Word]?

    init(_ row: FindingRow) {
      (prompt, model, finding) = (row.subject, row.model, row.sentence)
      values = Dictionary(FindingField.all.compactMap { field in field.value(in: row).map { (field.name, $0) } }) { $1 }
      tokens = row.trace.map { $0.output.map(Token.init) }
      watched = row.trace?.watched.map { $0.entries.map(Word.init) }
    }
  }

  struct Token: Encodable {
    var position: Int
    var text: String
    var tokenClass: TokenClass
    var probability: FindingValue?
    var rank: Int?
    var settled: Int?
    var first: Int?
    var rankBefore: Int?

    init(_ token: TraceFindings.OutputToken) {
      position = token.position
      text = token.label
      tokenClass = token.tokenClass
      probability = token.logprob.map { .number(exp(Double($0))) }
      rank = token.settling.lastRank
      settled = token.settling.settled?.layerNumber
      first = token.settling.first?.layerNumber
      rankBefore = token.settling.rankBefore
    }

    enum CodingKeys: String, CodingKey {
      case position, text, probability, rank, settled, first
      case tokenClass = "class"
      case rankBefore = "rank_before"
    }
  }

  struct Word: Encodable {
    var text: String
    var probability: FindingValue
    var rank: Int?
    var settled: Int?

    init(_ entry: WatchedOrder.Entry) {
      text = entry.label
      probability = .number(exp(Double(entry.logprob)))
      rank = entry.rank
      settled = entry.settling.settled?.layerNumber
    }
  }

  struct Contrast: Encodable {
    var prompt: String
    var models: [String]
    var layer: Int
    var token: String
    var probabilities: [FindingValue]
    var finding: String?
  }

  /// Two models or groups on the same items, layer by layer.
  struct Comparison: Encodable {
    var prompt: String
    var model: String?
    var sides: [String]
    var items: Int
    var measure: String?
    var unit: PairedComparison.Unit
    var finding: String
    var layers: [Layer]

    struct Layer: Encodable {
      var layers: [Int]
      var share: PairedComparison.Estimate?
      var mean: PairedComparison.Estimate
      var alone: [Int]?
      var p: Double?
      var holm: Double?
    }

    init(_ subject: String, _ comparison: PairedComparison) {
      (prompt, model, sides) = (subject, comparison.model, comparison.names)
      (items, measure, unit) = (comparison.items, comparison.measure, comparison.unit)
      finding = comparison.sentence
      layers = comparison.layers.map {
        Layer(
          layers: $0.rows.map(\.layerNumber), share: $0.share, mean: $0.mean, alone: $0.alone, p: $0.p, holm: $0.holm)
      }
    }
  }

  /// What the checkpoints of a run show of one prompt; layers are null where the answer is not there.
  struct Training: Encodable {
    var prompt: String
    var run: String
    var unit: String?
    var follows: String
    var words: [String]
    var checkpoints: [Checkpoint]
    var since: Int?
    var from: Int?
    var to: Int?
    var by: Int?
    var finding: String?

    struct Checkpoint: Encodable {
      var step: Int
      var model: String
      var answer: String?
      var holds: Bool
      var settled: Int?
    }

    init(_ subject: String, _ training: TrainingFindings) {
      let steps = training.checkpoints.map(\.step)
      prompt = subject
      run = training.run
      unit = steps.first?.unit
      follows = training.subject.rawValue
      words = training.labels
      checkpoints = training.checkpoints.map {
        Checkpoint(
          step: $0.step.number, model: $0.model, answer: $0.answer, holds: $0.holds, settled: $0.settled?.layerNumber)
      }
      since = training.since.map { steps[$0].number }
      from = training.movement?.from.layerNumber
      to = training.movement?.to.layerNumber
      by = training.movement.map { steps[$0.by].number }
      finding = training.sentence
    }
  }
}
