import Foundation

/// What a PDF of a build says in words besides its pages: its title and description, the texts in place of figures, and those of links.
///
/// The program writes them itself (`PDFAmendment`), so no version of a library changes them.
enum PDFWords {
  /// The words of a file, each on a line of its own, in the file's order.
  static func of(_ file: Data) -> Data {
    var found: [(place: Int, words: String)] = []
    for mark in ["/Alt <FEFF", "/Contents <FEFF"] {
      each(mark, ">", in: file) { found.append(($0, text(ofHex: $1))) }
    }
    each("<x:xmpmeta", "</x:xmpmeta>", in: file) { found.append(($0, String(decoding: $1, as: UTF8.self))) }
    return Data(found.sorted { $0.place < $1.place }.map { $0.words + "\n" }.joined().utf8)
  }

  /// The stretches between two marks.
  private static func each(_ mark: String, _ end: String, in file: Data, _ take: (Int, Data) -> Void) {
    var rest = file[...]
    while let start = rest.firstRange(of: Data(mark.utf8))?.upperBound,
      let stop = file[start...].firstRange(of: Data(end.utf8))
    {
      take(start, file[start..<stop.lowerBound])
      rest = file[stop.upperBound...]
    }
  }

  /// The text of UTF-16 in hexadecimal digits; what is none stays as it is.
  private static func text(ofHex digits: Data) -> String {
    let written = String(decoding: digits, as: UTF8.self)
    var units: [UInt16] = []
    var rest = written[...]
    while !rest.isEmpty {
      guard let unit = UInt16(rest.prefix(4), radix: 16) else { return written }
      units.append(unit)
      rest = rest.dropFirst(4)
    }
    return String(decoding: units, as: UTF16.self)
  }
}
