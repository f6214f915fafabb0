import Foundation
import Mustache
import Plot
import Words

/// A value for a template.
///
/// Templates get nothing else, so all text is made safe here and nowhere else.
package indirect enum TemplateValue: Equatable {
  /// Text from anywhere; invisible characters are made visible, the template escapes the rest.
  case text(String)
  /// Sentences of a paragraph: as `text`, and no line ends between a number and its "%".
  case prose(String)
  /// Text whose lines stay lines, for `pre`; otherwise as `text`.
  case lines(String)
  /// The template's own style or script, which is put into a page as it is.
  case raw(String)
  /// A line break inside `pre`.
  case lineBreak
  case number(Int)
  case flag(Bool)
  case list([TemplateValue])
  /// The rows of a table of the first page, of which there may be thousands.
  case rows(TemplateRows)
  case record([String: TemplateValue])
  /// A known name without a value; it stops lookups from finding the name in an outer record.
  case absent

  /// Text, or absent.
  static func optional(_ text: String?) -> TemplateValue { text.map { .text($0) } ?? .absent }

  /// The value as the template engine takes it.
  var context: Any {
    switch self {
    case .text(let text): return VisibleText.escapable(VisibleText.inline(text))
    case .prose(let text): return Percent.unbroken(VisibleText.escapable(VisibleText.inline(text)))
    case .lines(let text):
      return text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { VisibleText.escapable(VisibleText.inline(String($0))) }.joined(separator: "\n")
    case .raw(let text): return text
    case .lineBreak: return "\n"
    case .number(let number): return number
    case .flag(let flag): return flag
    case .list(let values): return values.map(\.context)
    case .rows(let rows): return rows.context
    case .record(let values): return values.mapValues(\.context)
    case .absent: return NSNull()
    }
  }
}
