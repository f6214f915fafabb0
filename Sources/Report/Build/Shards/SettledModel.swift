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
  mutating func settle(
    _ settled: inout SettledCells, _ cells: [(index: Int, subject: Subject)], _ units: ShardUnits,
    _ known: [String: ShardCell]
  ) -> [Int] {
    var missing: [Int] = []
    var answers: [Subject: [(unit: ShardUnits.Unit, cell: ShardCell)]] = [:]
    var compared: [(logit: Trace, fitted: Trace)] = []
    for (index, unit) in units.units.enumerated() {
      guard let cell = known[units.key(of: unit, model)] else {
        missing.append(index)
        continue
      }
      words.merge(cell.words ?? [:]) { $1 }
      if let logit = cell.logit, let fitted = cell.trace { compared.append((logit, fitted)) }
      switch unit {
      case .sample: break
      case .prompt(let prompt): answers[.prompt(prompt)] = [(unit, cell)]
      case .item(let dataset, _): answers[.dataset(dataset), default: []].append((unit, cell))
      }
    }
    for (index, subject) in cells {
      guard let own = answers[subject] else { continue }
      let problems = own.flatMap { $0.cell.problems?.map(\.diagnostic) ?? [] }
      if !problems.isEmpty {
        settled.absent[index] = units.problem(DiagnosticList(problems), of: own[0].unit)
        continue
      }
      guard var numbers = numbers(of: subject, own.map(\.cell), units) else { continue }
      numbers.model.rename(as: model)
      settled.numbers[index] = .here(numbers)
      settled.unwatched[index] = own[0].cell.unwatched?.diagnostic
    }
    if let check = LensCheck(named: model.name, compared), let found = check.warning, let lens {
      warning = "\(lens): \(found)"
    }
    return missing
  }

  private func numbers(of subject: Subject, _ cells: [ShardCell], _ units: ShardUnits) -> Numbers? {
    switch subject {
    case .prompt: return cells.first?.trace.map { .trace($0) }
    case .dataset(let index):
      return DatasetSummary(units.jobs[index].request, items: cells.compactMap(\.numbers)).map { .summary($0) }
    }
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
