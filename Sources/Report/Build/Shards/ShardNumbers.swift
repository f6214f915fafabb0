import Engine
import Files
import Foundation
import Models
import Spec
import Threads
import Traces
import Words

/// The finished shards in a folder and below it: the numbers of models of a spec, wherever they ran.
struct ShardNumbers {
  private let path: String
  private let url: URL
  /// Of each shard.
  private var shards: [(header: ShardHeader, file: ShardFile, cells: [ShardCell])] = []

  /// Reads every shard in a folder.
  ///
  /// - Throws: `DiagnosticList` of all that are damaged.
  init(_ path: String, threads: Int) throws(DiagnosticList) {
    self.path = path
    url = URL(fileURLWithPath: path, isDirectory: true)
    guard FileState(path: url.path)?.isFolder == true else {
      throw DiagnosticList([Diagnostic(place: path, "no such folder", category: .badInput)])
    }
    let own = OwnFolder(url)
    let names: [String]
    do { names = try own.files().filter { $0.hasSuffix(".jsonl") } } catch { throw DiagnosticList([error]) }
    let stem = path.hasSuffix("/") ? String(path.dropLast()) : path
    let read = Parallel.map(names.count, threads: threads) {
      index -> Result<(ShardFile, [ShardCell])?, DiagnosticList> in
      let place = "\(stem)/\(names[index])"
      guard case .bytes(let data) = own.read(names[index], most: Self.largest) else {
        return .failure(
          DiagnosticList([
            Diagnostic(place: place, "expected a plain file with a shard, found something else", category: .badInput)
          ]))
      }
      guard ShardFile.isShard(data) else { return .success(nil) }
      do {
        let file = try ShardFile(data, place: place)
        return .success((file, try file.cells()))
      } catch {
        return .failure(DiagnosticList(Diagnostic.all(from: error)))
      }
    }
    var problems: [Diagnostic] = []
    for result in read {
      switch result {
      case .failure(let list): problems += list.diagnostics
      case .success(let found): if let found { shards.append((found.0.header, found.0, found.1)) }
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }

  private static let largest = 16 << 30

  /// Settles the cells of all models of a plan that have no numbers yet.
  ///
  /// - Throws: `DiagnosticList` of everything that is missing or contradicts itself, unless `keepGoing`, which leaves cells empty.
  func settle(
    _ settled: inout SettledCells, _ plan: Plan, _ spec: ReportSpec, _ jobs: [DatasetJob], keepGoing: Bool
  ) throws(DiagnosticList) {
    var problems: [Diagnostic] = []
    for (index, model) in spec.models.enumerated() {
      if case .traces = model.reference { continue }
      let cells = plan.cells(ofModel: index)
      guard !cells.isEmpty else { continue }
      do throws(DiagnosticList) {
        let own = try run(of: model)
        let units = ShardUnits(plan, spec, jobs, model: index)
        var found = SettledModel(own.header, model, in: url)
        var missing = found.settle(&settled, cells.map { ($0, plan.cells[$0].subject) }, units, own.cells)
        settled.recorded[index] = found
        // A cell with two answers has none; those of the others stand.
        for (unit, problem) in missing.compactMap({ unit in
          own.contradictions[units.key(of: units.units[unit], found.model)].map { (unit, $0) }
        }) {
          problems.append(problem)
          missing.removeAll { $0 == unit }
          for cell in cells where plan.cells[cell].subject == units.units[unit].subject {
            settled.absent[cell] = settled.absent[cell] ?? problem
          }
        }
        guard let problem = self.problem(missing, units, model) else { continue }
        problems.append(problem)
        for cell in cells where settled.needsRun(cell) { settled.absent[cell] = problem }
      } catch {
        problems += error.diagnostics
        for cell in cells { settled.absent[cell] = error.diagnostics.first }
      }
    }
    guard problems.isEmpty || (keepGoing && !settled.numbers.isEmpty) else { throw DiagnosticList(problems) }
  }

  /// The cells of a model by key, those that two shards answer in different ways, and a header of its shards with the words of all.
  ///
  /// - Throws: `DiagnosticList` when there are none, and when they are of several runs.
  private func run(
    of model: ReportSpec.Model
  ) throws(DiagnosticList) -> (header: ShardHeader, cells: [String: ShardCell], contradictions: [String: Diagnostic]) {
    let own = shards.filter { $0.header.name == model.name }
    guard var header = own.first?.header, let first = own.first else {
      throw DiagnosticList([
        Diagnostic(
          place: model.name,
          "expected shards of it in '\(path)', found none among \(Wording.count(shards.count, "shard"))",
          hints: ["strata trace SPEC --model '\(model.name)' --shard 1/1 -o \(path)/ makes one"], category: .badInput)
      ])
    }
    var problems: [Diagnostic] = []
    var known: [String: (cell: ShardCell, place: String)] = [:]
    var contradictions: [String: Diagnostic] = [:]
    for shard in own {
      if !shard.header.model.isOf(model) {
        problems.append(
          Diagnostic(
            place: shard.file.place,
            "expected numbers of '\(model.reference.text)' as the spec opens it, found those of '\(shard.header.model.reference)'",
            hints: ["remove the shard, and make it again"], category: .badInput))
        continue
      }
      if !shard.header.isOfOneRun(with: header) {
        problems.append(
          Diagnostic(
            place: shard.file.place,
            "expected the same files of '\(model.name)' and the same build of the program as in \(first.file.place), found others",
            hints: ["remove one of them, and make it again"], category: .badInput))
        continue
      }
      header.words = (header.words ?? [:]).merging(shard.header.words ?? [:]) { $1 }
      for (index, cell) in shard.cells.enumerated() {
        let place = shard.file.line(index)
        guard let other = known[cell.key] else {
          known[cell.key] = (cell, place)
          continue
        }
        if !other.cell.hasAnswer(of: cell), contradictions[cell.key] == nil {
          contradictions[cell.key] = Diagnostic(
            place: place, "expected the numbers of \(other.place), which answers the same question, found others",
            hints: ["one of the two machines computes wrongly, or a file was changed: make both shards again"],
            category: .badInput)
        }
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return (header, known.filter { contradictions[$0.key] == nil }.mapValues(\.cell), contradictions)
  }

  /// What to say about cells without numbers; nil without any.
  private func problem(_ missing: [Int], _ units: ShardUnits, _ model: ReportSpec.Model) -> Diagnostic? {
    guard !missing.isEmpty else { return nil }
    let names = missing.prefix(5).map { "'\(units.name(of: units.units[$0]))'" }
    let more = missing.count > 5 ? " and \(Wording.grouped(missing.count - 5)) more" : ""
    // The parts that others were made with.
    let counts = shards.filter { $0.header.name == model.name }.compactMap { Shard($0.header.shard)?.count }
    let count = Set(counts).count == 1 ? counts[0] : 1
    let parts = Set(missing.map { Shard.number(of: $0, among: units.units.count, count: count) }).sorted()
    let commands = parts.prefix(3).map {
      "strata trace SPEC --model '\(model.name)' --shard \($0)/\(count) -o \(path)/"
    }
    return Diagnostic(
      place: model.name,
      "expected numbers of \(Wording.count(units.units.count, "cell")) in '\(path)', found "
        + "\(Wording.grouped(units.units.count - missing.count)); missing: \(names.joined(separator: ", "))\(more)",
      hints: commands + (parts.count > 3 ? ["and \(Wording.count(parts.count - 3, "more shard"))"] : []),
      category: .badInput)
  }
}

extension ShardCell {
  /// Whether another cell gives the same answer, whatever it is called there.
  fileprivate func hasAnswer(of other: ShardCell) -> Bool {
    var other = other
    (other.subject, other.item, other.groups) = (subject, item, groups)
    return self == other
  }
}
