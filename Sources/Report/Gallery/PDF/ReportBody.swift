import Plot
import Words

/// The pages after the contents: the text and figures of every prompt, then methods and provenance.
struct ReportBody {
  let style: PageStyle
  let scenes: [String: Scene]
  var flow: PageFlow
  private(set) var entries: [PagedReport.Entry] = []
  private var figures = 0

  init(style: PageStyle, scenes: [String: Scene]) {
    self.style = style
    self.scenes = scenes
    flow = PageFlow(style: style)
  }

  private var label: PageFlow.TextStyle { .init(font: style.sans(9, bold: true), color: style.ink, leading: 15) }
  private var caption: PageFlow.TextStyle {
    .init(font: style.serif(9), color: style.ink, leading: 12.5, tag: .caption)
  }
  var small: PageFlow.TextStyle { .init(font: style.sans(8), color: style.quiet, leading: 12) }

  mutating func enter(_ title: String, _ destination: String, level: Int) {
    flow.destination(destination)
    entries.append(.init(title: title, destination: destination, level: level, page: flow.pages.count - 1))
  }

  /// The pages of a subject: its name, what it is, and its figures.
  /// - Throws: `Diagnostic` when a figure has no scene.
  mutating func add(_ section: GalleryLayout.Section) throws {
    let id = VisibleText.inline(section.id)
    let word = section.subject.word
    let destination = "_\(word)-\(section.number)"
    flow.head = id
    flow.newPage()
    // Prompts are numbered in the contents.
    if case .prompt = section.subject {
      enter("\(section.number)  \(id)", destination, level: 0)
    } else {
      enter(id, destination, level: 0)
    }
    try flow.paragraph("\(word.prefix(1).uppercased())\(word.dropFirst()) \(section.number)", small)
    try flow.paragraph(id, .init(font: style.serif(20), color: style.ink, leading: 27, tag: .heading1))
    switch section.subject {
    case .prompt(let prompt): try add(prompt, outputs: section.outputs)
    case .dataset(let dataset): try add(dataset)
    }
    for (index, comparison) in section.comparisons.enumerated() {
      try add(comparison, place: "\(word) \(id)", destination: "\(destination)-\(index + 1)")
    }
  }

  /// A prompt with what the models said.
  private mutating func add(_ prompt: GalleryManifest.Prompt, outputs: [(model: String, text: String)]) throws {
    flow.skip(8)
    try quote(prompt.text)
    try self.outputs(outputs)
    let notes = [
      Wording.method(prompt.method),
      prompt.watch.isEmpty
        ? nil : "Watching " + Wording.enumeration(prompt.watch.map(Wording.watched)),
    ].compactMap { $0 }
    if !notes.isEmpty {
      flow.skip(6)
      try flow.paragraph(notes.joined(separator: " · "), small)
    }
  }

  /// The models' outputs side by side, or one below the other when they are long.
  private mutating func outputs(_ outputs: [(model: String, text: String)]) throws {
    let look = PageFlow.TextStyle(font: style.serif(10.5), color: style.ink, leading: 15)
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
      font: style.serif(long ? 10.5 : 12.5), color: style.ink, leading: long ? 15.5 : 18)
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

  /// A comparison on as many pages as it needs; `place` is "prompt keys" or "dataset agreement".
  mutating func add(_ comparison: GalleryLayout.Comparison, place: String, destination: String) throws {
    let title = VisibleText.inline(comparison.title)
    let heading = PageFlow.TextStyle(font: style.serif(14), color: style.ink, leading: 20, tag: .heading2)
    var panels: [ReportPanel] = []
    for panel in comparison.panels { panels.append(try self.panel(panel, place: place)) }
    let titleWidth = style.textArea(of: style.paper.size).width
    let titleLines = try PageFlow.lines(title, font: heading.font, width: titleWidth).count
    let headingHeight = Double(titleLines) * heading.leading + 8
    let space = 18.0
    let isPortrait = flow.area.width < flow.area.height
    let plans = try FigurePlacement.plan(
      panels.map { panel in .init(figure: try panel.size()) { try panel.textHeight($0, scale: $1) } }, style: style,
      remaining: isPortrait ? flow.remaining - space : 0, heading: headingHeight)
    for (index, plan) in plans.enumerated() {
      if plan.newPage { flow.newPage(plan.orientation) } else { flow.skip(space) }
      if index == 0 { enter(title, destination, level: 1) }
      try flow.paragraph(title, heading)
      flow.skip(8)
      let corner = Point(flow.area.x, flow.y)
      for slot in plan.slots {
        if case .scene(_, let figure) = panels[slot.panel].content {
          entries.append(
            .init(title: panels[slot.panel].model, destination: figure, level: 2, page: flow.pages.count - 1))
        }
        let rect = Rect(corner.x + slot.rect.x, corner.y + slot.rect.y, slot.rect.width, slot.rect.height)
        flow.draw(try panels[slot.panel].items(in: rect, scale: slot.scale))
        flow.y = max(flow.y, rect.maxY)
      }
    }
  }

