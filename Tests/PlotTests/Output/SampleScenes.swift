import Plot

/// Scenes with one of everything, for tests of outputs.
enum SampleScenes {
  static let sans = Font(family: "TeX Gyre Heros", size: 9)
  static let mono = Font(family: "DejaVu Sans Mono", size: 7)

  static let everything = Scene(
    size: Size(200, 120), title: "One of <everything> & \"more\"", description: "It's a test of every kind of item",
    items: [
      .rectangle(Rect(10, 10, 60, 20), fill: Color(hex: 0xE23E99), stroke: nil, cornerRadius: 0),
      .rectangle(
        Rect(80, 10, 60, 20), fill: Color(hex: 0x336699, alpha: 0.5), stroke: Stroke(.black, width: 0.5),
        cornerRadius: 3),
      .path(
        Path([
          .move(Point(10, 60)), .line(Point(60, 40)),
          .curve(control1: Point(70, 40), control2: Point(80, 60), to: Point(90, 50)),
        ]),
        fill: nil, stroke: Stroke(.black, width: 1, dash: [2, 1])),
      .path(
        Path([.move(Point(100, 40)), .line(Point(120, 60)), .line(Point(100, 60)), .close]), fill: .black, stroke: nil),
      .text(TextRun("Rank of token (log scale) fi AV", at: Point(10, 80), font: sans, color: .black)),
      .text(TextRun("␣中文 кириллица עברית العربية हिन्दी", at: Point(10, 95), font: mono, color: .black)),
      .text(TextRun("turned", at: Point(190, 100), font: sans, color: Color(hex: 0x666666), rotation: -90)),
      .group(
        offset: Point(150, 40), scale: 0.5,
        [
          .rectangle(Rect(0, 0, 40, 40), fill: nil, stroke: Stroke(.black, width: 1), cornerRadius: 0),
          .text(TextRun("half", at: Point(5, 20), font: sans, color: .black)),
        ]),
      .link(Rect(10, 72, 100, 12), .uri("https://example.org/it's?a=1&b=2")),
    ])

  static let document = PDFDocument(
    pages: [
      Scene(
        size: Size(300, 400), title: "Contents", description: "",
        items: [
          .structure(.heading1, [.text(TextRun("Contents", at: Point(20, 40), font: sans, color: .black))]),
          .structure(
            .contents,
            [
              .structure(
                .contentsEntry,
                [
                  .text(TextRun("First figure", at: Point(20, 60), font: sans, color: .black)),
                  .link(Rect(20, 50, 80, 12), .destination("figure's 1")),
                ])
            ]),
        ]),
      Scene(
        size: Size(500, 200), title: "A figure", description: "",
        items: [
          .destination("figure's 1", at: Point(0, 20)),
          .structure(.figure(alt: "Every mark: (a) \\ “b”"), everything.items),
          .group(
            offset: Point(100, 50), scale: 1,
            [
              .structure(
                .paragraph,
                [
                  .text(TextRun("See also", at: Point(0, 100), font: sans, color: .black)),
                  .link(Rect(0, 90, 60, 12), .uri("https://example.org/")),
                ])
            ]),
        ]),
    ],
    outline: [
      OutlineEntry(title: "Prompt “עברית”", destination: "figure's 1", level: 0),
      OutlineEntry(title: "Model", destination: "figure's 1", level: 1),
      OutlineEntry(title: "Second", destination: "figure's 1", level: 0),
    ],
    metadata: DocumentMetadata(
      title: "A report: 中文", author: "someone", subject: "tests", keywords: "a, b", creator: "strata 0.1"))
}
