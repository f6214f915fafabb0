import Engine
import Foundation
import Traces
import Words

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
      case "csv": try csv(data, name: name)
      case "jsonl", "ndjson": try jsonLines(data, name: name)
      default:
        throw Diagnostic(place: name, "expected a file that ends in .csv or .jsonl", category: .badSpec)
      }
    return try items(of: table, name: name, columns: columns)
  }

  /// Lines of named values.
  private struct Table {
    /// The names in the first line of a CSV file; nil for JSON lines.
    var names: [String]?
    var rows: [Row] = []
    var problems: [Diagnostic] = []
  }

  private struct Row {
    var line: Int
    var values: [String: String]
    /// Where the value of a name stands.
    var place: (String) -> SpecMark
  }

  private static func csv(_ data: Data, name: String) throws -> Table {
    let records = try CSVReader.records(data, name: name)
    guard let head = records.first else {
      throw Diagnostic(
        place: name, "the file is empty, expected a line of column names", hints: [columnsHint], category: .badSpec)
    }
    var table = Table(names: head.fields)
    if let twice = head.fields.indices.first(where: { head.fields[..<$0].contains(head.fields[$0]) }) {
      throw problem(
        name, head.place(twice), "the column '\(head.fields[twice])' occurs twice", ["give every column its own name"])
    }
    for record in records.dropFirst() {
      guard record.fields.count == head.fields.count else {
        let found = record.fields == [""] ? "an empty line" : "\(record.fields.count)"
        table.problems.append(
          problem(
            name, record.place(head.fields.count), "expected \(head.fields.count) fields as in line 1, found \(found)",
            [record.fields == [""] ? "remove the line" : "put a text that contains a comma in quotes"]))
        continue
      }
      table.rows.append(
        Row(line: record.line, values: Dictionary(zip(head.fields, record.fields)) { first, _ in first }) { column in
          record.place(head.fields.firstIndex(of: column) ?? 0)
        })
    }
    return table
  }

  private static func jsonLines(_ data: Data, name: String) throws -> Table {
    var table = Table()
    let text = try SpecSource.text(of: data, name: name, category: .badSpec)
    let rows = JSONLines.rows(text, name: name, example: #"{"prompt": "The keys", "target": " are"}"#) {
      table.problems.append($0)
    }
    table.rows = rows.map { row in
      let values = (row.object.members.map(Array.init) ?? []).compactMap { member in
        self.text(of: member.value).map { (member.key, $0) }
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
    let wanted =
      [columns.prompt] + [columns.target, columns.foil, columns.source].compactMap(\.self) + columns.groups
      + [columns.pair].compactMap(\.self)
    if let names = table.names {
      let missing = wanted.filter { !names.contains($0) }
      guard missing.isEmpty else {
        throw DiagnosticList(
          missing.map {
            problem(
              name, SpecMark(line: 1, column: 1), "there is no column '\($0)'",
              [Suggestion.hint(for: $0, among: names, called: "columns")])
          })
      }
    }
    var problems = table.problems
    let items = table.rows.compactMap { row -> DatasetRequest.Item? in
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
