import Engine
import Foundation
import Models
import Spec
import Traces
import Words

/// A model whose numbers were made in shards, as the shards describe it.
struct SettledModel {
  /// As it was opened where it ran.
  let model: ResolvedModel
  /// Notes from when it was opened.
  let remarks: [String]
  /// A warning about its lens; nil for none.
  private(set) var warning: String?
  /// Whether words are single tokens of it.
  private(set) var words: [String: Bool]
  private let lens: String?

  init(_ header: ShardHeader, _ model: ReportSpec.Model, in folder: URL) {
    self.model = header.model.resolved(as: model, in: folder)
    remarks = header.model.remarks ?? []
    words = header.words ?? [:]
    lens = header.lens
  }

  /// Settles cells with the answers of its shards.
  ///
  /// - Parameters:
  ///   - cells: Indices of cells of the plan, with their subjects.
  ///   - known: Answers by key.
  /// - Returns: The units without an answer, by their indices.
  /// - Throws: `Diagnostic` when the disk does not give an answer back, or takes no summary.
  mutating func settle(
    _ settled: inout SettledCells, _ cells: [(index: Int, subject: Subject)], _ units: ShardUnits,
    _ known: ShardNumbers.Cells
  ) throws(Diagnostic) -> [Int] {
    let places = Dictionary(cells.map { ($0.subject, $0.index) }) { first, _ in first }
    var missing: [Int] = []
    var items: [Subject: [(unit: ShardUnits.Unit, key: String)]] = [:]
    var compared: [(logit: Trace, fitted: Trace)] = []
    for (index, unit) in units.units.enumerated() {
      let key = units.key(of: unit, model)
      guard let cell = try known.cell(key) else {
        missing.append(index)
        continue
      }
      if let fault = units.fault(of: cell, for: unit, model) {
        throw Diagnostic(
          place: "\(model.name), \(cell.subject ?? "a text of the lens check")",
          "a cell of the shards is not what its key says: \(fault)",
          hints: ["remove the shards of this model and make them anew: somebody changed one"], category: .badInput)
      }
      words.merge(cell.words ?? [:]) { $1 }
      if let logit = cell.logit, let fitted = cell.trace {
        compared.append((logit.ofDivergences, fitted.ofDivergences))
      }
      switch unit {
      case .sample: break
      case .prompt(let prompt):
        if let place = places[.prompt(prompt)] {
          try settle(&settled, place, .prompt(prompt), [cell], of: unit, units, known)
        }
      case .item(let dataset, _): items[.dataset(dataset), default: []].append((unit, key))
      }
    }
    // The items of one dataset at a time are in memory, since a summary is of all of them.
    for (index, subject) in cells {
      guard let own = items[subject], let first = own.first else { continue }
      var answers: [ShardCell] = []
      for item in own { if let cell = try known.cell(item.key) { answers.append(cell) } }
      try settle(&settled, index, subject, answers, of: first.unit, units, known)
    }
    if let check = LensCheck(named: model.name, compared), let found = check.warning, let lens {
      warning = "\(lens): \(found)"
    }
    return missing
  }

  /// Settles a cell of the plan with the answers of all of its units, the first of which is `unit`.
  private func settle(
    _ settled: inout SettledCells, _ index: Int, _ subject: Subject, _ answers: [ShardCell],
    of unit: ShardUnits.Unit, _ units: ShardUnits, _ known: ShardNumbers.Cells
  ) throws(Diagnostic) {
    let problems = answers.flatMap { $0.problems?.map(\.diagnostic) ?? [] }
    if !problems.isEmpty {
      // Lines of a dataset that cannot be asked are found before it runs; otherwise the first problem ends a run of all of its items.
      let lines = problems.filter { $0.category == .badSpec }
      let own = unit.isItem ? (lines.isEmpty ? Array(problems.prefix(1)) : lines) : problems
      settled.absent[index] = units.problem(DiagnosticList(own), of: unit)
      return
    }
    guard var numbers = numbers(of: subject, answers, units) else { return }
    numbers.model.rename(as: model)
    settled.numbers[index] = try CellNumbers(numbers, in: known.spool)
    settled.unwatched[index] = answers.first?.unwatched?.diagnostic
  }

  private func numbers(of subject: Subject, _ cells: [ShardCell], _ units: ShardUnits) -> Numbers? {
    switch subject {
    case .prompt: return cells.first?.trace.map { .trace($0) }
    case .dataset(let index):
      return DatasetSummary(units.jobs[index].request, items: cells.compactMap(\.numbers)).map { .summary($0) }
    }
  }
}

extension Trace {
  /// Only what lenses are compared by.
  fileprivate var ofDivergences: Trace {
    var trace = self
    (trace.tokens, trace.texts, trace.watch) = ([], [:], [])
    (trace.rank, trace.logprob, trace.entropy) = ([], [], [])
    (trace.top.ids, trace.top.logprobs) = ([], [])
    return trace
  }
}

extension LensCheck {
  /// The comparison of traces under the name of a model.
  fileprivate init?(named name: String, _ pairs: [(logit: Trace, fitted: Trace)]) {
    self.init(pairs)
    model = name
  }
}

extension ShardUnits {
  /// Why a unit has no answer, as a build says it.
  func problem(_ list: DiagnosticList, of unit: Unit) -> Diagnostic {
    let subject: Subject =
      switch unit {
      case .sample(_): .dataset(0)
      case .prompt(let index): .prompt(index)
      case .item(let dataset, _): .dataset(dataset)
      }
    return NumbersStage.problem(list, with: subject, in: spec)
  }
}
