import Findings
import Foundation
import Plot
import Testing
import Traces
@testable import Figures
@testable import Gallery
@testable import Words

/// The first screen: strips, distributions, what a search looks through.
@Suite struct GalleryFrontTests {
  private let folders = SampleFolders()

  private func write(
    _ manifest: GalleryManifest, _ front: GalleryFront, findings: GalleryFindings = GalleryFindings([]),
    single: Bool = false
  ) throws -> URL {
    let folder = try folders.new()
    let staged = try SampleGallery.stage(manifest, in: folder)
    try Gallery.write(
      GalleryContent(manifest: staged, findings: findings, front: front), into: folder,
      as: Gallery.Forms(page: !single, singleFile: single))
    return folder
  }

  private func text(_ file: String, in folder: URL) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(file)), as: UTF8.self)
  }

  private static let strip = Strip(
    tokens: .watched,
    rows: [
      .init(name: "␣is", ranks: [900, 1, 3], share: "1.25 %"),
      .init(name: "␣are", ranks: [nil, 1, 1], share: "20.00 %"),
    ], layers: ["0", "1", "2"])

  private func front(_ cell: GalleryFront.Cell) throws -> GalleryFront {
    GalleryFront(scale: try StripScale(), cells: [.init(subject: "keys", model: "SmolLM2 135M"): cell])
  }

  @Test func aStripHasTheRanksOfItsTrace() throws {
    let trace = SampleTraces.trace(layers: 12, columns: 6)
    let strip = try #require(Strip(trace))
    #expect(strip.tokens == .output && strip.total == trace.columns.count)
    #expect(strip.layers == (0..<12).map(String.init))
    let blocks = trace.rows.indices.filter { trace.rows[$0].point == .block }
    for (column, row) in strip.rows.enumerated() {
      #expect(row.ranks == blocks.map { trace.rank[$0][column] })
      #expect(row.name == trace.tokenLabel(id: trace.columns[column].target).text)
    }
  }

  @Test func aCellHasTheColourThatItsFigureGivesTheRank() throws {
    let scale = try StripScale()
    let figure = try RankColors(.rdpu, maxRank: 100_000, ranks: []).scale
    for rank in [1, 2, 17, 4_000, 99_999, 5_000_000] {
      #expect(scale.color(of: rank) == figure.color(of: Double(rank)))
    }
    #expect(scale.stops == [1, 2, 10, 100, 1_000, 10_000, 100_000])
    let other = try StripScale(kind: .tokenRanks, options: ["colors": .text("viridis"), "max_rank": .integer(500)])
    #expect(other.stops == [1, 2, 10, 100, 500] && other.color(of: 1) != scale.color(of: 1))
  }

  @Test func everyCellIsDrawnOnceAndRunsOfRankOneAreOneBar() throws {
    let scale = try StripScale()
    let picture = FrontPicture.of(Self.strip, scale: scale, model: "M")
    // Three columns of 100 pixels, two rows of 16, one pixel between cells, two around.
    #expect(picture.width == 303 && picture.height == 35)
    func path(_ rank: Int?, _ marks: String) -> String {
      "<path fill=\"\(scale.color(of: rank).hex)\" d=\"\(marks)\"/>"
    }
    #expect(picture.svg.contains(path(900, "M2 2h99v15h-99z")))
    #expect(picture.svg.contains(path(3, "M202 2h99v15h-99z")))
    #expect(picture.svg.contains(path(nil, "M2 18h99v15h-99z")))
    #expect(picture.svg.contains(path(1, "M102 2h99v15h-99zM102 18h199v15h-199z")))
    #expect(picture.svg.matches(of: /<path/).count == 5, "four colours and the ground")
    #expect(
      picture.alt == "Ranks of 2 watched tokens after layers 0 to 2 of M. “␣is” has rank 3 after the last layer; "
        + "“␣are” has rank 1 for good from layer 1.")
  }

  @Test func theFirstPageShowsStripOutputFindingAndLinks() throws {
    let cell = GalleryFront.Cell(strip: Self.strip, output: " <b>out")
    let trace = SampleTraces.trace(layers: 3, columns: 1, watch: ["<i>is", " are"])
    let findings = GalleryFindings([
      .init(subject: "keys", model: SampleGallery.small.models[0].name, numbers: .trace(trace))
    ])
    let folder = try write(SampleGallery.small, front(cell), findings: findings)
    let page = try text("index.html", in: folder)
    #expect(try text("strips/keys.smollm2-135m.svg", in: folder).hasPrefix("<svg xmlns="))
    #expect(
      page.contains(##"<a href="#keys-heat-smol"><img src="strips/keys.smollm2-135m.svg" alt="Ranks of 2 watched"##))
    #expect(page.contains(#"<li><bdi translate="no">␣are</bdi> <span>20.00 %</span></li>"#))
    #expect(page.contains("</span> &lt;b&gt;out</p>"))
    #expect(page.contains("Each strip: ") && !page.contains("Each line: "))
    // An id looks like one, a title of the author's does not.
    #expect(page.contains(#"<span class="id">keys</span>"#))
    var titled = SampleGallery.small
    for index in titled.prompts.indices { titled.prompts[index].title = "Title \(index)" }
    let words = try text("index.html", in: write(titled, front(cell), findings: findings))
    #expect(words.contains(#"<span class="named">Title 0</span>"#) && !words.contains(#"<span class="id">"#))
    let sentence = try #require(findings.rows.first?.sentence)
    #expect(sentence.contains("“<i>is”"))
    // A number and its "%" stay together.
    let shown = Percent.unbroken(sentence.replacing("<i>", with: "&lt;i&gt;"))
    #expect(shown.contains("\u{A0}%)") && page.contains("<p class=\"finding\">\(shown)</p>"))
    let single = try text("gallery.html", in: write(SampleGallery.small, front(cell), single: true))
    #expect(single.contains(##"<a href="#keys-heat-smol"><img src="data:image/svg+xml;base64,"##))
  }

  @Test func aSearchHasTheWholePromptTheOutputAndTheCaption() throws {
    var manifest = SampleGallery.small
    let long = String(repeating: "Some words about Spain and more. ", count: 9) + "The end"
    manifest.prompts[0].text = long
    manifest.prompts[0].tags = ["travel"]
    let page = try text("index.html", in: write(manifest, GalleryFront()))
    #expect(page.contains(#"<tr data-words="heathrow \#(long) travel">"#))
    #expect(
      page.contains("… Spain and more. Some words about Spain and more. Some words about Spain and more. The end"),
      "the end is shown")
    #expect(page.contains(#"<td data-words=" London">"#))
    // The words of a caption are around a link, or at the choices of its kind and model.
    let figure = manifest.figures[0]
    let link = try #require(
      page.firstMatch(of: /href="#heathrow-heat-smol" aria-label="([^"]*)"[^>]*data-words="([^"]*)"/))
    let choices = page.matches(of: /<option value="(?:rank-heatmap|smollm2-135m)" data-words="([^"]*)">/).map {
      String($0.1)
    }
    #expect(choices.count == 2)
    let found = ([String(link.1), String(link.2)] + choices).joined(separator: " ")
    for word in figure.caption.split(separator: " ").map({ $0.trimmingCharacters(in: .punctuationCharacters) })
    where !word.isEmpty {
      #expect(found.contains(word), "\(word)")
    }
  }

  @Test func spacesAroundAPromptAreShown() {
    #expect(GalleryPage.ending(of: "The keys", count: 90) == "The keys")
    #expect(GalleryPage.ending(of: " The  keys", count: 90) == "␣The keys")
    #expect(GalleryPage.ending(of: "  The keys ", count: 90) == "␣␣The keys␣")
    #expect(GalleryPage.ending(of: "  ", count: 90) == "␣␣")
    #expect(GalleryPage.ending(of: " one two three four ", count: 10) == "… three four␣")
  }

  @Test func figuresOfOneKindAreToldApart() throws {
    var manifest = SampleGallery.small
    var other = manifest.figures[0]
    (other.id, other.group, other.variant) = ("heathrow-second", "heathrow-rank-heatmap-2", "max_rank: 500")
    manifest.figures.append(other)
    let page = try text("index.html", in: write(manifest, GalleryFront()))
    #expect(page.contains("<span>rank-heatmap <small>max_rank: 500</small></span>"))
    #expect(page.contains(">Rank of each output token after every layer (max_rank: 500) <a class=\"permalink\""))
  }

  @Test func manyPromptsAreSummedUpByTag() throws {
    let prompts = (1...41).map { number in
      var prompt = SampleGallery.prompt("p\(number)", "Prompt \(number)")
      prompt.tags = number <= 2 ? ["few"] : []
      return prompt
    }
    let manifest = SampleGallery.manifest(
      models: SampleGallery.small.models, prompts: prompts,
      figures: prompts.map { SampleGallery.figure("\($0.id)-f", prompt: $0.id, model: "SmolLM2 135M") })
    var front = GalleryFront(scale: try StripScale())
    for prompt in prompts { front.cells[.init(subject: prompt.id, model: "SmolLM2 135M")] = .init(strip: Self.strip) }
    let folder = try write(manifest, front)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("strips").path)
    #expect(names.sorted() == ["group-0.smollm2-135m.svg", "group-1.smollm2-135m.svg"])
    let page = try text("index.html", in: folder)
    #expect(
      page.contains(
        "82 tokens of all prompts in SmolLM2 135M: half of them have settled by layer 1; "
          + "41 do not have rank 1 after the last layer."))
    #expect(page.contains("82 tokens: half have settled by layer 1 of 2, 41 do not</p>"))
    #expect(page.contains(#"<th scope="row">few <span class="named">2 prompts</span></th>"#))
    #expect(SettledCounts([Self.strip, Self.strip]) == SettledCounts(counts: [0, 2, 0], never: 2))
    #expect(SettledCounts(counts: [0, 2, 1], never: 2).median == 2)
    #expect(SettledCounts(counts: [0, 2, 0], never: 3).median == nil, "fewer than half settle")
  }

  @Test func aDatasetIsACurve() throws {
    let summary = SampleSummaries.summary(SampleSummaries.request(groups: 2))
    let curve = try #require(AccuracyCurve(summary))
    let all = try #require(summary.groups.first?.accuracy)
    #expect(curve.values == Array(all.value.dropFirst()) && curve.layers == ["0", "1", "2", "3", "4", "5"])
    #expect(curve.phrase == "Target over foil: 80.0 % (76.0 to 84.0 %) after the last layer")
    var manifest = SampleGallery.small
    manifest.datasets = [.init(id: "set", file: "set.csv", items: 3, heads: [], rows: [], results: [])]
    manifest.figures.append(
      SampleGallery.figure("set-f", prompt: "set", model: "SmolLM2 135M", kind: "dataset-profile"))
    let front = GalleryFront(
      scale: try StripScale(), cells: [.init(subject: "set", model: "SmolLM2 135M"): .init(curve: curve)])
    let folder = try write(manifest, front)
    let page = try text("index.html", in: folder)
    #expect(page.contains("<p class=\"finding\">\(Percent.unbroken(curve.phrase))</p>"))
    // What is not there is not explained.
    #expect(page.contains("<p>Each line: layers run left to right") && page.contains("dots mark 50\u{A0}%"))
    #expect(!page.contains("Each strip: ") && !page.contains("rank 1</li>"))
    // Six columns of 50 pixels; 80 % of 56 pixels, 4 pixels from the top.
    #expect(try text("strips/set.smollm2-135m.svg", in: folder).contains("cx=\"277\" cy=\"15.20\""))
  }

  @Test func aPageHasContentsAnIconAndAPreview() throws {
    let folder = try write(SampleGallery.small, GalleryFront())
    let page = try text("index.html", in: folder)
    for link in ["#overview", "#heathrow", "#keys", "#models", "#provenance"] {
      #expect(page.contains("<li><a href=\"\(link)\">"), "\(link)")
    }
    #expect(page.contains(#"<link rel="icon" type="image/svg+xml" href="assets/icon.svg">"#))
    #expect(page.contains(#"<meta property="og:image" content="figures/heathrow-heat-smol.png">"#))
    let single = try text("gallery.html", in: write(SampleGallery.small, GalleryFront(), single: true))
    #expect(single.contains(#"href="data:image/svg+xml;base64,"#) && !single.contains("og:image"))
  }
}
