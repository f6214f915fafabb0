import Engine
import Foundation
import Words

/// The columns of a dataset's file.
public struct DatasetColumns: Equatable, Sendable {
  /// The text of the prompt.
  public var prompt: String
  /// The word that should come next.
  public var target: String
  /// The word that the target is compared with; nil for none.
  public var foil: String?
  /// Columns that group the items by their values.
  public var groups: [String]

  /// Columns.
  public init(prompt: String = "prompt", target: String = "target", foil: String? = nil, groups: [String] = []) {
    self.prompt = prompt
    self.target = target
    self.foil = foil
    self.groups = groups
  }
}

/// Reads the items of a dataset from CSV or JSON lines.
public enum DatasetReader {
  private static let largestSize = 256 << 20

  /// The items of a file, whose name ends in `.csv` or `.jsonl`.
  ///
  /// - Throws: `DiagnosticList` with every problem, each at `name:line`.
  public static func items(_ data: Data, name: String, columns: DatasetColumns) throws -> [DatasetRequest.Item] {
    guard data.count <= largestSize else {
      throw Diagnostic(
        place: name, "expected a file of at most 256 MiB, found \(data.count) bytes", category: .badInput)
    }
    let ending = URL(fileURLWithPath: name).pathExtension.lowercased()
    let table =
      switch ending {
      case "csv": try csv(data, name: name)
      case "jsonl", "ndjson": try jsonLines(data, name: name)
      default:
        throw Diagnostic(place: name, "expected a file that ends in .csv or .jsonl", category: .badInput)
      }
    return try items(of: table, name: name, columns: columns)
  }

  /// Lines of named values.
  private struct Table {
    /// The names in the first line of a CSV file; nil for JSON lines.
    var names: [String]?
    var rows: [(line: Int, values: [String: String])] = []
    var problems: [Diagnostic] = []
  }

  private static func csv(_ data: Data, name: String) throws -> Table {
    let records = try CSVReader.records(data, name: name)
    guard let head = records.first else {
      throw Diagnostic(place: name, "the file is empty, expected a line of column names", category: .badInput)
    }
    var table = Table(names: head.fields)
    if let twice = Dictionary(grouping: head.fields, by: \.self).filter({ $1.count > 1 }).keys.min() {
      throw Diagnostic(place: "\(name):1", "the column '\(twice)' occurs twice", category: .badInput)
    }
    for record in records.dropFirst() {
      guard record.fields.count == head.fields.count else {
        let found = record.fields == [""] ? "an empty line" : "\(record.fields.count)"
        table.problems.append(
          problem(
            name, record.line, "expected \(head.fields.count) fields as in line 1, found \(found)",
            ["put a text that contains a comma in quotes"]))
        continue
      }
      table.rows.append((record.line, Dictionary(zip(head.fields, record.fields)) { first, _ in first }))
    }
    return table
  }

  private static func jsonLines(_ data: Data, name: String) throws -> Table {
    var table = Table()
    var lines = data.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (index, line) in lines.enumerated() {
      do {
        let values = try JSONDecoder().decode([String: Scalar].self, from: Data(line))
        table.rows.append((index + 1, values.compactMapValues(\.text)))
      } catch {
        table.problems.append(problem(name, index + 1, "expected a JSON object of texts on one line", []))
      }
    }
    return table
  }

  /// A value of an object.
  ///
  /// Lists and objects become nil, because columns that nobody names may hold them.
  private struct Scalar: Decodable {
    var text: String?
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self.text = text
      } else if let flag = try? container.decode(Bool.self) {
        text = "\(flag)"
      } else if let number = try? container.decode(Int.self) {
        text = "\(number)"
      } else if let number = try? container.decode(Double.self) {
        text = "\(number)"
      }
    }
  }

  private static func items(of table: Table, name: String, columns: DatasetColumns) throws -> [DatasetRequest.Item] {
    let wanted = [columns.prompt, columns.target] + (columns.foil.map { [$0] } ?? []) + columns.groups
    if let names = table.names {
      let missing = wanted.filter { !names.contains($0) }
      guard missing.isEmpty else {
        throw DiagnosticList(
          missing.map {
            problem(name, 1, "there is no column '\($0)'", [Suggestion.hint(for: $0, among: names, called: "columns")])
          })
      }
    }
    var problems = table.problems
    let items = table.rows.compactMap { row -> DatasetRequest.Item? in
      func value(_ column: String, mayBeEmpty: Bool = false) -> String? {
        guard let text = row.values[column] else {
          problems.append(problem(name, row.line, "'\(column)' is missing, or is neither text nor a number", []))
          return nil
        }
        if text.isEmpty, !mayBeEmpty {
          problems.append(problem(name, row.line, "'\(column)' is empty", []))
          return nil
        }
        return text
      }
      let prompt = value(columns.prompt)
      let target = value(columns.target)
      let foil = columns.foil.map { value($0) }
      let groups = columns.groups.map { value($0, mayBeEmpty: true) }
      guard let prompt, let target, foil != .some(nil), !groups.contains(nil) else { return nil }
      return DatasetRequest.Item(
        prompt: prompt, target: target, foil: foil ?? nil, groups: groups.compactMap(\.self), line: row.line)
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    guard !items.isEmpty else { throw Diagnostic(place: name, "the file has no prompts", category: .badInput) }
    return items
  }

  private static func problem(_ name: String, _ line: Int, _ message: String, _ hints: [String]) -> Diagnostic {
    Diagnostic(place: "\(name):\(line)", message, hints: hints, category: .badInput)
  }
}
