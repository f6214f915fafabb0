import Figures
import Files
import Foundation
import Plot
import Spec
import Traces
import Words

extension FileDiff {
  /// Compares what `comparison` passes over: everything besides numbers and pixels.
  ///
  /// - Throws: `PlotError` for a damaged picture.
  static func judge(
    _ finding: inout DiffFinding, _ one: Data, _ other: Data, _ tolerance: DiffTolerance, _ isDigest: (String) -> Bool
  ) throws {
    func differs(_ line: String?) {
      guard let line else { return }
      finding.lines = (finding.isEqual ? [] : finding.lines) + [line]
      finding.isEqual = false
    }
    func texts(_ one: Data, _ other: Data, isDrawing: Bool = false) -> String? {
      TextComparison(one, other, tolerance: tolerance, isDrawing: isDrawing, isDigest: isDigest).difference
    }
    let name = finding.name
    switch FigureFormat.ofFile(name)?.comparison {
    case .pixels:
      let (a, b) = (try PictureRest(of: one), try PictureRest(of: other))
      if a.hiddenBytes > 0 { differs("\(Wording.size(bytes: a.hiddenBytes)) behind the end of the picture") }
      if a.chunks.map(\.type) != b.chunks.map(\.type) {
        differs("other chunks: \(a.chunks.map(\.type).joined(separator: ", "))")
      } else {
        for (own, made) in zip(a.chunks, b.chunks) {
          guard own.type != "IHDR" else {
            // Behind the size: a kind of pixels that lets a background through shows other things on another one.
            if own.content.dropFirst(8) != made.content.dropFirst(8) { differs("another kind of pixels") }
            continue
          }
          differs(texts(own.content, made.content).map { "in the chunk \(own.type), \($0)" })
        }
      }
    case .fields where name != "findings.csv":
      let rows = try (own: CSVReader.records(one, name: name), made: CSVReader.records(other, name: name))
      if Data(CommaSeparated.table(rows.own.map(\.fields), cells: .raw).utf8) != one {
        differs("quotation marks, line ends or a byte order mark that a build does not write")
      }
      for (own, made) in zip(rows.own, rows.made) {
        if zip(own.fields, made.fields).contains(where: { $0 != $1 && !isSpelledAsNumber($0) }) {
          differs("line \(own.line): a number that a build does not write so")
          break
        }
      }
    case .fields, .bytes, nil:
      if name.hasSuffix(".json"), let trace = try? Trace.read(one, path: name) {
        if let own = try? trace.jsonData(), own != one, own + [0x0A] != one {
          differs("keys or spellings that a build does not write")
        }
        return
      }
      finding.isEqual = true
      if name.hasSuffix(".pdf") {
        finding.isUnjudged = true
        // What it shows is nobody's to compare; that it is one is.
        if !one.starts(with: Data("%PDF-".utf8)) || one.suffix(7).firstRange(of: Data("%%EOF".utf8)) == nil {
          finding.isUnjudged = false
          differs("no whole PDF")
        } else if let difference = texts(PDFWords.of(one), PDFWords.of(other)) {
          finding.isUnjudged = false
          differs("in its title and descriptions, \(difference)")
        }
      } else if name.hasSuffix(".svg") {
        let (own, made) = (VectorPicture(one), VectorPicture(other))
        differs(own.difference(ofLetters: made, by: Self.nearPlaces))
        differs(texts(own.rest, made.rest, isDrawing: true))
        if finding.isEqual {
          finding.lines = ["the same elements, colours and words; places and sizes alike, and not compared closely"]
        }
      } else {
        differs(texts(one, other))
        if finding.isEqual { finding.lines = ["the same words, and the same numbers within the tolerance"] }
      }
    }
  }
}

extension FileDiff {
  /// How far letters of one figure are from each other, in points, when versions of libraries lay them out.
  private static let nearPlaces = 6.0

  /// Whether a field that is compared as a number is written as Swift writes one: no sign but a minus, no zero before its digits.
  private static func isSpelledAsNumber(_ field: String) -> Bool {
    let digits = (field.hasPrefix("-") ? field.dropFirst() : field[...]).utf8
    guard let first = digits.first, (0x30...0x39).contains(first) else { return false }
    // Swift writes a small e, and only for numbers that are very large or very small.
    if digits.contains(0x45) || digits.contains(0x2B) { return false }
    if digits.contains(0x65), let number = Double(field), (1e-4..<1e15).contains(abs(number)) { return false }
    return first != 0x30 || digits.count == 1 || !(0x30...0x39).contains(digits[digits.index(after: digits.startIndex)])
  }
}

/// The digests of a folder's files, taken when the first one is asked for.
final class FolderDigests {
  private let folder: OwnFolder
  private let names: Set<String>
  private lazy var digests = names.compactMap { folder.bytes($0).map { SHA256.hex(of: $0) } }

  init(_ folder: OwnFolder, _ names: Set<String>) {
    (self.folder, self.names) = (folder, names)
  }

  /// Whether a file has this digest, or one that begins so.
  func isKnown(_ digest: String) -> Bool { digests.contains { $0.hasPrefix(digest) } }
}
