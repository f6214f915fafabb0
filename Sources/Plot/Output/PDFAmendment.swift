import Foundation

/// Adds what Cairo 1.16 cannot write into a tagged PDF, as an incremental update: language, alternative texts of figures
/// and links, and the metadata that identifies PDF/UA (ISO 14289-1, 7.3 and 7.18; ISO 32000-1, 7.5.6).
///
/// Cairo makes every page a transparency group. Where nothing is transparent the groups are blanked out, because pdfTeX
/// warns when a page has several.
struct PDFAmendment {
  let metadata: DocumentMetadata
  /// Alternative texts of figures, in drawing order.
  let figures: [String]
  /// Descriptions of links' targets, in drawing order.
  let links: [String]
  /// BCP 47.
  private static let language = "en"

  /// The file with its amendments at the end; its objects keep their places.
  ///
  /// - Throws: `PlotError` when the file differs from Cairo's format.
  func applied(to file: Data) throws -> Data {
    let source = try PDFObjects(file)
    var next = source.count
    var objects: [(number: Int, body: Data)] = []
    func amend(_ numbers: [Int], with texts: [String], key: String) throws {
      guard numbers.count == texts.count else {
        throw PlotError.cairo(status: "\(numbers.count) elements for \(texts.count) \(key)", doing: "amending a PDF")
      }
      for (number, text) in zip(numbers, texts) {
        objects.append((number, try source.dictionary(number, adding: "\(key) \(Self.string(text))")))
      }
    }
    try amend(source.numbers(where: ["/Type /StructElem", "/S /Figure"]), with: figures, key: "/Alt")
    try amend(source.numbers(where: ["/Type /Annot", "/Subtype /Link"]), with: links, key: "/Contents")
    let packet = Data(self.packet.utf8)
    let stream =
      Data("<< /Type /Metadata /Subtype /XML /Length \(packet.count) >>\nstream\n".utf8) + packet
      + Data("\nendstream".utf8)
    objects.append((next, stream))
    let entries =
      "/Lang (\(Self.language))\n   /ViewerPreferences << /DisplayDocTitle true >>\n   /Metadata \(next) 0 R"
    objects.append((source.root, try source.dictionary(source.root, adding: entries)))
    next += 1

    var result = Self.withoutNeedlessGroups(file)
    if result.last != 0x0A { result.append(0x0A) }
    var places: [(number: Int, offset: Int)] = []
    for (number, body) in objects.sorted(by: { $0.number < $1.number }) {
      places.append((number, result.count))
      result += Data("\(number) 0 obj\n".utf8) + body + Data("\nendobj\n".utf8)
    }
    let start = result.count
    var table = "xref\n"
    var index = 0
    while index < places.count {
      // Numbers that follow one another share a head.
      var end = index + 1
      while end < places.count, places[end].number == places[end - 1].number + 1 { end += 1 }
      table += "\(places[index].number) \(end - index)\n"
      for place in places[index..<end] {
        let digits = String(place.offset)
        table += String(repeating: "0", count: max(0, 10 - digits.count)) + digits + " 00000 n \n"
      }
      index = end
    }
    table +=
      "trailer\n<< /Size \(next)\n   /Root \(source.root) 0 R\n   /Info \(source.info) 0 R\n   /Prev \(source.tableOffset)\n>>\n"
    table += "startxref\n\(start)\n%%EOF\n"
    return result + Data(table.utf8)
  }

  /// The file with spaces in place of its page groups; the file itself when it has transparent parts.
  private static func withoutNeedlessGroups(_ file: Data) -> Data {
    func starts(_ mark: String) -> [Int] {
      var found: [Int] = []
      var rest = file[...]
      while let range = rest.range(of: Data(mark.utf8)) {
        found.append(range.lowerBound)
        rest = file[range.upperBound...]
      }
      return found
    }
    // Cairo writes an opacity as "/a0 << /CA 1 /ca 1 >>", and a mask as "/SMask".
    let isOpaque =
      starts("/SMask").isEmpty
      && starts("<< /CA ").allSatisfy { file[$0...].starts(with: Data("<< /CA 1 /ca 1 >>".utf8)) }
    guard isOpaque else { return file }
    var result = file
    for start in starts("/Group <<\n      /Type /Group\n") {
      guard let end = file[start...].range(of: Data(">>".utf8))?.upperBound else { continue }
      result.replaceSubrange(start..<end, with: repeatElement(0x20, count: end - start))
    }
    return result
  }

