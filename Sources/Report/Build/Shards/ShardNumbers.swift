import Engine
import Files
import Foundation
import Models
import Spec
import Threads
import Traces
import Words

/// The finished shards in a folder and below it: the numbers of models of a spec, wherever they ran.
///
/// Cells wait on the disk; one at a time is decoded.
struct ShardNumbers {
  private let path: String
  private let url: URL
  private let spool: ByteSpool
  private var shards: [Known] = []
  /// Files and lines that are left out.
  private var damaged: [Diagnostic] = []

  /// What is known of a shard without decoding its cells again.
  private struct Known {
    var header: ShardHeader
    var place: String
    /// In the order of its lines.
    var cells: [Line]

    /// Where a cell waits.
    struct Line {
      var key: String
      /// The number of its line, from 1.
      var number: Int
      var range: Range<Int>
    }

    /// "shards/tiny-1-of-2.jsonl:3".
    func place(of line: Line) -> String { "\(place):\(line.number)" }
  }

  /// Reads every shard in a folder.
  ///
  /// - Parameters:
  ///   - spool: Where the cells wait.
  ///   - keepGoing: Whether damaged files and lines are left out.
  /// - Throws: `DiagnosticList` of all that are damaged, unless `keepGoing`.
  init(_ path: String, threads: Int, spool: ByteSpool, keepGoing: Bool) throws(DiagnosticList) {
    self.path = path
    self.spool = spool
    url = URL(fileURLWithPath: path, isDirectory: true)
    if let problem = OwnFolder.problem(path, at: url) { throw DiagnosticList([problem]) }
    let own = OwnFolder(url)
    let names: [String]
    do { names = try own.files().filter { $0.hasSuffix(".jsonl") } } catch { throw DiagnosticList([error]) }
    let read = Parallel.map(names.count, threads: threads) { index -> (shard: Known?, problems: [Diagnostic]) in
      let place = path.path(to: names[index])
      guard case .bytes(let data) = own.read(names[index], most: Self.largest) else {
        return (
          nil,
          [Diagnostic(place: place, "expected a plain file with a shard, found something else", category: .badInput)]
        )
      }
      guard ShardFile.isShard(data) else { return (nil, []) }
      do throws(Diagnostic) {
        return try Self.laidAside(try ShardFile(data, place: place), in: spool)
      } catch {
        return (nil, [error])
      }
    }
    shards = read.compactMap(\.shard)
    damaged = read.flatMap(\.problems)
    guard damaged.isEmpty || keepGoing else { throw DiagnosticList(damaged) }
  }

  /// Checks the cells of a shard and lays them aside.
  ///
  /// - Returns: What is known of it, and what is wrong with cells that are left out.
  /// - Throws: `Diagnostic` when the spool cannot be written.
  private static func laidAside(
    _ file: ShardFile, in spool: ByteSpool
  ) throws(Diagnostic) -> (shard: Known?, problems: [Diagnostic]) {
    var known = Known(header: file.header, place: file.place, cells: [])
    var problems: [Diagnostic] = []
    for index in file.lines.indices {
      let key: String
      do throws(Diagnostic) {
        key = try file.cell(index).key
      } catch {
        problems.append(error)
        continue
      }
      known.cells.append(.init(key: key, number: index + 2, range: try spool.append(file.lines[index])))
    }
    return (known, problems)
  }

  /// The cells of a model by key, each read from the disk whenever it is asked for.
  struct Cells {
    let spool: ByteSpool
    fileprivate let lines: [String: (range: Range<Int>, place: String)]

    /// The cell with a key; nil without one.
    ///
    /// - Throws: `Diagnostic` when the disk does not give it back.
    func cell(_ key: String) throws(Diagnostic) -> ShardCell? {
      guard let (range, place) = lines[key] else { return nil }
      return try Self.read(range, place, spool)
    }

