import Engine
import Foundation
import Words

/// Comma-separated values by RFC 4180, read strictly; lines may end in CR LF or LF, and a byte order mark may come first.
package enum CSVReader {
  /// A line of fields.
  package struct Record: Equatable {
    /// Where it begins, from 1.
    package var line: Int
    package var fields: [String]
    /// Where each field begins: a field in quotes can hold line breaks, and the next then begins in a later line.
    package var places: [SpecMark] = []

    /// The place of a field, or of the record's first where it has no such field.
    func place(_ field: Int) -> SpecMark {
      places.indices.contains(field) ? places[field] : SpecMark(line: line, column: 1)
    }
  }

  /// The records of a file; `name` is for messages.
  ///
  /// - Throws: `Diagnostic` at `name:line:column`, columns counted in characters.
  package static func records(_ data: Data, name: String) throws(Diagnostic) -> [Record] {
    var records: [Record] = []
    try each(data, name: name) {
      records.append($0)
      return true
    }
    return records
  }

  /// The same one after another, as long as `take` returns true.
  package static func each(_ data: Data, name: String, take: (Record) -> Bool) throws(Diagnostic) {
    let text = try SpecSource.text(of: data, name: name, category: .badSpec)
    var scanner = Scanner(scalars: Array(text.unicodeScalars), name: name)
    while !scanner.isAtEnd {
      guard take(try scanner.record()) else { return }
    }
  }

  /// The most columns of a table, and keys of a line of JSON.
  package static let mostColumns = 10_000

  private struct Scanner {
    let scalars: [Unicode.Scalar]
    let name: String
    var index = 0
    var line = 1
    /// Index at which the line begins.
    var lineStart = 0

    init(scalars: [Unicode.Scalar], name: String) {
      self.scalars = scalars
      self.name = name
    }

    var isAtEnd: Bool { index >= scalars.count }

    mutating func record() throws(Diagnostic) -> Record {
      var record = Record(line: line, fields: [])
      while true {
        guard record.fields.count < CSVReader.mostColumns else {
          throw fault(
            "expected at most \(Wording.grouped(CSVReader.mostColumns)) columns, found more",
            "leave out those that nothing reads")
        }
        record.places.append(SpecMark(line: line, column: index - lineStart + 1))
        record.fields.append(try field())
        if isAtEnd { return record }
        if scalars[index] == "," {
          index += 1
          continue
        }
        try lineEnd()
        return record
      }
    }

    private mutating func field() throws(Diagnostic) -> String {
      if !isAtEnd, scalars[index] == "\"" { return try quoted() }
      var text = String.UnicodeScalarView()
      while !isAtEnd, scalars[index] != ",", scalars[index] != "\n", scalars[index] != "\r" {
        if scalars[index] == "\"" {
          throw fault("a quote in the middle of a field that does not begin with one", quoteHint)
        }
        text.append(scalars[index])
        index += 1
      }
      return String(text)
    }

    private mutating func quoted() throws(Diagnostic) -> String {
      let start = (line: line, column: index - lineStart + 1)
      index += 1
      var text = String.UnicodeScalarView()
      while !isAtEnd {
        let scalar = scalars[index]
        index += 1
        if scalar == "\"" {
          if !isAtEnd, scalars[index] == "\"" {
            index += 1
          } else {
            guard isAtEnd || [",", "\n", "\r"].contains(scalars[index]) else {
              throw fault("text after the quote that ends a field, expected a comma or the end of the line", quoteHint)
            }
            return String(text)
          }
        }
        text.append(scalar)
        if scalar == "\n" { (line, lineStart) = (line + 1, index) }
      }
      throw Diagnostic(
        place: "\(name):\(start.line):\(start.column)", "a quoted field that does not end", hints: [quoteHint],
        category: .badSpec)
    }

    private mutating func lineEnd() throws(Diagnostic) {
      if scalars[index] == "\r" {
        guard index + 1 < scalars.count, scalars[index + 1] == "\n" else {
          throw fault("a carriage return without a line feed", "save the file with LF or CR LF line ends")
        }
        index += 1
      }
      index += 1
      (line, lineStart) = (line + 1, index)
    }

    private var quoteHint: String { "put the field in quotes and write a quote inside it twice: \"say \"\"yes\"\"\"" }

    private func fault(_ message: String, _ hint: String) -> Diagnostic {
      Diagnostic(
        place: "\(name):\(line):\(index - lineStart + 1)", message, hints: [hint], category: .badSpec)
    }
  }
}
