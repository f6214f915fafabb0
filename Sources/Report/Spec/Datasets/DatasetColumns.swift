import Engine
import Foundation
import Traces
import Words
import Yams

/// The columns of a dataset's file.
public struct DatasetColumns: Equatable, Sendable {
  /// The text of the prompt, or the whole sentence.
  public var prompt: String
  /// The word that should come next; nil for sentences.
  public var target: String?
  /// The word that the target is compared with, or the other sentence; nil for none.
  public var foil: String?
  /// The text whose states are put into the run of the prompt; nil for none.
  public var source: String?
  /// Columns that group the items by their values.
  public var groups: [String]
  /// What items of two groups that belong together share; nil for none.
  public var pair: String?

  /// Columns.
  public init(
    prompt: String = "prompt", target: String? = "target", foil: String? = nil, source: String? = nil,
    groups: [String] = [], pair: String? = nil
  ) {
    self.pair = pair
    self.prompt = prompt
    self.target = target
    self.foil = foil
    self.source = source
    self.groups = groups
  }

  /// All of them.
  var all: [String] {
    [prompt] + [target, foil, source].compactMap(\.self) + groups + [pair].compactMap(\.self)
  }
}

/// Reads the items of a dataset from CSV or JSON lines.
public enum DatasetReader {
  package static let largestSize = 256 << 20

  /// The items of a file, whose name ends in `.csv` or `.jsonl`.
  ///
  /// - Throws: `DiagnosticList` with every problem, each at `name:line:column`.
  public static func items(_ data: Data, name: String, columns: DatasetColumns) throws -> [DatasetRequest.Item] {
    guard data.count <= largestSize else {
      throw Diagnostic(
        place: name, "expected a file of at most 256 MiB, found \(data.count) bytes", category: .badSpec)
    }
    let ending = URL(fileURLWithPath: name).pathExtension.lowercased()
    let table =
      switch ending {
      case "csv": try csv(data, name: name, wanted: columns.all)
      case "jsonl", "ndjson": try jsonLines(data, name: name, wanted: columns.all)
      default:
        throw Diagnostic(place: name, "expected a file that ends in .csv or .jsonl", category: .badSpec)
      }
    return try items(of: table, name: name, columns: columns)
  }

  /// Lines of named values.
  private struct Table {
    var rows: [Row] = []
    var problems: [Diagnostic] = []
    /// Whether so many problems were found that the rest is not read.
    var isEnough: Bool { problems.count >= JSONLines.mostProblems }
  }

  private struct Row {
    var line: Int
    /// The values of the columns that are asked for.
    var values: [String: String]
    /// Where the value of a name stands.
    var place: (String) -> SpecMark
  }

  /// - Throws: `DiagnosticList`, or `Diagnostic` where the first line shows that the file is another one.
  private static func csv(_ data: Data, name: String, wanted: [String]) throws -> Table {
    var table = Table()
    var head: CSVReader.Record?
    var places: [String: Int] = [:]
    var wrong: (any Error)?
    try CSVReader.each(data, name: name) { record in
      guard let head else {
        do {
          places = try self.places(of: wanted, in: record, name: name)
        } catch {
          wrong = error
          return false
        }
        head = record
        return true
      }
      guard record.fields.count == head.fields.count else {
        let found = record.fields == [""] ? "an empty line" : "\(record.fields.count)"
        table.problems.append(
          problem(
            name, record.place(head.fields.count), "expected \(head.fields.count) fields as in line 1, found \(found)",
            [record.fields == [""] ? "remove the line" : "put a text that contains a comma in quotes"]))
        return !table.isEnough
      }
      let marks = places.mapValues { record.place($0) }
      table.rows.append(
        Row(line: record.line, values: places.mapValues { record.fields[$0] }) { marks[$0] ?? record.place(0) })
      return true
    }
    if let wrong { throw wrong }
    guard head != nil else {
      throw Diagnostic(
        place: name, "the file is empty, expected a line of column names", hints: [columnsHint], category: .badSpec)
    }
    return table
  }

