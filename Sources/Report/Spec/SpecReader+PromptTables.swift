import Engine
import Foundation
import Traces
import Words
import Yams

// Tables of prompts: files whose columns are the keys of prompts.

/// A table of prompts, which is read.
struct SpecPromptTable: SpecType {
  /// A file's prompts as nodes of a spec, each with its places.
  struct Found {
    var rows: [(place: SpecTableRow, node: Node)]
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
    let rows: [(place: SpecTableRow, node: Node)]
    do {
      rows = ending == "csv" ? try reader.csvRows(bytes, path) : try reader.jsonRows(bytes, path)
    } catch {
      reader.problems.append(error)
      return nil
    }
    if rows.isEmpty, reader.problems.count == before {
      reader.report(place: path, "the file has no prompts", ["write a prompt on every line: docs/spec.md"])
    }
    return Found(rows: rows)
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
    return table.rows.compactMap { place, node in
      row = place
      return prompt(node, &firstPlaces)
    }
  }

  /// The rows of a CSV file.
  ///
  /// An empty field leaves its key out.
  mutating func csvRows(_ data: Data, _ name: String) throws(Diagnostic) -> [(place: SpecTableRow, node: Node)] {
    let records = try CSVReader.records(data, name: name)
    guard let head = records.first else { return [] }
    let keys = SpecSection.prompt.names
    var names = head.fields
    var (seen, given) = (Set<String>(), Set(names))
    for (index, column) in head.fields.enumerated() {
      let place = head.place(index)
      let isNew = seen.insert(column).inserted
      if !keys.contains(column) {
        report(
          place: "\(name):\(place.line):\(place.column)",
          "unknown column '\(Node.shortened(column))' in a table of prompts",
          [advice(on: column, among: keys, called: "columns")])
        // Its fields are read as what was probably meant, so that their mistakes are reported as well.
        let meant = seen.count > Suggestion.mostAdvised ? nil : Suggestion.closest(to: column, among: keys)
        names[index] = meant.flatMap { given.insert($0).inserted ? $0 : nil } ?? ""
      } else if !isNew {
        report(
          place: "\(name):\(place.line):\(place.column)", "the column '\(column)' occurs twice",
          ["give every column its own name"])
        names[index] = ""
      }
    }
    var rows: [(place: SpecTableRow, node: Node)] = []
    for record in records.dropFirst() {
      guard record.fields.count == head.fields.count else {
        let isEmpty = record.fields == [""]
        let place = record.place(head.fields.count)
        report(
          place: "\(name):\(place.line):\(place.column)",
          "expected \(head.fields.count) fields as in line 1, found \(isEmpty ? "an empty line" : "\(record.fields.count)")",
          [isEmpty ? "remove the line" : "put a text that contains a comma in quotes"])
        continue
      }
      let row = SpecTableRow(
        table: name, line: record.line,
        columns: Dictionary(zip(names, record.places)) { first, _ in first })
      var pairs: [(Node, Node)] = []
      for (key, field) in zip(names, record.fields) where !field.isEmpty && !key.isEmpty {
        guard let value = node(ofField: field, key: key, place: row.place(of: key)) else { continue }
        pairs.append((Self.text(key), value))
      }
      rows.append((row, .mapping(Node.Mapping(pairs))))
    }
    return rows
  }

  /// A field of a CSV file: a number where the key takes one, a list where the key takes one and the field begins with a bracket.
  private mutating func node(ofField field: String, key: String, place: String) -> Node? {
    typealias Key = SpecSection.Prompt
    typealias Chat = SpecSection.Chat
    switch key {
    case Key.generate.name, Key.top.name, Chat.generationPrompt.name:
      return Node.scalar(Node.Scalar(field, Tag(.implicit), .plain))
    case Key.sample.name where field.hasPrefix("{"), Key.watch.name where field.hasPrefix("[") || field.hasPrefix("{"),
      Key.attribute.name where field.hasPrefix("{"), Key.patch.name where field.hasPrefix("{"),
      Key.changes.name where field.hasPrefix("[") || field.hasPrefix("{"),
      Key.tags.name where field.hasPrefix("["), Chat.messages.name,
      Chat.variables.name:
      do {
        return try SpecSource(name: place, bytes: Data(field.utf8)).compose().root
      } catch {
        report(
          place: place, "\(key) is neither a word nor a list or mapping in brackets",
          ["for example [\" is\", \" are\"]; within CSV quotes, each quote is written twice"])
        return nil
      }
    default: return Self.text(field)
    }
  }

  /// The rows of a file of JSON lines.
  ///
  /// A null leaves its key out.
  mutating func jsonRows(_ data: Data, _ name: String) throws(Diagnostic) -> [(place: SpecTableRow, node: Node)] {
    let text = try SpecSource.text(of: data, name: name, category: .badSpec)
    var found: [Diagnostic] = []
    let rows = JSONLines.rows(text, name: name, example: #"{"id": "keys", "text": "The keys"}"#) { found.append($0) }
    problems += found
    return rows.compactMap { row in
      let columns = row.columns.mapValues { SpecMark(line: row.line, column: $0) }
      return Self.node(of: row.object).map { (SpecTableRow(table: name, line: row.line, columns: columns), $0) }
    }
  }

  /// A value of JSON as a node; nil for null.
  static func node(of value: JSONValue, depth: Int = 0) -> Node? {
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
