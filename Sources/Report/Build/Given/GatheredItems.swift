import Engine
import Files
import Foundation
import Traces
import Words

/// Items of datasets from shards, of which summaries are made when all of a dataset are there.
struct GatheredItems {
  private struct Subject: Hashable {
    var source: NumbersFolder.Entry.Source
    var dataset: ShardHeader.Dataset
  }

  private var items: [Subject: [Int: (cell: ShardCell, place: String)]] = [:]
  /// In the order in which they were found.
  private var order: [Subject] = []

  /// Adds an item of a shard.
  ///
  /// - Throws: `Diagnostic` when another shard has other numbers for it.
  mutating func add(_ cell: ShardCell, _ header: ShardHeader, place: String) throws(Diagnostic) {
    guard let numbers = cell.numbers, let item = cell.item else { return }
    guard let dataset = header.datasets?.first(where: { $0.name == cell.subject }), item < dataset.items,
      cell.groups?.count == dataset.groupColumns.count
    else {
      throw Diagnostic(
        place: place,
        "expected an item of a dataset that the first line describes, found one of '\(cell.subject ?? "")'",
        hints: ["make the shard again"], category: .badInput)
    }
    let subject = Subject(source: .init(numbers.model, numbers.lens), dataset: dataset)
    if items[subject] == nil { order.append(subject) }
    if let known = items[subject]?[item] {
      // Shards of earlier versions do not say of which source the patched runs of an item are.
      var (one, other) = (known.cell, cell)
      one.numbers?.source = known.cell.numbers?.source ?? numbers.source
      other.numbers?.source = numbers.source ?? known.cell.numbers?.source
      guard one == other else {
        throw Diagnostic(
          place: place, "expected the numbers of \(known.place), which answers the same question, found others",
          hints: ["one of the two machines computes wrongly, or a file was changed: make both shards again"],
          category: .badInput)
      }
      items[subject]?[item] = (one, known.place)
      return
    }
    items[subject, default: [:]][item] = (cell, place)
  }

  /// A summary, and where its first item stands.
  struct Summarised {
    var place: String
    var summary: DatasetSummary
    /// Digest of the items' texts, which a summary keeps only where it was asked for the numbers of items.
    var texts: String
  }

  /// The same dataset on another model, and where its first item stands; nil without one.
  private func other(than subject: Subject) -> (Subject, String)? {
    let other = order.first {
      $0.dataset.name == subject.dataset.name && $0.source.sha256 != subject.source.sha256
    }
    return other.map { other in
      (other, items[other]?.min { $0.key < $1.key }?.value.place ?? other.dataset.name)
    }
  }

  /// The summaries of all datasets.
  ///
  /// - Throws: `DiagnosticList` of datasets whose items are not all there.
  func summaries() throws(DiagnosticList) -> [Summarised] {
    var problems: [Diagnostic] = []
    var summaries: [Summarised] = []
    // Datasets whose items are of two models.
    var told: Set<String> = []
    for subject in order {
      let known = items[subject] ?? [:]
      let numbered = known.sorted { $0.key < $1.key }.map(\.value.cell)
      let place = known.min { $0.key < $1.key }?.value.place ?? subject.dataset.name
      let request = subject.dataset.request(
        numbered.enumerated().compactMap { line, cell in
          cell.numbers.map {
            DatasetRequest.Item(
              prompt: $0.prompt, target: $0.target, foil: $0.foil, source: $0.source, groups: cell.groups ?? [],
              line: line + 1, pair: $0.pair)
          }
        })
      guard numbered.count == subject.dataset.items,
        let summary = DatasetSummary(request, items: numbered.compactMap(\.numbers))
      else {
        if let twin = other(than: subject) {
          guard told.insert(subject.dataset.name).inserted else { continue }
          let found = [(subject, place), twin].map { own, file in
            "\(Wording.grouped(items[own]?.count ?? 0)) of the model with sha256 \(own.source.sha256.prefix(12))… (\(file))"
          }
          problems.append(
            Diagnostic(
              place: place,
              "expected all \(Wording.count(subject.dataset.items, "item")) of '\(subject.dataset.name)' from one model, found "
                + "shards of two models: \(found.joined(separator: " and "))",
              hints: [
                "where the files of the model changed between the shards, make those of one of the two again",
                "where both models are meant, run the shards that are missing",
              ], category: .badInput))
          continue
        }
        problems.append(
          Diagnostic(
            place: place,
            "expected all \(Wording.count(subject.dataset.items, "item")) of '\(subject.dataset.name)', found "
              + Wording.grouped(numbered.count),
            hints: ["run the shards that are missing; all of a dataset belong into one folder"], category: .badInput))
        continue
      }
      summaries.append(
        Summarised(place: place, summary: summary, texts: DatasetSummary.Items.digest(of: request.items)))
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return summaries
  }
}
