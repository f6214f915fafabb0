import Engine
import Foundation
import Traces
import Words

/// Cuts a text into passages, the items of a corpus: the same for every model.
extension DatasetReader {
  /// Characters of a passage where nobody says another number.
  public static let passage = 1000

  /// What the items of a dataset are; nil for prompts with words that come next.
  public static func form(isCorpus: Bool, _ columns: DatasetColumns) -> DatasetSummary.Form? {
    if isCorpus { return .corpus }
    guard columns.target == nil else { return nil }
    return columns.foil == nil ? .corpus : .sentences
  }

  /// The passages of a text file, each with the line on which it begins.
  ///
  /// Lines are put together while they have `most` characters or fewer; a longer line is cut at its last space that fits, or else
  /// after `most` characters. White space at the ends of a passage is left out.
  ///
  /// - Throws: `Diagnostic` for a text that is too large, no UTF-8, or empty.
  public static func passages(_ data: Data, name: String, most: Int) throws -> [DatasetRequest.Item] {
    guard data.count <= largestSize else {
      throw Diagnostic(
        place: name, "expected a file of at most 256 MiB, found \(data.count) bytes", category: .badSpec)
    }
    let text = try SpecSource.text(of: data, name: name, category: .badSpec)
    var items: [DatasetRequest.Item] = []
    var passage = String.UnicodeScalarView()
    var first = 1
    func isWhite(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
    func end() {
      let kept = passage.drop(while: isWhite)
      let end = kept.lastIndex { !isWhite($0) }
      if let end { items.append(.init(prompt: String(kept[...end]), target: "", line: first)) }
      passage.removeAll()
    }
    var number = 0
    for bytes in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      var line = Substring(bytes).unicodeScalars
      if line.last == "\r" { line.removeLast() }
      if passage.count + line.count > most { end() }
      if passage.isEmpty { first = number }
      // Looks no further than one passage: the rest of a line may be the whole file.
      while let limit = line.index(line.startIndex, offsetBy: most, limitedBy: line.endIndex), limit < line.endIndex {
        let cut = line[...limit].lastIndex(of: " ").flatMap { $0 > line.startIndex ? $0 : nil } ?? limit
        passage += line[..<cut]
        end()
        line = line[cut...]
      }
      passage += line
      passage.append("\n")
    }
    end()
    guard !items.isEmpty else { throw Diagnostic(place: name, "the file has no text", category: .badSpec) }
    return items
  }
}
