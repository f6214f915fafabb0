import Findings
import Markdown
import Plot
import Words

/// What an author says on the first page besides the title and the introduction.
struct FrontMatter {
  /// Below the title.
  var subtitle: String?
  /// In order, each with the place of work.
  var authors: [String] = []
  /// Addresses and ORCID iDs of the authors who have some: a line for each, with links.
  var contacts: [Contact] = []
  /// As written.
  var date: String?

  /// Where an author is found.
  struct Contact {
    /// Nil when there is one author only.
    var name: String?
    /// What is shown, and where it leads.
    var links: [(text: String, address: String)]
  }

  /// That of a manifest.
  init(_ head: GalleryManifest.Head?) {
    subtitle = head?.subtitle
    authors = (head?.authors ?? []).map { author in
      author.name + (author.affiliation.map { " (\($0))" } ?? "")
    }
    contacts = (head?.authors ?? []).compactMap { author in
      let mail = author.email.flatMap { text in MarkdownText.safeAddress("mailto:\(text)").map { (text, $0) } }
      let iD = author.orcid.flatMap { iD in
        MarkdownText.safeAddress("https://orcid.org/\(iD)").map { ("ORCID \(iD)", $0) }
      }
      let links = [mail, iD].compactMap(\.self)
      return links.isEmpty ? nil : Contact(name: authors.count > 1 ? author.name : nil, links: links)
    }
    date = head?.date
  }
}

/// The first page, for readers in a hurry: title, the strongest findings, and the table of key numbers, which may go on.
struct FrontPages {
  static let destination = "_findings"
  private static let head = "Key numbers"

  private let content: GalleryContent
  private let words: FrontMatter
  private let style: PageStyle
  private var flow: PageFlow

  /// The pages, with the place that is left on the last one; the first has no running head.
  static func flow(_ content: GalleryContent, words: FrontMatter, style: PageStyle) throws -> PageFlow {
    var front = FrontPages(content: content, words: words, style: style, flow: PageFlow(style: style))
    try front.add()
    return front.flow
  }

  private mutating func add() throws {
    flow.newPage()
    flow.head = content.manifest.head?.intro == nil ? Self.head : "Introduction"
    if let logo = content.logo { flow.add(logo) }
    try title()
    flow.skip(16)
    flow.destination(Self.destination)
    if let intro = content.manifest.head?.intro {
      try flow.words(intro)
      flow.skip(16)
    }
    flow.head = Self.head
    try findings()
    try training()
    try keyNumbers()
    try datasets()
    // Without numbers there is room for what the report is about.
    if content.findings.rows.isEmpty { try ModelTable(content.manifest).draw(in: &flow) }
  }

  private mutating func title() throws {
    let manifest = content.manifest
    flow.skip(6)
    try flow.paragraph(
      VisibleText.inline(manifest.title),
      .init(font: style.text(25), color: style.ink, leading: 30, tag: .heading1))
    let quiet = PageFlow.TextStyle(font: style.text(10.5), color: style.quiet, leading: 14.5)
    if let subtitle = words.subtitle {
      flow.skip(2)
      try flow.paragraph(
        VisibleText.inline(subtitle), .init(font: style.text(14, italic: true), color: style.quiet, leading: 19))
    }
    let byline = [words.authors.joined(separator: ", "), words.date ?? ""].filter { !$0.isEmpty }
    if !byline.isEmpty {
      flow.skip(6)
      try flow.paragraph(
        VisibleText.inline(byline.joined(separator: "  ·  ")),
        .init(font: style.text(11), color: style.ink, leading: 15))
    }
    for contact in words.contacts { try add(contact) }
    flow.skip(8)
    try flow.paragraph(VisibleText.inline(Wording.lead(manifest)), quiet)
    flow.skip(3)
    try flow.paragraph(Wording.counts(manifest).joined(separator: "  ·  "), quiet)
  }

  /// The addresses of an author in a line, or below each other where the line is too short.
  private mutating func add(_ contact: FrontMatter.Contact) throws {
    let look = PageFlow.TextStyle(font: style.text(9.5), color: style.accent, leading: 13)
    var x = 0.0
    if let name = contact.name {
      let name = try PageFlow.line(VisibleText.inline(name) + ":", font: look.font, width: flow.area.width / 3)
      let quiet = PageFlow.TextStyle(font: look.font, color: style.quiet, leading: look.leading)
      flow.draw([.structure(.paragraph, [PageFlow.run(name.text, quiet, at: Point(flow.area.x, flow.y))])])
      x = name.width + 6
    }
    let start = x
    for (text, address) in contact.links {
      let shown = try PageFlow.line(VisibleText.inline(text), font: look.font, width: flow.area.width - start)
      if x > start, x + shown.width > flow.area.width {
        flow.skip(look.leading)
        x = start
      }
      let corner = Point(flow.area.x + x, flow.y)
      flow.draw([
        .structure(
          .paragraph,
          [
            PageFlow.run(shown.text, look, at: corner),
            .link(Rect(corner.x, corner.y, shown.width, look.leading), .uri(address)),
          ])
      ])
      x += shown.width + 14
    }
    flow.skip(look.leading)
  }

