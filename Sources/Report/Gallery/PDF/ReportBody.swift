import Plot
import Words

/// The pages after the contents: the text and figures of every prompt, then methods and provenance.
struct ReportBody {
  let style: PageStyle
  let content: GalleryContent
  var flow: PageFlow
  private(set) var entries: [PagedReport.Entry] = []
  /// How many figures there are so far.
  var figures = 0

  init(style: PageStyle, content: GalleryContent) {
    self.style = style
    self.content = content
    flow = PageFlow(style: style)
  }

  private var label: PageFlow.TextStyle { .init(font: style.text(9.5, bold: true), color: style.ink, leading: 14) }
  var small: PageFlow.TextStyle { .init(font: style.text(9), color: style.quiet, leading: 12) }
  var heading: PageFlow.TextStyle {
    .init(font: style.text(13), color: style.ink, leading: 18, tag: .heading2)
  }

  mutating func enter(_ title: String, _ destination: String, level: Int) {
    flow.destination(destination)
    entries.append(.init(title: title, destination: destination, level: level, page: flow.pages.count - 1))
  }

  /// A figure of one model.
  mutating func enter(_ model: String, at figure: String) {
    entries.append(.init(title: model, destination: figure, level: 2, page: flow.pages.count - 1))
  }

  /// A subject: its title, what it is, and its figures.
  ///
  /// It begins on the current page if its first figures fit below what is there.
  /// - Throws: `Diagnostic` when a figure has no scene.
  mutating func add(_ section: GalleryLayout.Section) throws {
    let title = VisibleText.inline(content.findings.title(of: section.id))
    let before = flow.pages.count
    var start = self
    if flow.remaining > flow.area.height / 4 {
      start.flow.skip(20)
      start.flow.hairline()
      start.flow.skip(14)
      try start.open(section, title: title)
      start.flow.head = title
      let fits = start.flow.pages.count == before
      if fits, try section.comparisons.isEmpty || start.addRows(of: section, 0, whole: true, filling: !flow.isHalfFull)
      {
        self = start
        for index in section.comparisons.indices.dropFirst() { try addRows(of: section, index) }
        return
      }
    }
    flow.head = title
    flow.newPage()
    try open(section, title: title)
    for index in section.comparisons.indices { try addRows(of: section, index) }
  }

  private func destination(of section: GalleryLayout.Section) -> String { "_\(section.subject.word)-\(section.number)" }

  /// The title of a section and what it is.
  private mutating func open(_ section: GalleryLayout.Section, title: String) throws {
    let word = section.subject.word
    // Prompts are numbered in the contents.
    let isPrompt = if case .prompt = section.subject { true } else { false }
    enter(isPrompt ? "\(section.number)  \(title)" : title, destination(of: section), level: 0)
    try flow.paragraph("\(word.prefix(1).uppercased())\(word.dropFirst()) \(section.number)", small)
    try flow.paragraph(title, .init(font: style.text(18), color: style.ink, leading: 24, tag: .heading1))
    switch section.subject {
    case .prompt(let prompt): try add(prompt, outputs: section.outputs)
    case .dataset(let dataset): try add(dataset)
    }
  }

  /// A prompt with what the models said.
  private mutating func add(_ prompt: GalleryManifest.Prompt, outputs: [(model: String, text: String)]) throws {
    flow.skip(4)
    try quote(prompt.text)
    try self.outputs(outputs)
    let notes =
      [
        Wording.method(of: prompt),
        prompt.watch.isEmpty
          ? nil : "Watching " + Wording.enumeration(prompt.watch.map(Wording.watched)),
      ].compactMap { $0 } + Wording.changes(of: prompt)
    if !notes.isEmpty {
      flow.skip(6)
      try flow.paragraph(notes.joined(separator: " · "), small)
    }
    if let note = prompt.note {
      flow.skip(8)
      try flow.words(note)
      flow.skip(4)
    }
  }

  /// What the author says at the end.
  mutating func addConclusion() throws {
    guard let conclusion = content.manifest.head?.conclusion else { return }
    flow.head = "Conclusion"
    if flow.remaining > flow.area.height / 4 { flow.skip(28) } else { flow.newPage() }
    enter("Conclusion", "_conclusion", level: 0)
    try flow.paragraph("Conclusion", .init(font: style.text(18), color: style.ink, leading: 24, tag: .heading1))
    flow.skip(6)
    try flow.words(conclusion)
    flow.skip(16)
  }

  /// The models' outputs side by side, or one below the other when they are long.
  private mutating func outputs(_ outputs: [(model: String, text: String)]) throws {
    let look = PageFlow.TextStyle(font: style.text(10.5), color: style.ink, leading: 14)
    let columns = min(3, outputs.count)
    guard columns > 0 else { return }
    let gap = 18.0
    let width = (flow.area.width - gap * Double(columns - 1)) / Double(columns)
    for start in stride(from: 0, to: outputs.count, by: columns) {
      let row = outputs[start..<min(start + columns, outputs.count)]
      let lines = try row.map { try PageFlow.lines(VisibleText.marked($0.text), font: look.font, width: width) }
      let height = small.leading + Double(lines.map(\.count).max() ?? 0) * look.leading
      flow.skip(6)
      if height > flow.area.height / 2 {
        for output in row {
          flow.need(40)
          try flow.paragraph(VisibleText.inline(output.model), small)
          try flow.paragraph(VisibleText.marked(output.text), look)
        }
        continue
      }
      flow.need(height)
      let corner = Point(flow.area.x, flow.y)
      for (column, output) in row.enumerated() {
        let x = corner.x + Double(column) * (width + gap)
        let name = try PageFlow.line(VisibleText.inline(output.model), font: small.font, width: width).text
        flow.draw([.structure(.paragraph, [PageFlow.run(name, small, at: Point(x, corner.y))])])
        let runs = lines[column].enumerated().map { index, line in
          PageFlow.run(line, look, at: Point(x, corner.y + small.leading + Double(index) * look.leading))
        }
        flow.draw([.structure(.paragraph, runs)])
      }
      flow.skip(height)
    }
  }

  /// The prompt's text beside a bar, over as many pages as it needs.
  private mutating func quote(_ text: String) throws {
    let long = text.count > 240
    let look = PageFlow.TextStyle(
      font: style.text(long ? 10.5 : 12), color: style.ink, leading: long ? 14 : 17)
    let lines = try PageFlow.lines(VisibleText.marked(text), font: look.font, width: flow.area.width - 14)
    var rest = lines[...]
    while !rest.isEmpty {
      flow.need(look.leading)
      let count = max(1, Int(flow.remaining / look.leading))
      let area = flow.area
      let top = flow.y
      let here = rest.prefix(count)
      rest = rest.dropFirst(count)
      let bar = Rect(area.x, top, 2, Double(here.count) * look.leading)
      flow.draw([
        .rectangle(bar, fill: style.accent, stroke: nil, cornerRadius: 0),
        .structure(
          .paragraph,
          here.enumerated().map { row, line in
            PageFlow.run(line, look, at: Point(area.x + 14, top + Double(row) * look.leading))
          }),
      ])
      flow.skip(bar.height)
      if !rest.isEmpty { flow.newPage() }
    }
    flow.skip(6)
  }
}