    fileprivate static func read(
      _ range: Range<Int>, _ place: String, _ spool: ByteSpool
    ) throws(Diagnostic) -> ShardCell {
      let data = try spool.read(range)
      do throws(TraceFileError) { return try ShardCell.read(data, path: place) } catch { throw Diagnostic(error) }
    }
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
        let own = try run(of: model, spec)
        let units = ShardUnits(plan, spec, jobs, model: index)
        var found = SettledModel(own.header, model, in: url)
        var missing: [Int]
        do throws(Diagnostic) {
          missing = try found.settle(&settled, cells.map { ($0, plan.cells[$0].subject) }, units, own.cells)
        } catch {
          throw DiagnosticList([error])
        }
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
        guard let problem = self.problem(missing, units, model, spec) else { continue }
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
    of model: ReportSpec.Model, _ spec: ReportSpec
  ) throws(DiagnosticList) -> (header: ShardHeader, cells: Cells, contradictions: [String: Diagnostic]) {
    let own = shards.filter { $0.header.name == model.name }
    guard var header = own.first?.header, let first = own.first else {
      throw DiagnosticList([
        Diagnostic(
          place: model.name,
          "expected shards of it in '\(path)', found none among \(Wording.count(shards.count, "shard"))\(beside)",
          hints: ["\(command(spec, model, "1/1")) makes one"], category: .badInput)
      ])
    }
    var problems: [Diagnostic] = []
    var known: [String: (range: Range<Int>, place: String)] = [:]
    var contradictions: [String: Diagnostic] = [:]
    for shard in own {
      if !shard.header.model.isOf(model) {
        problems.append(
          Diagnostic(
            place: shard.place,
            "expected numbers of '\(model.reference.text)' as the spec opens it, found "
              + shard.header.model.differences(from: model),
            hints: ["remove the shard, and make it again"], category: .badInput))
        continue
      }
      if !shard.header.isOfOneRun(with: header) {
        problems.append(
          Diagnostic(
            place: shard.place,
            "expected the same files of '\(model.name)' and the same build of the program as in \(first.place), found others",
            hints: ["remove one of them, and make it again"], category: .badInput))
        continue
      }
      header.words = (header.words ?? [:]).merging(shard.header.words ?? [:]) { $1 }
      for line in shard.cells {
        let place = shard.place(of: line)
        guard let other = known[line.key] else {
          known[line.key] = (line.range, place)
          continue
        }
        let isSame: Bool
        do throws(Diagnostic) {
          isSame = try Cells.read(other.range, other.place, spool).hasAnswer(
            of: Cells.read(line.range, place, spool))
        } catch {
          throw DiagnosticList([error])
        }
        if !isSame, contradictions[line.key] == nil {
          contradictions[line.key] = Diagnostic(
            place: place, "expected the numbers of \(other.place), which answers the same question, found others",
            hints: ["one of the two machines computes wrongly, or a file was changed: make both shards again"],
            category: .badInput)
        }
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return (header, Cells(spool: spool, lines: known.filter { contradictions[$0.key] == nil }), contradictions)
  }

  /// What messages about missing numbers say of files and lines that are left out; empty without any.
  private var beside: String {
    guard let first = damaged.first else { return "" }
    let more = damaged.count > 1 ? " and \(Wording.count(damaged.count - 1, "more problem"))" : ""
    return "; left out: \(first.place.map { "\($0): " } ?? "")\(first.message)\(more)"
  }

  /// The command that makes a shard of a model.
  private func command(_ spec: ReportSpec, _ model: ReportSpec.Model, _ shard: String) -> String {
    let folder = path.hasSuffix("/") ? path : path + "/"
    return "strata trace \(ShellWord.path(spec.path)) --model \(ShellWord.quoted(model.name)) --shard \(shard) "
      + "-o \(ShellWord.path(folder))"
  }

  /// What to say about cells without numbers; nil without any.
  private func problem(_ missing: [Int], _ units: ShardUnits, _ model: ReportSpec.Model, _ spec: ReportSpec)
    -> Diagnostic?
  {
    guard !missing.isEmpty else { return nil }
    let names = missing.prefix(5).map { "'\(units.name(of: units.units[$0]))'" }
    let more = missing.count > 5 ? " and \(Wording.grouped(missing.count - 5)) more" : ""
    // The parts that others were made with.
    let counts = shards.filter { $0.header.name == model.name }.compactMap { Shard($0.header.shard)?.count }
    let count = Set(counts).count == 1 ? counts[0] : 1
    let parts = Set(missing.map { Shard.number(of: $0, among: units.units.count, count: count) }).sorted()
    let commands = parts.prefix(3).map {
      command(spec, model, "\($0)/\(count)")
    }
    return Diagnostic(
      place: model.name,
      "expected numbers of \(Wording.count(units.units.count, "cell")) in '\(path)', found "
        + "\(Wording.grouped(units.units.count - missing.count)); missing: \(names.joined(separator: ", "))\(more)\(beside)",
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
