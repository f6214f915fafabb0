import CZlib
import Foundation
import TestSupport
import Testing
import Traces

/// `strata check` with a tolerance: numbers and pixels within it pass, and nothing else does.
@Suite struct ToleranceTests {
  private static let names = (
    png: "figures/cat-rank-heatmap-tiny.png", svg: "figures/cat-rank-heatmap-tiny.svg",
    csv: "figures/cat-rank-heatmap-tiny.csv", trace: "traces/tiny-cat.json", page: "index.html",
    pdf: "figures/cat-rank-heatmap-tiny.pdf"
  )

  /// Builds a gallery, edits a file of it, and checks it.
  private func check(
    _ strata: StrataProgram, _ file: String, _ edit: (inout Data) throws -> Void
  ) throws -> StrataProgram.Result {
    let place = strata.folder.appending(path: "out/words/\(file)")
    let good = try Data(contentsOf: place)
    var bytes = good
    try edit(&bytes)
    try #require(bytes != good, "the edit of \(file) changed nothing")
    try bytes.write(to: place)
    let result = try strata.run(
      "check", "words.yaml", "-q", "--files", "--tolerance", "0.01", "--channel-tolerance", "8")
    try good.write(to: place)
    return result
  }

  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        """
        title: Words
        models: {Tiny: ./tiny.gguf}
        prompts: [{id: cat, text: the cat, generate: 2}]
        figures: [rank-heatmap]

        """, to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      try body(strata)
    }
  }

  @Test func nothingHiddenInAFilePasses() throws {
    try run { strata in
      func fails(_ file: String, _ what: String, _ edit: (inout Data) throws -> Void) throws {
        let result = try check(strata, file, edit)
        #expect(result.status == 2 && result.out.contains("  \(file)\n    "), "\(what): \(result.out)")
      }
      func replace(_ old: String, _ new: String) -> (inout Data) -> Void {
        { data in
          let range = data.range(of: Data(old.utf8), options: [])
          if let range { data.replaceSubrange(range, with: Data(new.utf8)) }
        }
      }
      let names = Self.names
      try fails(names.png, "data behind the picture") { $0 += Data("payload".utf8) }
      try fails(names.png, "a chunk of text") { data in
        data.insert(contentsOf: Self.chunk("tEXt", Data("Comment\0payload".utf8)), at: 33)
      }
      try fails(names.png, "another description", Self.describe)
      try fails(names.png, "data behind the pixels") { data in
        data.insert(contentsOf: Self.chunk("IDAT", Data("payload".utf8)), at: data.count - 12)
      }
      try fails(names.png, "data behind the last row") {
        try Self.recompress(&$0, behind: [UInt8](repeating: 7, count: 999))
      }
      try fails(names.png, "pixels that let the background through") { $0[25] = 6 }
      try fails(names.svg, "a shape with a name", replace("</svg>", "<path id=\"a\" d=\"M0 0H999V999H0Z\"/></svg>"))
      try fails(names.svg, "no width") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(#/ width="[0-9.]+"/#, with: " width=\"0\"").utf8)
      }
      try fails(names.svg, "a letter less") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(#/<use href="#[^"]+"[^>]*\/>/#, with: "", maxReplacements: 1).utf8)
      }
      func replaceLetter(_ form: Regex<Substring>, with text: String) -> (inout Data) throws -> Void {
        { data in
          data = Data(String(decoding: data, as: UTF8.self).replacing(form, with: text, maxReplacements: 1).utf8)
        }
      }
      try fails(names.svg, "another letter", replaceLetter(#/-g1" x/#, with: "-g2\" x"))
      try fails(names.svg, "a letter that is not there", replaceLetter(#/-g1" x/#, with: "-g9999\" x"))
      try fails(names.svg, "a letter elsewhere", replaceLetter(#/-g1" x="[-0-9.]+"/#, with: "-g1\" x=\"99999\""))
      try fails(names.svg, "letters in another order") { data in
        let pair = #/(<use href="#[^"]+" x=")([-0-9.]+)("\/>\s*<use href="#[^"]+" x=")([-0-9.]+)"/#
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(pair, maxReplacements: 1) { "\($0.1)\($0.4)\($0.3)\($0.2)\"" }.utf8)
      }
      try fails(names.page, "a picture without a width") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(#/ width="[0-9]+/#, with: " width=\"0", maxReplacements: 1).utf8)
      }
      try fails(names.svg, "no outline", replaceLetter(#/-g1" d="[^"]+"/#, with: "-g1\" d=\"\""))
      try fails(
        names.svg, "an outline over the picture",
        replaceLetter(#/-g1" d="[^"]+"/#, with: "-g1\" d=\"M-900 -900H900V900H-900Z\""))
      try fails(names.svg, "a script", replace("</svg>", "<script>alert(1)</script></svg>"))
      try fails(names.svg, "an event", replace("<use href", "<use onload=\"alert(1)\" href"))
      try fails(names.svg, "a picture from elsewhere", replace("<use href=\"#", "<use href=\"http://x/#"))
      try fails(names.svg, "another colour", replace("fill=\"#ffffff\"", "fill=\"#fffffe\""))
      try fails(names.svg, "a cut end", replace("</svg>", ""))
      try fails(names.svg, "a number that is read", replace("2 output tokens", "7 output tokens"))
      try fails(names.trace, "a fraction of a layer", replace("\"layer\":2,", "\"layer\":2.0005,"))
      try fails(names.pdf, "no PDF") { $0.replaceSubrange(0..<4, with: Data("MZ!!".utf8)) }
      try fails(names.pdf, "a cut PDF") { $0 = $0.prefix($0.count - 40) }
      try fails(names.pdf, "another description", replace("/Alt <FEFF0048", "/Alt <FEFF0058"))
      try fails(names.csv, "a number in another spelling") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(#/,[1-9][0-9]*(?=[,\n])/#, maxReplacements: 1) { "\($0.0)E0" }.utf8)
      }
      try fails(names.csv, "quotation marks") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing("layer", with: "\"layer\"", maxReplacements: 1).utf8)
      }
      try fails(names.csv, "a byte order mark") { $0 = Data("\u{FEFF}".utf8) + $0 }
      try fails(names.csv, "a zero before a number") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(#/,(?=[1-9])/#, with: ",0", maxReplacements: 1).utf8)
      }
      try fails(names.trace, "an unknown key", replace("\"schema\"", "\"payload\":1,\"schema\""))
      try fails(names.trace, "spaces", replace("{", "{ "))
      try fails(names.page, "a cut end") { $0 = $0.dropLast(20) }
      try fails(names.page, "a script", replace("</body>", "<script>alert(1)</script></body>"))
      try fails(names.page, "a word", replace("Words", "Worse"))
      try fails("assets/gallery.js", "code") { $0 += Data("alert(1)".utf8) }
      try fails("findings.json", "a key", replace("{", "{\"payload\": 1, "))
      try fails("manifest.json", "a digest of another file") { data in
        let text = String(decoding: data, as: UTF8.self)
        let digest = text.firstMatch(of: /[0-9a-f]{64}/)?.0 ?? ""
        data = Data(text.replacing(digest, with: String(repeating: "0123456789abcdef", count: 4)).utf8)
      }
    }
  }

  @Test func whatFollowsFromLibrariesPasses() throws {
    try run { strata in
      func passes(_ file: String, _ what: String, _ edit: (inout Data) throws -> Void) throws -> StrataProgram.Result {
        let result = try check(strata, file, edit)
        #expect(result.status == 0 && result.out.contains(" 0 differ"), "\(what): \(result.out)")
        return result
      }
      let names = Self.names
      _ = try passes(names.svg, "a letter elsewhere") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(" x=\"0\"/>", with: " x=\"0.001\"/>", maxReplacements: 1).utf8)
      }
      _ = try passes(names.page, "a picture of another width") { data in
        let text = String(decoding: data, as: UTF8.self)
        data = Data(text.replacing(#/ width="[0-9]+/#, maxReplacements: 1) { "\($0.0.dropLast())9" }.utf8)
      }
      _ = try passes(names.png, "another compression") { try Self.recompress(&$0) }
      let said = try passes(names.pdf, "a PDF of another version") { $0 += Data("\n".utf8) }
      #expect(
        said.out.contains(
          "not compared, because their bytes differ and a tolerance does not apply to them: \(names.pdf)\n"),
        "\(said.out)")
    }
  }

  @Test func aDigestMustBeThatOfAFileInTheGallery() throws {
    try run { strata in
      // Another version of zlib: the manifest states the picture's own digest and size, which the build's picture has not.
      let picture = strata.folder.appending(path: "out/words/\(Self.names.png)")
      let old = try Data(contentsOf: picture)
      var new = old
      try Self.recompress(&new)
      try new.write(to: picture)
      let manifest = strata.folder.appending(path: "out/words/manifest.json")
      let text = try String(contentsOf: manifest, encoding: .utf8)
      let changed = text.replacing(SHA256.hex(of: old), with: SHA256.hex(of: new))
        .replacing("\"bytes\":\(old.count)", with: "\"bytes\":\(new.count)")
      try #require(changed != text)
      try Data(changed.utf8).write(to: manifest)
      let result = try strata.run("check", "words.yaml", "-q", "--files", "--channel-tolerance", "8")
      #expect(result.status == 0, "\(result.out)")
    }
  }

  // MARK: PNG

  private static func chunk(_ type: String, _ content: Data) -> Data {
    func bytes(_ value: UInt32) -> Data { withUnsafeBytes(of: value.bigEndian) { Data($0) } }
    let body = Data(type.utf8) + content
    let sum = body.withUnsafeBytes { crc32(0, $0.bindMemory(to: UInt8.self).baseAddress, UInt32(body.count)) }
    return bytes(UInt32(content.count)) + body + bytes(UInt32(sum))
  }

  /// The chunks of a file, in order.
  private static func chunks(_ png: Data) -> [(type: String, content: Data)] {
    var result: [(type: String, content: Data)] = []
    var place = 8
    while place + 12 <= png.count {
      let length = png[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
      let content = png[(place + 8)..<(place + 8 + length)]
      result.append((String(decoding: png[(place + 4)..<(place + 8)], as: UTF8.self), Data(content)))
      place += 12 + length
    }
    return result
  }

  private static func describe(_ png: inout Data) {
    let all = chunks(png).map { entry in
      let text = String(decoding: entry.content, as: UTF8.self)
      guard entry.type == "iTXt", text.hasPrefix("Title") else { return chunk(entry.type, entry.content) }
      return chunk(entry.type, entry.content + Data(" payload".utf8))
    }
    png = png.prefix(8) + all.joined()
  }

  /// The same pixels, stored by zlib's best compression in one chunk.
  private static func recompress(_ png: inout Data, behind more: [UInt8] = []) throws {
    let all = chunks(png)
    var packed = all.filter { $0.type == "IDAT" }.reduce(Data()) { $0 + $1.content }
    let image = all[0].content
    func number(_ place: Int) -> Int { image[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) } }
    var raw = [UInt8](repeating: 0, count: number(4) * (1 + 3 * number(0)))
    var count = UInt(raw.count)
    try #require(uncompress(&raw, &count, [UInt8](packed), UInt(packed.count)) == Z_OK && count == UInt(raw.count))
    raw += more
    count = UInt(raw.count)
    var best = [UInt8](repeating: 0, count: Int(compressBound(count)))
    var size = UInt(best.count)
    try #require(compress2(&best, &size, raw, count, 9) == Z_OK)
    packed = Data(best.prefix(Int(size)))
    let kept = all.filter { $0.type != "IDAT" }
    png =
      png.prefix(8) + kept.dropLast().map { chunk($0.type, $0.content) }.joined() + chunk("IDAT", packed)
      + chunk("IEND", Data())
  }
}
