/// Repeats what is timed, with the machine probed right before and after each repetition.
///
/// A repetition in whose time other programs had more than `Company.most` of a processor is dropped, counted and run again.
final class Watch {
  /// All probes so far.
  private(set) var machine: Machine
  /// Tries for each repetition that is wanted, after which the least disturbed ones are taken.
  private static let patience = 4

  init(_ machine: Machine) { self.machine = machine }

  /// Asks `body` for its own seconds until `runs` repetitions were undisturbed.
  func repetitions(_ runs: Int, _ body: () throws -> Double) rethrows -> Timing {
    var found: [(seconds: Double, company: Double)] = []
    let first = machine.products.count
    var quiet = 0
    machine.probe()
    while quiet < runs, found.count < runs * Self.patience {
      let company = Company()
      let seconds = try body()
      machine.probe()
      found.append((seconds, company.share()))
      if found.last.map({ $0.company <= Company.most }) == true { quiet += 1 }
    }
    let taken = found.sorted { $0.company < $1.company }.prefix(max(runs, quiet))
    return Timing(
      taken.map(\.seconds), machine: machine.since(first), dropped: found.count - taken.count,
      disturbed: taken.count - quiet)
  }
}

extension BenchmarkContext {
  /// Runs `body` once to warm up, then as often as the user wants.
  func time(_ body: () throws -> Void) rethrows -> Timing {
    try body()
    return try told { try ContinuousClock().measure(body).inSeconds }
  }

  /// Asks `body` for its own time, without warming up.
  func told(by body: () throws -> Double) rethrows -> Timing { try watch.repetitions(runs, body) }
}
