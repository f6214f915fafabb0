import Plot

/// A figure with its model's name above and its caption below, or the message in its place.
struct ReportPanel {
  /// What is shown.
  enum Content {
    case scene(Scene, destination: String)
    case message(heading: String, String)
  }

  var model: String
  var content: Content
  var caption: String
  var style: PageStyle
  /// The size of the figure's file where this page has another layout of it; nil where it is the same.
  var fileSize: Size?
  /// The same figure laid out within a size; nil for a message, and for a figure that has one layout only.
  var redraw: ((Size) throws -> ReportPanel)?

  private static let messageWidth = 320.0
  private static let padding = 12.0
  /// Between figure and caption.
  private static let space = 5.0

  private var label: PageFlow.TextStyle { .init(font: style.text(9.5, bold: true), color: style.ink, leading: 15) }
  private var captionLook: PageFlow.TextStyle {
    .init(font: style.text(9), color: style.ink, leading: 11.5, tag: .caption)
  }
  private var small: PageFlow.TextStyle {
    .init(font: style.text(8), color: style.quiet, leading: 11, tag: .caption)
  }
  private var messageLook: PageFlow.TextStyle { .init(font: style.text(9.5), color: style.ink, leading: 13) }

  private func messageLines(_ heading: String, _ text: String) throws -> [String] {
    try PageFlow.lines(
      "\(heading)\n\(text)", font: messageLook.font, width: Self.messageWidth - 2 * Self.padding)
  }

  /// Size of the part between label and caption.
  func size() throws -> Size {
    switch content {
    case .scene(let scene, _): scene.size
    case .message(let heading, let text):
      Size(Self.messageWidth, Double(try messageLines(heading, text).count) * messageLook.leading + 2 * Self.padding)
    }
  }

  /// The size of the smallest text in the figure; nil for a message.
  var smallestText: Double? {
    guard case .scene(let scene, _) = content else { return nil }
    return scene.items.flatMap(\.runs).map(\.font.size).min()
  }

  /// Whether it may be shown at any size: it has no text that would get too small, and one layout only.
  var fitsAnyRoom: Bool { redraw == nil && smallestText == nil }

  /// Height of label and caption when they get `width`.
  func textHeight(_ width: Double, scale: Double) throws -> Double {
    try label.leading + Self.space
      + lines(width: width, scale: scale).reduce(0) { $0 + Double($1.lines.count) * $1.look.leading }
  }

  /// How the figure differs from its file; empty where it does not.
  private func note(scale: Double) -> String {
    var notes: [String] = []
    if let fileSize, case .scene(let scene, _) = content {
      func written(_ size: Size) -> String { "\(Int(size.width.rounded())) × \(Int(size.height.rounded())) pt" }
      notes.append("Laid out for this page at \(written(scene.size)); the file has \(written(fileSize)).")
    }
    if scale < 1 { notes.append("Shown at \(Int((scale * 100).rounded(.down))) % of its size.") }
    return notes.joined(separator: " ")
  }

  /// The caption, and how the figure differs from its file.
  private func lines(width: Double, scale: Double) throws -> [(look: PageFlow.TextStyle, lines: [String])] {
    guard !caption.isEmpty else { return [] }
    let note = note(scale: scale)
    return [
      (captionLook, try PageFlow.lines(caption, font: captionLook.font, width: width)),
      (small, note.isEmpty ? [] : try PageFlow.lines(note, font: small.font, width: width)),
    ]
  }

  /// What to draw in `rect` of a page.
  func items(in rect: Rect, scale: Double) throws -> [SceneItem] {
    let size = try self.size()
    var y = rect.y
    let name = try PageFlow.line(model, font: label.font, width: rect.width).text
    var items: [SceneItem] = [.structure(.heading3, [PageFlow.run(name, label, at: Point(rect.x, y))])]
    y += label.leading
    switch content {
    case .scene(let scene, let destination):
      items.append(.destination(destination, at: Point(rect.x, rect.y)))
      items.append(
        .structure(
          .figure(alt: scene.description), [.group(offset: Point(rect.x, y), scale: scale, scene.items)]))
    case .message(let heading, let text):
      let box = Rect(rect.x, y, size.width, size.height)
      let frame = SceneItem.rectangle(
        box, fill: style.raised, stroke: Stroke(style.rule, width: 0.5, dash: [2, 2]), cornerRadius: 4)
      let runs = try messageLines(heading, text).enumerated().map { row, line in
        PageFlow.run(
          line, messageLook, at: Point(box.x + Self.padding, box.y + Self.padding + Double(row) * messageLook.leading))
      }
      items.append(.structure(.paragraph, [frame] + runs))
    }
    y += size.height * scale + Self.space
    for (look, lines) in try lines(width: rect.width, scale: scale) where !lines.isEmpty {
      let runs = lines.enumerated().map { row, line in
        PageFlow.run(line, look, at: Point(rect.x, y + Double(row) * look.leading))
      }
      items.append(.structure(look.tag, runs))
      y += Double(lines.count) * look.leading
    }
    return items
  }
}
