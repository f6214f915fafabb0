import Engine
import Foundation
import Traces
import Words
import Yams

// Tables of prompts: files whose columns are the keys of prompts.

/// A table of prompts, which is read.
struct SpecPromptTable: SpecType {
  /// A file's prompts as nodes of a spec, each with its line.
  struct Found {
    var name: String
    var rows: [(line: Int, node: Node)]
  }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Found? {
    guard let path = reader.text(node, called: name.text) else { return nil }
    let ending = URL(fileURLWithPath: path).pathExtension.lowercased()
    guard ["csv", "jsonl", "ndjson"].contains(ending) else {
      reader.report(
        node.mark, "\(name.text) must be a file that ends in .csv or .jsonl, found '\(Node.shortened(path))'")
      return nil
    }
    guard let bytes = reader.bytes(of: path, at: node) else { return nil }
    let before = reader.problems.count
    let rows: [(line: Int, node: Node)]
    do {
      rows = ending == "csv" ? try reader.csvRows(bytes, path) : try reader.jsonRows(bytes, path)
    } catch {
      reader.problems.append(error)
      return nil
    }
    if rows.isEmpty, reader.problems.count == before { reader.report(place: path, "the file has no prompts") }
    return Found(name: path, rows: rows)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a path" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

extension SpecReader {
  /// The prompts of a table; a problem has the line of its row.
  mutating func prompts(
    of table: SpecPromptTable.Found, _ firstPlaces: inout [String: String]
  ) -> [ReportSpec.Prompt] {
    defer { row = nil }
    return table.rows.compactMap { line, node in
      row = "\(table.name):\(line)"
      return prompt(node, &firstPlaces)
    }
  }

  /// The rows of a CSV file.
  ///
  /// An empty field leaves its key out.
  mutating func csvRows(_ data: Data, _ name: String) throws(Diagnostic) -> [(line: Int, node: Node)] {
    let records = try CSVReader.records(data, name: name)
    guard let head = records.first else { return [] }
    let keys = SpecSection.prompt.names
    for (index, column) in head.fields.enumerated() {
      if !keys.contains(column) {
        report(
          place: "\(name):1", "unknown column '\(Node.shortened(column))' in a table of prompts",
          [Suggestion.hint(for: column, among: keys, called: "columns")])
      } else if head.fields[..<index].contains(column) {
        report(place: "\(name):1", "the column '\(column)' occurs twice")
      }
    }
    guard head.fields.allSatisfy(keys.contains) else { return [] }
    var rows: [(line: Int, node: Node)] = []
    for record in records.dropFirst() {
      guard record.fields.count == head.fields.count else {
        let found = record.fields == [""] ? "an empty line" : "\(record.fields.count)"
        report(
          place: "\(name):\(record.line)", "expected \(head.fields.count) fields as in line 1, found \(found)",
          ["put a text that contains a comma in quotes"])
        continue
      }
      var pairs: [(Node, Node)] = []
      for (key, field) in zip(head.fields, record.fields) where !field.isEmpty {
        guard let value = node(ofField: field, key: key, place: "\(name):\(record.line)") else { continue }
        pairs.append((Self.text(key), value))
      }
      rows.append((record.line, .mapping(Node.Mapping(pairs))))
    }
    return rows
  }

  /// A field of a CSV file: a number where the key takes one, a list where the key takes one and the field begins with a bracket.
  private mutating func node(ofField field: String, key: String, place: String) -> Node? {
    typealias Key = SpecSection.Prompt
    switch key {
    case Key.generate.name, Key.top.name: return Node.scalar(Node.Scalar(field, Tag(.implicit), .plain))
    case Key.sample.name where field.hasPrefix("{"), Key.watch.name where field.hasPrefix("[") || field.hasPrefix("{"),
      Key.tags.name where field.hasPrefix("["):
      do {
        return try SpecSource(name: place, bytes: Data(field.utf8)).compose().root
      } catch {
        report(place: place, "\(key) is neither a word nor a list or mapping in brackets")
        return nil
      }
    default: return Self.text(field)
    }
  }

  /// The rows of a file of JSON lines.
  ///
  /// A null leaves its key out.
  mutating func jsonRows(_ data: Data, _ name: String) throws(Diagnostic) -> [(line: Int, node: Node)] {
    let text = try SpecSource.text(of: data, name: name, category: .badSpec)
    var rows: [(line: Int, node: Node)] = []
    for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
      do throws(JSONError) {
        let root = try JSONDocument(text: String(Substring(line)), path: name).root
        guard root.kind == .object else { throw root.wrongKind(expected: "an object") }
        try root.requireUniqueKeys()
        if let node = Self.node(of: root) { rows.append((index + 1, node)) }
      } catch {
        let advice =
          if case .malformed = error { ["write each prompt as a JSON object on one line"] } else { [String]() }
        report(place: "\(name):\(index + 1)", error.message, advice)
      }
    }
    return rows
  }

  /// A value of JSON as a node; nil for null.
  private static func node(of value: JSONValue, depth: Int = 0) -> Node? {
    // Deeper values are of no key, and the reader names the list that they are in.
    guard depth < 8 else { return .sequence(Node.Sequence([])) }
    switch value.kind {
    case .null: return nil
    case .string: return text(value.string ?? "")
    case .array:
      return .sequence(
        Node.Sequence((value.elements.map(Array.init) ?? []).compactMap { node(of: $0, depth: depth + 1) }))
    case .object:
      return .mapping(
        Node.Mapping(
          (value.members.map(Array.init) ?? []).compactMap { member in
            node(of: member.value, depth: depth + 1).map { (text(member.key), $0) }
          }))
    default:
      if let flag = value.bool { return .scalar(Node.Scalar(flag ? "true" : "false", Tag(.bool))) }
      if let number = value.integer { return .scalar(Node.Scalar("\(number)", Tag(.int))) }
      return .scalar(Node.Scalar("\(value.real ?? 0)", Tag(.float)))
    }
  }

  private static func text(_ text: String) -> Node { .scalar(Node.Scalar(text, Tag(.str))) }
}