  /// - Parameter room: What must follow on the same page.
  private mutating func heading(_ text: String, room: Double = 70) throws {
    flow.need(room)
    try flow.paragraph(text, .init(font: style.text(14), color: style.ink, leading: 20, tag: .heading2))
    flow.skip(3)
  }

  /// The strongest findings, numbered.
  private mutating func findings() throws {
    let sentences = content.findings.strongest()
    guard !sentences.isEmpty else { return }
    try heading("What the numbers show")
    let look = PageFlow.TextStyle(font: style.text(11.5), color: style.ink, leading: 16)
    for (index, sentence) in sentences.enumerated() {
      flow.need(2 * look.leading)
      flow.draw([.structure(.paragraph, [PageFlow.run("\(index + 1).", look, at: Point(flow.area.x, flow.y))])])
      try flow.paragraph(VisibleText.inline(sentence), look, x: 18)
      flow.skip(5)
    }
    flow.skip(11)
  }

  /// How answers come and move during a training, a sentence for every prompt and run.
  private mutating func training() throws {
    let found = content.findings.training.compactMap { subject, training in
      training.sentence.map { (title: content.findings.title(of: subject), run: training.run, sentence: $0) }
    }
    guard !found.isEmpty else { return }
    try heading("During the training")
    let look = PageFlow.TextStyle(font: style.text(10.5), color: style.ink, leading: 14.5)
    for (title, run, sentence) in found {
      flow.need(2 * look.leading)
      try flow.paragraph(VisibleText.inline("\(title), \(run): \(sentence)"), look)
      flow.skip(4)
    }
    flow.skip(12)
  }

  /// A row for every prompt, three columns for every model.
  private mutating func keyNumbers() throws {
    let table = content.findings.table()
    guard !table.rows.isEmpty else { return }
    // With its note, its heads and the first rows.
    try heading("Key numbers", room: 150)
    let note = PageFlow.TextStyle(font: style.text(9), color: style.quiet, leading: 12)
    try flow.paragraph(
      "p is the probability of the first token shown, after the last layer. Layer is the layer from which the token has rank "
        + "1 for good; of several tokens, the median, with the earliest and the latest in brackets. Of watched words it is "
        + "the layer from which the first is more probable for good, and p gives both"
        + (table.hasWatched ? "; the most probable token of all stands in brackets where it is another" : "")
        + ". “–”: at no layer.", note)
    flow.skip(6)
    try ReportTable(
      stub: [.init(title: "Prompt")],
      groups: table.models.map { model in
        .init(
          title: VisibleText.inline(model),
          columns: [
            .init(title: table.head), .init(title: "p", isNumeric: true), .init(title: "Layer", isNumeric: true),
          ])
      },
      rows: table.rows.map { row in
        [VisibleText.inline(row.title)]
          + row.cells.flatMap { cell in
            // Between a quotation mark and a bracket a text is not broken, though nothing else may fit on the line.
            cell.map { [VisibleText.inline($0.output).replacing("” (“", with: "”\n(“"), $0.share, $0.layer] }
              ?? ["", "", ""]
          }
      }
    ).draw(in: &flow)
    flow.skip(18)
  }

  /// A row for every dataset and model.
  private mutating func datasets() throws {
    let rows = content.findings.rows.compactMap { row -> [String]? in
      guard case .dataset(let findings, group: 0) = row.finding, let all = findings.groups.first else { return nil }
      return [
        VisibleText.inline(content.findings.title(of: row.subject)), VisibleText.inline(row.model),
        Wording.grouped(all.items), findings.measuredShort,
        Percent.share(all.final.value),
        "\(Percent.share(all.final.low)) to \(Percent.share(all.final.high))",
        all.half.map { $0.point == .embedding ? "emb." : $0.name } ?? "–",
        findings.lastRow.name,
      ]
    }
    guard !rows.isEmpty else { return }
    try heading("Datasets", room: 130)
    let note = PageFlow.TextStyle(font: style.text(9), color: style.quiet, leading: 12)
    try flow.paragraph(
      "Share of prompts after the last layer, with its interval. Half is the layer from which the share stays at "
        + "least half-way from chance to its final value."
        + (content.findings.hasWilson ? " \(DatasetFindings.aboutWilson)" : ""), note)
    flow.skip(6)
    try ReportTable(
      stub: [.init(title: "Dataset"), .init(title: "Model")],
      groups: [
        .init(columns: [
          .init(title: "n", isNumeric: true), .init(title: "Measure"), .init(title: "Share", isNumeric: true),
          .init(title: "Interval"), .init(title: "Half", isNumeric: true), .init(title: "Last layer", isNumeric: true),
        ])
      ], rows: rows
    ).draw(in: &flow)
    flow.skip(18)
  }
}