  /// A text string of PDF: UTF-16 in hex.
  private static func string(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes = Array("<FEFF".utf8)
    for unit in text.utf16 {
      for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> UInt16(shift)) & 15]) }
    }
    return String(decoding: bytes + Array(">".utf8), as: UTF8.self)
  }

  /// The metadata as XMP.
  private var packet: String {
    """
    <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
    <x:xmpmeta xmlns:x="adobe:ns:meta/">
    <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" \
    xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
    <dc:format>application/pdf</dc:format>
    <dc:title><rdf:Alt><rdf:li xml:lang="x-default">\(XMLText.escaped(metadata.title))</rdf:li></rdf:Alt></dc:title>
    <dc:description><rdf:Alt><rdf:li xml:lang="x-default">\(XMLText.escaped(metadata.subject))</rdf:li></rdf:Alt></dc:description>
    <xmp:CreatorTool>\(XMLText.escaped(metadata.creator))</xmp:CreatorTool>
    <pdfuaid:part>1</pdfuaid:part>
    </rdf:Description>
    </rdf:RDF>
    </x:xmpmeta>
    <?xpacket end="r"?>
    """
  }
}

/// The objects of a PDF with one plain cross-reference table, as Cairo writes it.
private struct PDFObjects {
  private let file: Data
  /// Offsets by number.
  private var offsets: [Int: Int] = [:]
  /// One more than the largest number.
  let count: Int
  let root: Int
  let info: Int
  let tableOffset: Int

  init(_ file: Data) throws {
    self.file = file
    func fault(_ what: String) -> PlotError { .cairo(status: "no \(what)", doing: "amending a PDF") }
    let tail = String(decoding: file.suffix(64), as: UTF8.self)
    guard let match = tail.firstMatch(of: /startxref\s+(\d+)\s+%%EOF\s*$/), let offset = Int(match.1),
      offset < file.count
    else { throw fault("startxref") }
    tableOffset = offset
    let lines = String(decoding: file[offset...], as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard lines.first?.hasPrefix("xref") == true, lines.count > 2,
      let size = lines[1].split(separator: " ").last.flatMap({ Int($0) }), lines.count > size + 2
    else { throw fault("cross-reference table") }
    count = size
    for number in 1..<max(1, size) {
      guard let place = Int(lines[2 + number].prefix(10)) else { throw fault("place of object \(number)") }
      offsets[number] = place
    }
    let trailer = lines[(2 + size)...].joined(separator: " ")
    guard let root = trailer.firstMatch(of: /\/Root (\d+) 0 R/).flatMap({ Int($0.1) }),
      let info = trailer.firstMatch(of: /\/Info (\d+) 0 R/).flatMap({ Int($0.1) })
    else { throw fault("root") }
    (self.root, self.info) = (root, info)
  }

  /// Numbers of the dictionaries that begin with both, in order.
  func numbers(where marks: [String]) -> [Int] {
    offsets.keys.sorted().filter { number in
      guard let place = offsets[number], place < file.count else { return false }
      // Both are at the beginning, so streams need not be read.
      let head = String(decoding: file[place..<min(place + 120, file.count)], as: UTF8.self)
      let own = head.range(of: "endobj").map { String(head[..<$0.lowerBound]) } ?? head
      return marks.allSatisfy(own.contains)
    }
  }

  /// A dictionary with more entries at its end.
  func dictionary(_ number: Int, adding entries: String) throws -> Data {
    let end = Data(">>\nendobj".utf8)
    guard let place = offsets[number], let start = file[place...].range(of: Data("<<".utf8)),
      let stop = file[start.lowerBound...].range(of: end)
    else { throw PlotError.cairo(status: "no dictionary \(number)", doing: "amending a PDF") }
    return file[start.lowerBound..<stop.lowerBound] + Data("\n   \(entries)\n>>".utf8)
  }
}