  private mutating func panel(_ panel: GalleryLayout.Panel, place: String) throws -> ReportPanel {
    switch panel {
    case .failure(let failure):
      return ReportPanel(
        model: VisibleText.inline(failure.model), content: .message(VisibleText.inline(failure.message)), caption: "",
        source: "", style: style)
    case .figure(let figure):
      guard let scene = scenes[figure.id] else {
        throw Diagnostic(
          place: "report.pdf", "figure '\(figure.id)' has no scene to draw", category: .internalFault)
      }
      figures += 1
      let model = VisibleText.inline(figure.model)
      return ReportPanel(
        model: model, content: .scene(scene, destination: figure.id),
        caption: "Figure \(figures). \(VisibleText.inline(figure.caption))",
        source: "\(model) · \(Wording.lensName(figure.lens)) · \(place)", style: style)
    }
  }

  /// Methods, remarks and hashes.
  mutating func addMethods(_ manifest: GalleryManifest) throws {
    let text = PageFlow.TextStyle(font: style.serif(10.5), color: style.ink, leading: 15.5)
    let heading = PageFlow.TextStyle(font: style.serif(14), color: style.ink, leading: 22, tag: .heading2)
    flow.head = "Methods and provenance"
    flow.newPage()
    enter("Methods and provenance", "_methods", level: 0)
    try flow.paragraph(
      "Methods and provenance", .init(font: style.serif(20), color: style.ink, leading: 28, tag: .heading1))
    flow.skip(8)
    for sentence in Wording.methods(manifest) {
      try flow.paragraph(sentence, text)
      flow.skip(6)
    }
    let failures = manifest.failures.map { "\($0.model), prompt \($0.prompt): \($0.message)" }
    for (title, notes) in [("Remarks of the build", manifest.warnings), ("Not made", failures)] where !notes.isEmpty {
      flow.skip(10)
      flow.need(50)
      try flow.paragraph(title, heading)
      for note in notes {
        try flow.paragraph(VisibleText.inline(note), text)
        flow.skip(4)
      }
    }
    flow.skip(10)
    flow.need(60)
    try flow.paragraph("Models", heading)
    let hash = PageFlow.TextStyle(font: style.mono(7.5), color: style.quiet, leading: 11)
    for model in manifest.models {
      flow.skip(6)
      flow.need(70)
      try flow.paragraph(VisibleText.inline(model.name), label)
      let facts = [
        model.architecture, Wording.count(model.layers, "layer"), "width \(Wording.grouped(model.width))",
        "vocabulary \(Wording.grouped(model.vocabulary))", "weights \(model.weights)",
        "licence \(model.license ?? "not stated")", model.source, model.adapter.map { "LoRA adapter \($0.name)" },
      ]
      try flow.paragraph(VisibleText.inline(facts.compactMap { $0 }.joined(separator: ", ")), small)
      for file in model.files {
        flow.skip(3)
        try flow.paragraph(VisibleText.inline("\(file.path), \(Wording.size(bytes: file.bytes)), SHA-256"), small)
        try flow.paragraph(VisibleText.inline(file.sha256), hash)
      }
    }
    flow.skip(14)
    flow.need(40)
    try flow.paragraph("Spec, SHA-256", small)
    try flow.paragraph(VisibleText.inline(manifest.specSHA256), hash)
    flow.skip(6)
    try flow.paragraph(
      VisibleText.inline("Made with \(manifest.tool). Every number shown is in the traces beside this report."), small)
  }
}
