import Files
import Findings
import Foundation
import Words

/// What has a sentence of its own in `findings.json`.
protocol FindingsEntry {
  /// Equal for what is the same in another file.
  var name: String { get }
  /// As in reports of a check.
  var whose: String { get }
  var finding: String? { get }
}

/// What `findings.json` of a gallery says, as far as a check compares it.
package struct FindingsFile: Decodable {
  var strongest: [String]?
  var rows: [Row]
  var contrasts: [Contrast]?
  var training: [Training]?
  var comparisons: [Comparison]?

  struct Row: Decodable {
    var prompt: String
    var model: String
    var finding: String?
    var values: [String: Value]
    var tokens: [Token]?
    var watched: [Word]?
  }

  /// A token after the prompt.
  struct Token: Decodable {
    var position: Int
    var text: String
    var tokenClass: String?
    var probability: Value?
    var rank: Int?
    var settled: Int?
    var first: Int?
    var rankBefore: Int?

    enum CodingKeys: String, CodingKey {
      case position, text, probability, rank, settled, first
      case tokenClass = "class"
      case rankBefore = "rank_before"
    }
  }

  /// A watched word.
  struct Word: Decodable {
    var text: String
    var probability: Value?
    var rank: Int?
    var settled: Int?
  }

  /// Where two models differ most.
  struct Contrast: Decodable {
    var prompt: String
    var models: [String]
    var layer: Int
    var token: String
    var probabilities: [Value]
    var finding: String?
  }

  /// What the checkpoints of a training run show of one prompt.
  struct Training: Decodable {
    var prompt: String
    var run: String
    var words: [String]
    var checkpoints: [Checkpoint]
    var since: Int?
    var from: Int?
    var to: Int?
    var by: Int?
    var finding: String?

    struct Checkpoint: Decodable {
      var step: Int
      var answer: String?
      var settled: Int?
    }
  }

  /// Two models or groups on the same items.
  struct Comparison: Decodable {
    var prompt: String
    var model: String?
    var sides: [String]
    var items: Int?
    var measure: String?
    var unit: String?
    var layers: [Layer]?
    var finding: String?

    struct Layer: Decodable {
      /// Of each side.
      var layers: [Int]
      var share: Estimate?
      var mean: Estimate?
      var alone: [Int]?
      var p: Value?
      var holm: Value?
    }

    struct Estimate: Decodable {
      var value: Value
      var low: Value
      var high: Value
    }
  }

  /// A text or a number, as it is written.
  enum Value: Decodable, Equatable {
    case text(String)
    case number(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  /// The file of a gallery; nil when there is none that can be read.
  package init?(in folder: URL) {
    guard let data = OwnFolder(folder).bytes("findings.json"),
      let file = try? JSONDecoder().decode(FindingsFile.self, from: data)
    else { return nil }
    self = file
  }
}

extension FindingsFile {
  /// What differs in a later file: sentences and values of prompts, datasets and their groups, then of pairs of models, then
  /// the strongest findings.
  ///
  /// - Parameter tolerance: Numbers and shares may differ by this much.
  func changes(to other: FindingsFile, tolerance: Double = 0) -> [FindingChange] {
    func changed<E: FindingsEntry>(
      _ own: [E]?, _ others: [E]?, values: (E?, E?) -> [FindingChange.Value]
    ) -> [FindingChange] {
      Self.paired(own ?? [], others ?? []).compactMap { Self.change($0, $1, values($0, $1)) }
    }
    let all =
      changed(rows, other.rows) { FindingValues.changes($0, $1, tolerance) }
      + changed(contrasts, other.contrasts) { FindingValues.changes($0, $1, tolerance) }
      + changed(training, other.training) { FindingValues.changes($0, $1, tolerance) }
      + changed(comparisons, other.comparisons) { FindingValues.changes($0, $1, tolerance) }
    guard let old = strongest, let new = other.strongest, old != new else { return all }
    let (lost, found) = (old.filter { !new.contains($0) }, new.filter { !old.contains($0) })
    func text(_ sentences: [String]) -> String? { sentences.isEmpty ? nil : sentences.joined(separator: " ") }
    // The same sentences in another order, or one twice: all of them.
    let isOrder = lost.isEmpty && found.isEmpty
    return all + [
      FindingChange(
        whose: "the gallery, strongest findings", before: text(isOrder ? old : lost), after: text(isOrder ? new : found)
      )
    ]
  }

  private static func change<E: FindingsEntry>(
    _ before: E?, _ after: E?, _ values: [FindingChange.Value]
  ) -> FindingChange? {
    var change = FindingChange(
      whose: (after ?? before)?.whose ?? "", before: before?.finding, after: after?.finding, values: values)
    // A sentence says what a row that is new or gone holds.
    if before == nil || after == nil, change.before != change.after { change.values = [] }
    guard change.before == change.after else { return change }
    (change.before, change.after) = (nil, nil)
    return values.isEmpty ? nil : change
  }

  /// Entries of two lists by their names, in the order of the second, then those that only the first has.
  private static func paired<E: FindingsEntry>(_ one: [E], _ other: [E]) -> [(before: E?, after: E?)] {
    let old = Dictionary(one.map { ($0.name, $0) }) { first, _ in first }
    let new = Set(other.map(\.name))
    return other.map { (old[$0.name], $0) } + one.filter { !new.contains($0.name) }.map { ($0, nil) }
  }
}

extension FindingsFile.Row: FindingsEntry {
  private var group: String? { if case .text(let name)? = values["group"] { name } else { nil } }

  /// Groups of a dataset have rows of their own.
  var name: String { [prompt, model, group ?? ""].joined(separator: "\u{0}") }

  /// "keys, SmolLM2"; "agreement/attractor: plural, SmolLM2" for a group.
  var whose: String {
    let part = group.map { $0 == "all" ? "" : "/\($0)" } ?? ""
    return "\(prompt)\(part), \(model)"
  }
}

extension FindingsFile.Training: FindingsEntry {
  var name: String { [prompt, run].joined(separator: "\u{0}") }

  /// "keys, training of Pythia".
  var whose: String { "\(prompt), training of \(run)" }
}

extension FindingsFile.Contrast: FindingsEntry {
  var name: String { ([prompt] + models).joined(separator: "\u{0}") }

  /// "keys, SmolLM2 and Gemma".
  var whose: String { "\(prompt), \(Wording.enumeration(models))" }
}

extension FindingsFile.Comparison: FindingsEntry {
  var name: String { ([prompt, model ?? ""] + sides).joined(separator: "\u{0}") }

  /// "keys, SmolLM2 against Gemma".
  var whose: String { "\(prompt)\(model.map { ", \($0)" } ?? ""), \(sides.joined(separator: " against "))" }
}
