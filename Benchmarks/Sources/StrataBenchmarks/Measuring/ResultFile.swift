import Foundation

/// Everything that a run found, as Markdown and as JSON.
struct Results {
  var machine: Machine
  var cases: [(name: String, measurements: [Measurement])] = []

  /// A heading and a table for every case.
  var markdown: String {
    "\(machine.markdown) Medians, slowest and fastest after one run to warm up.\n\n"
      + cases.map { "### \($0.name)\n\n\(table($0.measurements))" }.joined(separator: "\n")
  }

  private func table(_ measurements: [Measurement]) -> String {
    let rows = measurements.map { one in
      let ratio = one.ratio.map { ratio in
        let value = ratio(one.timing?.machine ?? machine)
        let isShare = [.products, .reads, .machine].contains(one.limit)
        return (isShare ? "\(fixed(100 * value, 0)) %" : "\(fixed(value, 2)) x") + " of \(one.limit.rawValue)"
      }
      return [
        one.what, "\(significant(one.median)) \(one.unit)", "\(significant(one.least)) to \(significant(one.most))",
        "\(one.runs)\(company(of: one))", ratio ?? "",
      ]
    }
    return ([["what", "median", "range", "runs", "ratio"], Array(repeating: "---", count: 5)] + rows)
      .map { "| \($0.joined(separator: " | ")) |\n" }.joined()
  }

  /// ", 2 dropped" where other programs disturbed repetitions.
  private func company(of one: Measurement) -> String {
    guard let timing = one.timing else { return "" }
    return (timing.dropped > 0 ? ", \(timing.dropped) dropped" : "")
      + (timing.disturbed > 0 ? ", \(timing.disturbed) disturbed" : "")
  }

  /// Writes the file whole or not at all.
  func write(json path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(ResultFile(self)).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}

/// The JSON file: numbers as JSON has them, whatever the locale.
private struct ResultFile: Encodable {
  struct Best: Encodable {
    let name: String
    let threads: Int
    let registers: String
    let gigaflops: Double
    let gigabytes: Double
    let gigabytesOneThread: Double

    enum CodingKeys: String, CodingKey {
      case name, threads, registers, gigaflops, gigabytes
      case gigabytesOneThread = "gigabytes_one_thread"
    }
  }

  struct Line: Encodable {
    let `case`: String
    let what: String
    let unit: String
    let median: Double
    let min: Double
    let max: Double
    let runs: Int
    let dropped: Int?
    let disturbed: Int?
    let ratio: Double?
    let of: String?
  }

  let machine: Best
  let measurements: [Line]

  init(_ results: Results) {
    let machine = results.machine
    self.machine = Best(
      name: machine.name, threads: machine.threads, registers: machine.registers, gigaflops: machine.gigaflops,
      gigabytes: machine.gigabytes, gigabytesOneThread: machine.gigabytesOneThread)
    measurements = results.cases.flatMap { name, measurements in
      measurements.map {
        Line(
          case: name, what: $0.what, unit: $0.unit, median: $0.median, min: $0.least, max: $0.most, runs: $0.runs,
          dropped: $0.timing?.dropped, disturbed: $0.timing?.disturbed,
          ratio: $0.ratio?($0.timing?.machine ?? machine), of: $0.limit == .nothing ? nil : $0.limit.rawValue)
      }
    }
  }
}
