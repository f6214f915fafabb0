import Engine
import Traces
import Words

/// Files with a JSON object on every line.
enum JSONLines {
  /// A line with an object.
  struct Row {
    /// From 1.
    var line: Int
    /// The object; it and the objects inside of it have each key once.
    var object: JSONValue
    /// The line itself.
    var text: Substring

    /// The columns of the values by their keys, from 1 and counted in Unicode scalars.
    ///
    /// They are found when they are needed: only messages have them.
    var columns: [String: Int] {
      Dictionary(JSONLines.members(of: text).map { ($0.key, $0.value) }) { first, _ in first }
    }
  }

  /// How many problems of a file are told; what comes after so many is not read.
  static let mostProblems = 1000

  /// The objects of a file; lines of white space are passed over.
  ///
  /// - Parameters:
  ///   - example: A line, for advice.
  ///   - report: Is given the problem of every other line, at `name:line:column`.
  static func rows(_ text: String, name: String, example: String, report: (Diagnostic) -> Void) -> [Row] {
    var rows: [Row] = []
    var number = 0
    var problems = 0
    for bytes in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { continue }
      let line = Substring(bytes)
      do throws(JSONError) {
        let object = try JSONDocument(text: String(line), path: name).root
        guard object.kind == .object else { throw object.wrongKind(expected: "an object") }
        try object.requireUniqueKeysThroughout()
        let keys = object.count ?? 0
        guard keys <= CSVReader.mostColumns else {
          report(
            Diagnostic(
              place: "\(name):\(number):1",
              "expected at most \(Wording.grouped(CSVReader.mostColumns)) keys, found \(Wording.grouped(keys))",
              hints: ["leave out those that nothing reads"], category: .badSpec))
          return rows
        }
        rows.append(Row(line: number, object: object, text: line))
      } catch {
        report(
          Diagnostic(
            place: "\(name):\(number):\(column(of: error, in: line))", error.message,
            hints: ["write each prompt as a JSON object on one line: \(example)"],
            category: .badSpec))
        problems += 1
        if problems == mostProblems { return rows }
      }
    }
    return rows
  }

  /// Where a line is wrong.
  private static func column(of error: JSONError, in line: Substring) -> Int {
    switch error {
    case .malformed(_, _, let offset?):
      return String(decoding: line.utf8.prefix(offset), as: UTF8.self).unicodeScalars.count + 1
    // What does not end is missed at the end of the line.
    case .malformed(_, _, nil): return line.unicodeScalars.filter { $0 != "\r" }.count + 1
    case .duplicateKey(_, _, let key):
      return members(of: line).filter { $0.key == key }.dropFirst().first?.column ?? 1
    case .unreadable, .wrongKind, .missingKey: return 1
    }
  }

  /// The keys of an object with the columns of the keys and of their values; the text is known to be valid JSON.
  private static func members(of line: Substring) -> [(key: String, column: Int, value: Int)] {
    var found: [(key: String, column: Int, value: Int)] = []
    let scalars = Array(line.unicodeScalars)
    var depth = 0
    var key: (text: String, column: Int)?
    var awaitsValue = false
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      if awaitsValue, !" \t\r".unicodeScalars.contains(scalar) {
        if let key { found.append((key.text, key.column, index + 1)) }
        (key, awaitsValue) = (nil, false)
      }
      switch scalar {
      case "{", "[": depth += 1
      case "}", "]": depth -= 1
      case ":" where depth == 1: awaitsValue = true
      case ",": key = nil
      case "\"":
        let start = index
        index += 1
        while index < scalars.count, scalars[index] != "\"" { index += scalars[index] == "\\" ? 2 : 1 }
        let text = String(String.UnicodeScalarView(scalars[(start + 1)..<max(start + 1, min(index, scalars.count))]))
        if depth == 1, key == nil { key = (text, start + 1) }
      default: break
      }
      index += 1
    }
    return found
  }
}