  /// Where the columns that are asked for stand in the first line.
  private static func places(
    of wanted: [String], in head: CSVReader.Record, name: String
  ) throws -> [String: Int] {
    var places: [String: Int] = [:]
    for (index, column) in head.fields.enumerated() {
      guard places.updateValue(index, forKey: column) == nil else {
        throw problem(
          name, head.place(index), "the column '\(Node.shortened(column))' occurs twice",
          ["give every column its own name"])
      }
    }
    let missing = wanted.filter { places[$0] == nil }
    guard missing.isEmpty else {
      throw DiagnosticList(
        missing.map {
          problem(
            name, SpecMark(line: 1, column: 1), "there is no column '\(Node.shortened($0))'",
            [Suggestion.hint(for: $0, among: head.fields, called: "columns")])
        })
    }
    return places.filter { wanted.contains($0.key) }
  }

  private static func jsonLines(_ data: Data, name: String, wanted: [String]) throws -> Table {
    var table = Table()
    let text = try SpecSource.text(of: data, name: name, category: .badSpec)
    let rows = JSONLines.rows(text, name: name, example: #"{"prompt": "The keys", "target": " are"}"#) {
      table.problems.append($0)
    }
    table.rows = rows.map { row in
      let values = (row.object.members.map(Array.init) ?? []).compactMap { member -> (String, String)? in
        guard wanted.contains(member.key) else { return nil }
        return self.text(of: member.value).map { (member.key, $0) }
      }
      return Row(line: row.line, values: Dictionary(values) { first, _ in first }) { column in
        SpecMark(line: row.line, column: row.columns[column] ?? 1)
      }
    }
    return table
  }

  /// A value of an object as text; nil for lists, objects and null, which columns that nobody names may hold.
  private static func text(of value: JSONValue) -> String? {
    if value.kind == .string { return value.string }
    if let flag = value.bool { return "\(flag)" }
    if let number = value.integer { return "\(number)" }
    return value.real.flatMap { $0.isFinite ? "\($0)" : nil }
  }

  private static func items(of table: Table, name: String, columns: DatasetColumns) throws -> [DatasetRequest.Item] {
    let wanted = columns.all
    var problems = table.problems
    let items = table.rows.compactMap { row -> DatasetRequest.Item? in
      guard problems.count < JSONLines.mostProblems else { return nil }
      func value(_ column: String, mayBeEmpty: Bool = false) -> String? {
        guard let text = row.values[column] else {
          problems.append(
            problem(
              name, row.place(column), "'\(column)' is missing, or is neither text nor a number",
              ["every line needs a value for \(Wording.enumeration(wanted.map { "'\($0)'" }))"]))
          return nil
        }
        if text.isEmpty, !mayBeEmpty {
          problems.append(
            problem(name, row.place(column), "'\(column)' is empty", ["remove the line, or fill in the field"]))
          return nil
        }
        return text
      }
      let prompt = value(columns.prompt)
      let target = columns.target.map { value($0) } ?? ""
      let foil = columns.foil.map { value($0) }
      let source = columns.source.map { value($0) }
      let pair = columns.pair.map { value($0) }
      let groups = columns.groups.map { value($0, mayBeEmpty: true) }
      guard pair != .some(nil), let prompt, let target, foil != .some(nil), source != .some(nil), !groups.contains(nil)
      else { return nil }
      return DatasetRequest.Item(
        prompt: prompt, target: target, foil: foil ?? nil, source: source ?? nil, groups: groups.compactMap(\.self),
        line: row.line, pair: pair ?? nil)
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    guard !items.isEmpty else { throw Diagnostic(place: name, "the file has no prompts", category: .badSpec) }
    return items
  }

  private static let columnsHint = "for example prompt,target: docs/dataset-format.md"

  private static func problem(_ name: String, _ place: SpecMark, _ message: String, _ hints: [String]) -> Diagnostic {
    Diagnostic(place: "\(name):\(place.line):\(place.column)", message, hints: hints, category: .badSpec)
  }
}
