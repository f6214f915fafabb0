import Engine
import Foundation
import Plot
import TestSupport
import Testing

@testable import Figures
@testable import Gallery
@testable import Words

/// Galleries of one file, of many pages, with numbers, for LaTeX.
@Suite struct GalleryFormsTests {
  private let folders = SampleFolders()

  private func text(_ file: String, in folder: URL) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(file)), as: UTF8.self)
  }

  private func write(_ content: GalleryContent, _ forms: Gallery.Forms) throws -> URL {
    let folder = try folders.new()
    var content = content
    content.manifest = try SampleGallery.stage(content.manifest, in: folder)
    try Gallery.write(content, into: folder, as: forms)
    return folder
  }

  /// Fifty prompts with two figures each.
  private static let large: GalleryManifest = {
    let prompts = (1...50).map { number -> GalleryManifest.Prompt in
      var prompt = SampleGallery.prompt("p\(number)", "Prompt \(number)")
      prompt.tags = number % 2 == 0 ? ["even number"] : []
      return prompt
    }
    return SampleGallery.manifest(
      models: SampleGallery.small.models, prompts: prompts,
      figures: prompts.flatMap { prompt in
        ["SmolLM2 135M", "Gemma 3 270M"].enumerated().map {
          SampleGallery.figure("\(prompt.id)-\($0)", prompt: prompt.id, model: $1)
        }
      })
  }()

  @Test func aLargeGalleryHasAPageForEachPrompt() throws {
    let folder = try write(GalleryContent(manifest: Self.large), Gallery.Forms())
    let pages = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("prompts").path)
    #expect(Set(pages) == Set((1...50).map { "p\($0).html" }))
    let index = try text("index.html", in: folder)
    #expect(!index.contains("<figure"), "figures are on the pages")
    #expect(index.matches(of: /class="chip item" href="prompts\/p\d+\.html#p\d+-\d"/).count == 100)
    let page = try text("prompts/p7.html", in: folder)
    #expect(page.matches(of: /<figure class="item" id="p7-[01]"/).count == 2)
    #expect(page.contains(#"<a rel="prev" href="../prompts/p6.html">"#))
    #expect(page.contains(#"<a rel="next" href="../prompts/p8.html">"#))
    #expect(page.contains(#"<script src="../assets/gallery.js" defer>"#))
  }

  @Test func aSharedFigureThatFailedIsNamedInTheOverview() throws {
    var manifest = SampleGallery.small
    manifest.failures = [
      .init(prompt: "keys", model: "SmolLM2 135M, Gemma 3 270M", group: "keys-comparison", message: "no")
    ]
    let page = try text("index.html", in: write(GalleryContent(manifest: manifest), Gallery.Forms()))
    let overview = try #require(page.firstMatch(of: /<section class="overview"[\s\S]*?<\/section>/)).0
    let row = try #require(overview.firstMatch(of: /<th scope="row">(?:(?!<\/th>)[\s\S])*keys[\s\S]*?<\/th>/)).0
    #expect(row.matches(of: /<span class="failed">not made<\/span>/).count == 1)
    #expect(overview.matches(of: /not made/).count == 1)
  }

  @Test func aDatasetHasAPageToo() throws {
    var manifest = Self.large
    manifest.datasets = [
      .init(id: "agreement", file: "agreement.csv", items: 3, heads: [], rows: [], results: [])
    ]
    manifest.figures.append(
      SampleGallery.figure("agreement-profile", prompt: "agreement", model: "SmolLM2 135M", kind: "dataset-profile"))
    let folder = try write(GalleryContent(manifest: manifest), Gallery.Forms())
    let page = try text("prompts/agreement.html", in: folder)
    #expect(page.contains("<figure class=\"item\" id=\"agreement-profile\""))
    #expect(page.contains("3 prompts from agreement.csv"))
    #expect(!page.contains(#"rel="next""#) && page.contains(#"<a rel="prev" href="../prompts/p50.html">"#))
    #expect(try text("index.html", in: folder).contains(#"href="prompts/agreement.html#agreement-profile""#))
  }

  @Test func everyLinkOfEveryPageLeadsSomewhere() throws {
    let folder = try write(GalleryContent(manifest: Self.large), Gallery.Forms())
    for name in ["index.html", "prompts/p1.html", "prompts/p50.html"] {
      let page = try text(name, in: folder)
      let base = folder.appendingPathComponent(name).deletingLastPathComponent()
      for match in page.matches(of: /(?:href|src)="([^"#]*)(?:#([^"]*))?"/) where !match.1.hasPrefix("https://") {
        let target =
          match.1.isEmpty ? folder.appendingPathComponent(name) : base.appendingPathComponent(String(match.1))
        let found = try Data(contentsOf: target.standardizedFileURL)
        guard let id = match.2 else { continue }
        #expect(String(decoding: found, as: UTF8.self).contains(" id=\"\(id)\""), "\(name): \(match.0)")
      }
    }
  }

  @Test func figuresCanBeChosenByPromptModelKindAndTag() throws {
    let index = try text("index.html", in: write(GalleryContent(manifest: Self.large), Gallery.Forms()))
    #expect(
      index.contains(#"data-prompt="p2" data-model="smollm2-135m" data-kind="rank-heatmap" data-tag="even-number""#))
    #expect(index.contains(#"data-prompt="p1" data-model="gemma-3-270m" data-kind="rank-heatmap" data-tag="""#))
    #expect(index.contains(#"<option value="even-number">even number</option>"#))
    #expect(index.contains(/<option value="smollm2-135m" data-words="[^"]+">SmolLM2 135M<\/option>/))
    let small = try text("index.html", in: write(GalleryContent(manifest: SampleGallery.small), Gallery.Forms()))
    #expect(!small.contains("name=\"tag\""), "no choice of tags where there are none")
  }

  @Test func oneFileHoldsEverythingAndItsPolicyNamesWhatMayRun() throws {
    let folder = try write(
      GalleryContent(manifest: SampleGallery.small), Gallery.Forms(page: false, singleFile: true))
    let page = try text("gallery.html", in: folder)
    #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("index.html").path))
    for match in page.matches(of: /\s(?:href|src)="([^"]*)"/) {
      let link = match.1
      #expect(link.hasPrefix("#") || link.hasPrefix("data:image/") || link.hasPrefix("https://example.org/"), "\(link)")
    }
    let script = try #require(page.firstMatch(of: /<script>([\s\S]*)<\/script>/)).1
    let style = try #require(page.firstMatch(of: /<style>([\s\S]*?)<\/style>/)).1
    for (name, source) in [("script", script), ("style", style)] {
      // By another program than the one that wrote it.
      let digest = try Tool.run(
        "sh", ["-c", "printf %s \"$SOURCE\" | openssl dgst -sha256 -binary | base64"],
        environment: ["SOURCE": String(source)]
      ).output.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(page.contains("\(name)-src &#39;sha256-\(digest)&#39;"), "\(name)")
    }
    let image = try #require(page.firstMatch(of: /src="data:image\/svg\+xml;base64,([^"]*)"/)).1
    let data = try #require(Data(base64Encoded: String(image)))
    #expect(String(decoding: data, as: UTF8.self).hasPrefix("<svg"))
  }

  @Test func aPromptIsShownAsEveryModelReadsIt() throws {
    var manifest = SampleGallery.small
    manifest.prompts[0].readings = [
      .init(model: "SmolLM2 135M", tokens: ["He", "ath", "<b>", " London"], promptLength: 3)
    ]
    let page = try text("index.html", in: write(GalleryContent(manifest: manifest), Gallery.Forms()))
    #expect(page.contains(#"<summary>SmolLM2 135M <small>3 tokens</small></summary>"#))
    #expect(page.contains(#"<span class="token">&lt;b&gt;</span>"#))
    #expect(page.contains(#"<mark class="token"> London</mark>"#))
  }

  @Test func cellsAreTheNumbersOfTheTrace() throws {
    let trace = SampleTraces.trace(layers: 12, columns: 6)
    let figure = try FigureRecipes().draw("rank-heatmap", [trace], options: [:], style: FigureStyle())
    let readout = try #require(figure.readouts.first)
    #expect(figure.readouts.count == 1)
    // Layers run across the page.
    #expect(readout.grid.isTurned)
    #expect(readout.columns.count == trace.rows.count && readout.rows.count == trace.columns.count)
    for (column, line) in readout.cells.enumerated() {
      for (row, cell) in line.enumerated() {
        let rank = try #require(trace.rank[row][column])
        #expect(cell.text == CountFormat.full(rank))
        #expect(cell.target.contains("rank \(CountFormat.full(rank)),"))
        #expect(cell.top.count == min(5, trace.top.ids[row][column].count))
      }
    }
    // Every cell's place is one of the rectangles that were drawn.
    let drawn = figure.scene.items.compactMap { item -> Rect? in
      if case .rectangle(let rect, _, _, _) = item { rect } else { nil }
    }
    for row in readout.grid.rows {
      for column in readout.grid.columns {
        let x = (column.lowerBound + column.upperBound) / 2
        let y = (row.lowerBound + row.upperBound) / 2
        let isCovered = drawn.contains { rect -> Bool in
          let across = rect.x...rect.maxX
          let down = rect.y...rect.maxY
          return across.contains(x) && down.contains(y)
        }
        #expect(isCovered)
      }
    }
  }

  @Test(arguments: FigureKind.all.map(\.name))
  func everyKindTellsWhatThePointerIsOn(name: String) throws {
    let kind = try FigureKind.named(name)
    let figure = try FigureRecipes().draw(name, kind.sample, options: [:], style: FigureStyle())
    #expect(!figure.readouts.isEmpty)
    for readout in figure.readouts {
      #expect(readout.cells.count == readout.grid.rows.count && readout.rows.count == readout.grid.rows.count)
      for line in readout.cells { #expect(line.count == readout.grid.columns.count) }
      #expect(readout.columns.count == readout.grid.columns.count)
      for band in readout.grid.columns { #expect(band.lowerBound >= 0 && band.upperBound <= figure.scene.size.width) }
      for band in readout.grid.rows { #expect(band.lowerBound >= 0 && band.upperBound <= figure.scene.size.height) }
    }
  }

  @Test func aPointOfALineIsToldWithItsNumbers() throws {
    let trace = SampleTraces.trace(layers: 12, columns: 1, watch: [" is", " are"])
    let figure = try FigureRecipes().draw("trajectory", [trace], options: [:], style: FigureStyle())
    let readout = try #require(figure.readouts.first)
    let row = trace.rows.count - 1
    let ranks = try trace.watch.map { CountFormat.full(try #require($0.rank[row][0])) }
    for rank in ranks { #expect(readout.cells[0].last?.text.contains(rank) == true) }
  }

  @Test func aWatchedTokenIsToldWithItsOwnRank() throws {
    let trace = SampleTraces.trace(layers: 12, columns: 1, watch: [" is", " are"])
    let figure = try FigureRecipes().draw("token-ranks", [trace], options: [:], style: FigureStyle())
    let readout = try #require(figure.readouts.first)
    for (number, line) in readout.cells.enumerated() {
      for (row, cell) in line.enumerated() {
        guard let rank = trace.watch[number].rank[row][0] else { continue }
        #expect(cell.target.hasPrefix("“\(trace.watch[number].label)” rank \(CountFormat.full(rank)),"))
      }
    }
  }

  @Test func aComparisonTellsTheCellsOfEveryPanel() throws {
    let traces = [SampleTraces.trace(layers: 12, columns: 6), SampleTraces.trace(layers: 12, columns: 6)]
    let figure = try FigureRecipes().draw("comparison", traces, options: [:], style: FigureStyle())
    #expect(figure.readouts.count == 2)
    #expect(figure.readouts[0].grid.rows[0].lowerBound < figure.readouts[1].grid.rows[0].lowerBound)
  }

  @Test func aFolderForLaTeXHasEveryFigureItsFloatAndReferences() throws {
    var content = GalleryContent(manifest: SampleGallery.small)
    let folder = try folders.new()
    content.manifest = try SampleGallery.stage(content.manifest, in: folder)
    for index in content.manifest.figures.indices {
      content.manifest.figures[index].height = 200
      let path = "figures/\(content.manifest.figures[index].id).tex"
      try Data("% float".utf8).write(to: folder.appendingPathComponent(path))
      content.manifest.figures[index].files["tex"] = .init(path: path, bytes: 7, sha256: SampleGallery.hash)
    }
    try Gallery.write(content, into: folder, as: Gallery.Forms(page: false, latex: "paper"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("paper").path)
    let figures = content.manifest.figures.flatMap { ["\($0.id).pdf", "\($0.id).tex"] }
    let groups = ["heathrow-rank-heatmap", "keys-rank-heatmap"]
    #expect(
      Set(names)
        == Set(figures + groups.map { "\($0).tex" } + ["figures.tex", "models.tex", "strata.bib", "tables.tex"]))
    let bib = try text("paper/strata.bib", in: folder)
    #expect(bib.contains("@misc{model-smollm2-135m,"))
    #expect(bib.contains("title = {{SmolLM2 135M}: weights of a language model}"))
    #expect(bib.contains("SHA-256 \(SampleGallery.hash.prefix(12))") && !bib.contains(SampleGallery.hash))
    #expect(bib.contains("howpublished = {\\url{https://example.org/smollm2-135m}}"))
    #expect(bib.contains("year = nodate,") && !Bibliography(content.manifest).typst.contains("nodate"))
    let all = try text("paper/figures.tex", in: folder)
    #expect(
      all.matches(of: /\\input\{\\stratafolder [a-z-]+}/).map { String($0.0) }
        == groups.map { "\\input{\\stratafolder \($0)}" })
    #expect(
      try text("paper/keys-heat-smol.tex", in: folder).contains("~\\stratacite{model-smollm2-135m,logitlens2020}.}"))
    #expect(try text("paper/models.tex", in: folder).matches(of: /\\stratacite\{model-/).count == 2)
  }

  /// LaTeX gives up on a hundred floats that follow each other without a page's end.
  @Test func manyFloatsEndTheirPages() {
    let text = LatexFolder.list((1...30).map { "figure-\($0)" }, tool: "strata")
    #expect(text.components(separatedBy: "\n\\clearpage\n").count == 3)
    let last = text.components(separatedBy: "\\clearpage").last ?? ""
    #expect(last.contains("figure-25}") && last.contains("figure-30}") && !last.contains("figure-24}"))
    #expect(!LatexFolder.list((1...12).map { "figure-\($0)" }, tool: "strata").contains("\\clearpage"))
  }

  @Test func aComparisonIsOneFloatWithACaptionForAllAndOneForEachModel() throws {
    var manifest = SampleGallery.small
    for index in manifest.figures.indices {
      manifest.figures[index].finding = "Finding \(index)."
      manifest.figures[index].caption += " Finding \(index)."
    }
    let bibliography = Bibliography(manifest)
    let floats = manifest.figures.map { figure in
      FigureFloat(
        id: figure.id, title: figure.title, caption: figure.caption, alt: figure.alt,
        size: Size(figure.width, 200), citations: bibliography.citations(of: figure))
    }
    let group = try #require(ComparisonFloats(manifest, floats: floats).all.first)
    #expect(group.name == "heathrow-rank-heatmap")
    #expect(group.text.matches(of: /\\begin\{subfigure}/).count == 2)
    // Two figures that stand below each other: one width, and a space after the first caption.
    #expect(Set(group.text.matches(of: /subfigure}\[t]\{([0-9.]+)bp/).map { String($0.1) }).count == 1)
    #expect(group.text.contains("\\end{subfigure}\n    \\par\\medskip\n"))
    #expect(group.text.contains("\\caption{SmolLM2 135M: Finding 0~\\stratacite{model-smollm2-135m}.}"))
    #expect(
      group.text.contains("\\label{fig:heathrow-heat-gemma}")
        && group.text.contains("\\label{fig:heathrow-rank-heatmap}"))
    #expect(group.text.contains("after each layer of SmolLM2 135M and Gemma 3 270M. Normed logit lens"))
    #expect(group.text.contains("first choice~\\stratacite{logitlens2020}.}"))
    #expect(group.text.contains("\\caption[{\(floats[0].title)}]{"))
    // On a wide page two narrow ones stand side by side.
    let page = floats.map { float in
      var float = float
      (float.size.width, float.textWidth, float.isWide) = (219, 453.54, true)
      return float
    }
    let beside = try #require(ComparisonFloats(manifest, floats: page).all.first)
    #expect(beside.text.contains("\\end{subfigure}\\hfil\n") && !beside.text.contains("\\par\\medskip"))
    // A caption too long for a part leaves the figures apart.
    let long = floats.map { float in
      var float = float
      float.caption = String(repeating: "Words of \(float.id). ", count: 200)
      return float
    }
    #expect(ComparisonFloats(manifest, floats: long).all.allSatisfy { $0.name != "heathrow-rank-heatmap" })
    // An author's caption, which names no model, stands once for all, with or without the finding.
    var own = floats
    for index in own.indices { own[index].caption = "Finding \(index). Our words." }
    let said = try #require(ComparisonFloats(manifest, floats: own).all.first)
    #expect(said.text.matches(of: /Our words/).count == 1 && said.text.contains("SmolLM2 135M: Finding 0~"))
    for index in own.indices { own[index].caption = "Our words." }
    let bare = try #require(ComparisonFloats(manifest, floats: own).all.first)
    #expect(bare.text.matches(of: /Our words/).count == 1 && !bare.text.contains("Finding"))
    // Captions that say different things stay with their figures.
    manifest.figures[0].caption = "Something else of SmolLM2 135M."
    var other = floats
    other[0].caption = manifest.figures[0].caption
    let apart = try #require(ComparisonFloats(manifest, floats: other).all.first)
    #expect(apart.text.contains("\\caption{Something else of SmolLM2 135M~\\stratacite{model-smollm2-135m}.}"))
    // Without a venue the page may be as low as that of the class article.
    let anywhere = floats.map { float in
      var float = float
      float.size.height = 220
      #expect(float.hasVenue)
      return float
    }
    #expect(
      ComparisonFloats(manifest, floats: anywhere).all.count == ComparisonFloats(manifest, floats: floats).all.count)
    let unknown = anywhere.map { float in
      var float = float
      float.hasVenue = false
      return float
    }
    #expect(ComparisonFloats(manifest, floats: unknown).all.isEmpty)
    // Pictures that are too high together keep floats of their own.
    let tall = floats.map { float in
      var float = float
      float.size.height = 300
      return float
    }
    #expect(ComparisonFloats(manifest, floats: tall).order == floats.map(\.id))
  }

  @Test func aFolderForLaTeXNeedsPDFAndTeX() throws {
    let folder = try folders.new()
    let manifest = try SampleGallery.stage(SampleGallery.small, in: folder)
    #expect(throws: Diagnostic.self) {
      try Gallery.write(
        GalleryContent(manifest: manifest), into: folder, as: Gallery.Forms(page: false, latex: "paper"))
    }
  }
}
