import Foundation
import Words

/// A part of a condition.
enum ConditionToken: Equatable {
  case word(String)
  case quoted(String)
  case number(Double)
  case comparison(FindingCondition.Comparison)

  /// The parts of a text.
  ///
  /// - Throws: `Diagnostic` for a quote that is not closed or a character that begins no part.
  static func all(in text: String) throws -> [ConditionToken] {
    var tokens: [ConditionToken] = []
    var rest = Substring(text)
    while let character = rest.first {
      if character.isWhitespace {
        rest.removeFirst()
      } else if character == "\"" || character == "'" {
        rest.removeFirst()
        guard let end = rest.firstIndex(of: character) else {
          throw Diagnostic(place: "--require", "a quote in '\(text)' is not closed", category: .usage)
        }
        tokens.append(.quoted(String(rest[..<end])))
        rest = rest[rest.index(after: end)...]
      } else if let comparison = FindingCondition.Comparison.longestFirst.first(where: { rest.hasPrefix($0.rawValue) })
      {
        tokens.append(.comparison(comparison))
        rest.removeFirst(comparison.rawValue.count)
      } else {
        let part = rest.prefix { !$0.isWhitespace && !"<>=!\"'".contains($0) }
        guard !part.isEmpty else {
          throw Diagnostic(
            place: "--require", "'\(text)': \(rest.prefix(1)) is no operator",
            hints: ["operators are \(FindingCondition.Comparison.allCases.map(\.rawValue).joined(separator: " "))"],
            category: .usage)
        }
        rest.removeFirst(part.count)
        // "16 %" is one number.
        let after = rest.drop(while: \.isWhitespace)
        let isPercent = part.hasSuffix("%") || after.hasPrefix("%")
        if let number = WrittenNumber.real(part.hasSuffix("%") ? part.dropLast() : part) {
          if isPercent, !part.hasSuffix("%") { rest = after.dropFirst() }
          tokens.append(.number(isPercent ? number / 100 : number))
        } else {
          tokens.append(.word(String(part)))
        }
      }
    }
    return tokens
  }

  /// As the name of a prompt or a model; a number may be one.
  var name: String? {
    switch self {
    case .word(let text), .quoted(let text): text
    case .number(let number): PlainNumber.text(number)
    case .comparison: nil
    }
  }

  /// As a value.
  var value: FindingValue? {
    switch self {
    case .quoted(let text): .text(text)
    case .number(let number): .number(number)
    case .word, .comparison: nil
    }
  }
}

extension FindingCondition.Comparison {
  /// So that `<=` is not read as `<`.
  fileprivate static let longestFirst = allCases.sorted { $0.rawValue.count > $1.rawValue.count }
}
