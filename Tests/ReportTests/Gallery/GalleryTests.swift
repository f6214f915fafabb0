import Foundation
import Testing

@testable import Gallery
@testable import Words

@Suite struct GalleryTests {
  private let folders = SampleFolders()

  /// Builds a gallery in a new folder and returns the folder.
  private func build(_ manifest: GalleryManifest, template: URL? = nil) throws -> URL {
    let folder = try folders.new()
    let staged = try SampleGallery.stage(manifest, in: folder)
    try Gallery.write(GalleryContent(manifest: staged), into: folder, as: Gallery.Forms(template: template))
    return folder
  }

  private func text(_ file: String, in folder: URL) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(file)), as: UTF8.self)
  }

  private func failure(_ body: () throws -> Void) -> Diagnostic? {
    do {
      try body()
      return nil
    } catch { return error as? Diagnostic }
  }

  @Test func aGalleryHasAPageItsStyleAndItsManifestAndNothingElse() throws {
    let folder = try build(SampleGallery.small)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("figures") }
    let assets = [
      "filter.js", "findings.css", "front.css", "gallery.css", "gallery.js", "icon.svg", "lightbox.js", "reading.css",
      "reading.js", "sort.js", "words.css",
    ].map { "assets/\($0)" }
    #expect(names.sorted() == ["assets"] + assets + ["index.html", "manifest.json"])
  }

  @Test func whereTheFirstTableIsNoneItsCaptionIsNoneEither() throws {
    // A caption whose table is a block is as narrow as its longest letter.
    let rules = try text("assets/front.css", in: build(SampleGallery.small))
    let blocks = rules.split(separator: "\n").filter { $0.contains("display: block") && $0.contains(".front,") }
    #expect(blocks.count == 1 && blocks.allSatisfy { $0.contains(".front caption,") })
  }

  @Test func theSameManifestGivesTheSameBytesInEveryFolder() throws {
    let (one, other) = (try build(SampleGallery.small), try build(SampleGallery.small))
    for file in ["index.html", "manifest.json", "assets/gallery.css"] {
      #expect(try text(file, in: one) == text(file, in: other))
    }
  }

  @Test func theManifestIsReadBackUnchanged() throws {
    let folder = try folders.new()
    let staged = try SampleGallery.stage(SampleGallery.small, in: folder)
    try Gallery.write(GalleryContent(manifest: staged), into: folder, as: Gallery.Forms(template: nil))
    let data = try Data(contentsOf: folder.appendingPathComponent("manifest.json"))
    #expect(try JSONDecoder().decode(GalleryManifest.self, from: data) == staged)
  }

  @Test func everyImageHasAltTextAndASizeInPixels() throws {
    let page = try text("index.html", in: build(SampleGallery.small))
    let images = page.matches(of: /<img src="([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"/)
    #expect(images.count == SampleGallery.small.figures.count)
    #expect(page.matches(of: /<img/).count == images.count)
    #expect(images.allSatisfy { $0.3 == "528" && $0.4 == "373" })
  }

  @Test func everyLocalLinkLeadsSomewhereAndEveryIdIsUnique() throws {
    let folder = try build(SampleGallery.small)
    let page = try text("index.html", in: folder)
    let ids = page.matches(of: /\sid="([^"]*)"/).map { String($0.1) }
    #expect(Set(ids).count == ids.count)
    for match in page.matches(of: /(?:href|src)="([^"]*)"/) {
      let link = String(match.1)
      if link.hasPrefix("#") {
        #expect(ids.contains(String(link.dropFirst())), "\(link)")
      } else if !link.hasPrefix("https://example.org/") {
        let path = try #require(link.removingPercentEncoding)
        #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path), "\(link)")
      }
    }
  }

  @Test func promptsKeepTheirLinesAndSpaces() throws {
    let manifest = SampleGallery.manifest(
      models: [], prompts: [SampleGallery.prompt("eu", " are:\n1. Austria\n2.")], figures: [])
    let page = try text("index.html", in: build(manifest))
    let expected = """
      <pre class="text" dir="auto" translate="no"><span class="space"> </span>are:<span class="newline">
      </span>1. Austria<span class="newline">
      </span>2.</pre>
      """
    #expect(page.contains(expected))
  }

  @Test func hostileTextIsShownAndNeverRun() throws {
    let attack =
      "</pre><script>alert(1)</script> {{title}} {{{tool}}} \" ' & \0 \u{202E}evil\u{2028} \"\u{301} onload=x ../../x"
    let model = attack + " model"
    var figure = SampleGallery.figure("figure", prompt: attack, model: model, output: attack)
    figure.caption = attack
    figure.alt = attack
    figure.title = attack
    var card = SampleGallery.model(model)
    card.source = "javascript:alert(1)"
    card.license = attack
    card.reference = attack
    var prompt = SampleGallery.prompt(attack, attack, watch: [.token(attack)])
    (prompt.title, prompt.note) = (
      attack, attack + "\n\n- [x](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n    " + attack
    )
    var manifest = SampleGallery.manifest(
      title: attack, models: [card], prompts: [prompt],
      figures: [figure],
      failures: [
        .init(prompt: attack, model: attack, group: nil, message: attack),
        .init(prompt: "unknown", model: attack, group: "../../etc", message: attack),
      ],
      warnings: [attack])
    manifest.head = GalleryManifest.Head(
      subtitle: attack, authors: [.init(name: attack, affiliation: attack, email: attack, orcid: attack)], date: attack,
      intro: attack + "\n\n# " + attack + "\n\n`" + attack + "` [" + attack + "](https://a.org/\"onload=x)",
      conclusion: "> " + attack + " ![x](https://a.org/x.png)")
    let folder = try build(manifest)
    let page = try text("index.html", in: folder)

    let (tags, attributes) = Self.markup(of: page)
    let harmless = Self.markup(of: try text("index.html", in: build(SampleGallery.small)))
    #expect(tags.isSubset(of: harmless.tags.union(["strong", "blockquote", "code", "h3", "h4", "ul", "li", "pre"])))
    #expect(attributes.isDisjoint(with: ["onload", "onerror", "style", "srcdoc"]))
    #expect(attributes.isSubset(of: Self.knownAttributes))
    #expect(!page.contains("href=\"javascript"))
    #expect(page.contains("{{title}} {{{tool}}}"))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(page.contains("‹U+0000›"))
    #expect(page.contains("U+202E"))
    let forbidden: Set<Unicode.Scalar> = ["\0", "\u{202E}", "\u{2028}"]
    #expect(!page.unicodeScalars.contains(where: forbidden.contains))
    // A quote under an accent is escaped too.
    #expect(page.contains("&quot;◌\u{301} onload=x"))
    #expect(page.contains("<title>&lt;/pre&gt;"))
  }

  private static let knownAttributes: Set<String> = [
    "alt", "aria-hidden", "aria-label", "aria-labelledby", "autocomplete", "charset", "class", "content", "data-kind",
    "data-model", "data-prompt", "data-tag", "data-words", "decoding", "defer", "dir", "download", "hidden", "height",
    "href",
    "http-equiv", "id", "lang", "loading", "name", "property", "rel", "role", "scope", "src", "start", "tabindex",
    "translate",
    "type", "value", "width",
  ]

  /// The names of tags and attributes a browser would see in `page`.
  private static func markup(of page: String) -> (tags: Set<String>, attributes: Set<String>) {
    var tags: Set<String> = []
    var attributes: Set<String> = []
    for tag in page.matches(of: /<([a-zA-Z][^\s>\/]*)((?:[^>"]|"[^"]*")*)>/) {
      tags.insert(String(tag.1))
      for attribute in String(tag.2).matches(of: /([^\s"=\/]+)(?:="[^"]*")?/) { attributes.insert(String(attribute.1)) }
    }
    return (tags, attributes)
  }

  @Test func aFailureStandsInThePlaceOfItsFigure() throws {
    var manifest = SampleGallery.small
    manifest.figures.removeAll { $0.id == "keys-heat-smol" }
    manifest.failures = [
      .init(prompt: "keys", model: "SmolLM2 135M", group: "keys-rank-heatmap", message: "watch token is two tokens")
    ]
    let page = try text("index.html", in: build(manifest))
    let failure = try #require(page.range(of: "watch token is two tokens"))
    let gemma = try #require(page.range(of: "id=\"keys-heat-gemma\""))
    let previous = try #require(page.range(of: "id=\"heathrow-heat-gemma\""))
    #expect(previous.upperBound < failure.lowerBound && failure.upperBound < gemma.lowerBound)
  }

  @Test func aFailedModelLeavesAGapInEveryComparison() throws {
    var manifest = SampleGallery.small
    manifest.figures.removeAll { $0.model == "Gemma 3 270M" }
    manifest.failures = ["heathrow", "keys"].map {
      .init(prompt: $0, model: "Gemma 3 270M", group: nil, message: "no such file")
    }
    let page = try text("index.html", in: build(manifest))
    #expect(page.matches(of: /no such file/).count == 2)
    manifest.figures = []
    #expect(try text("index.html", in: build(manifest)).matches(of: /no such file/).count == 2)
  }

  @Test func nothingToShowIsStillAPage() throws {
    let page = try text("index.html", in: build(SampleGallery.manifest(models: [], prompts: [], figures: [])))
    #expect(page.contains("<h1>Finding the words to say</h1>"))
    #expect(!page.contains("<nav") && !page.contains("class=\"overview\""))
  }

  @Test func aMissingFileIsAnErrorAndLeavesTheOldPageAlone() throws {
    let folder = try build(SampleGallery.small)
    let before = try text("index.html", in: folder)
    var staged = try SampleGallery.stage(SampleGallery.small, in: folder)
    staged.title = "Changed"
    try FileManager.default.removeItem(at: folder.appendingPathComponent("figures/keys-heat-smol.svg"))
    let error = failure {
      try Gallery.write(GalleryContent(manifest: staged), into: folder, as: Gallery.Forms(template: nil))
    }
    #expect(error?.message == "the gallery lists a missing file")
    #expect(error?.place?.hasSuffix("figures/keys-heat-smol.svg") == true)
    #expect(try text("index.html", in: folder) == before)
  }

  @Test(arguments: ["../secret.svg", "/etc/passwd", "a//b.svg", "./a.svg", ""])
  func pathsOutsideTheGalleryAreRefused(path: String) throws {
    let folder = try folders.new()
    var staged = try SampleGallery.stage(SampleGallery.small, in: folder)
    staged.figures[0].files["svg"] = .init(path: path, bytes: 1, sha256: SampleGallery.hash)
    let error = failure {
      try Gallery.write(GalleryContent(manifest: staged), into: folder, as: Gallery.Forms(template: nil))
    }
    #expect(error?.message == "expected a path inside the gallery, found '\(path)'")
  }

  @Test func wrongManifestsAreRefused() throws {
    let folder = try folders.new()
    let good = try SampleGallery.stage(SampleGallery.small, in: folder)
    let cases: [(String, (inout GalleryManifest) -> Void)] = [
      ("two figures are called 'heathrow-heat-smol'", { $0.figures[1].id = $0.figures[0].id }),
      ("figure 'heathrow-heat-smol' has no alternative text", { $0.figures[0].alt = " " }),
      (
        "figure 'heathrow-heat-smol' belongs to prompt 'none', which is not listed", { $0.figures[0].prompt = "none" }
      ),
      ("figure 'heathrow-heat-smol' has neither an svg nor a png file", { $0.figures[0].files = [:] }),
      ("figure 'heathrow-heat-smol' has the size nan x 280.0", { $0.figures[0].width = .nan }),
      ("figure 'A b' of group 'heathrow-rank-heatmap': expected slugs of a-z, 0-9 and -", { $0.figures[0].id = "A b" }),
    ]
    for (message, change) in cases {
      var wrong = good
      change(&wrong)
      let error = failure {
        try Gallery.write(GalleryContent(manifest: wrong), into: folder, as: Gallery.Forms(template: nil))
      }
      #expect(error?.message == message)
    }
  }

  @Test func figuresWithoutPicturesNeedNoPage() throws {
    let folder = try folders.new()
    var manifest = try SampleGallery.stage(SampleGallery.small, in: folder)
    for index in manifest.figures.indices { manifest.figures[index].files = [:] }
    try manifest.check(in: folder, showsPictures: false)
    let error = failure { try manifest.check(in: folder) }
    #expect(error?.message.contains("neither an svg nor a png") == true)
  }

  @Test func aFolderThatCannotBeWrittenIsSaidSo() throws {
    let file = try folders.new().appendingPathComponent("file")
    try Data("x".utf8).write(to: file)
    let error = failure {
      try Gallery.write(
        GalleryContent(manifest: SampleGallery.manifest(models: [], prompts: [], figures: [])),
        into: file.appendingPathComponent("gallery"), as: Gallery.Forms(template: nil))
    }
    #expect(error?.category == .cannotWrite)
    #expect(try Data(contentsOf: file) == Data("x".utf8))
  }
}
