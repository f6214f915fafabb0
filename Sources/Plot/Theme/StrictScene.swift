import Foundation

extension VenueRules {
  /// A scene changed to follow the rules where that loses nothing: greys instead of colours that only go from light to dark,
  /// and outlines for texts whose characters need fonts by glyph number.
  func adapted(_ scene: Scene) -> Scene {
    var adapted = scene
    adapted.items = scene.items.map { adapt($0, toGrey: !allowsRGB) }
    return adapted
  }

  private func adapt(_ item: SceneItem, toGrey: Bool) -> SceneItem {
    func color(_ color: Color?) -> Color? { color.map { toGrey ? $0.grey : $0 } }
    func stroke(_ stroke: Stroke?) -> Stroke? {
      stroke.map { Stroke(toGrey ? $0.color.grey : $0.color, width: $0.width, dash: $0.dash) }
    }
    switch item {
    case .rectangle(let rect, let fill, let line, let radius):
      return .rectangle(rect, fill: color(fill), stroke: stroke(line), cornerRadius: radius)
    case .path(let path, let fill, let line): return .path(path, fill: color(fill), stroke: stroke(line))
    case .text(var run):
      if toGrey { run.color = run.color.grey }
      run.isOutlined = !allowsGlyphNumbers && run.needsGlyphNumbers
      return .text(run)
    case .group(let offset, let scale, let items):
      return .group(offset: offset, scale: scale, items.map { adapt($0, toGrey: toGrey) })
    case .structure(let tag, let items): return .structure(tag, items.map { adapt($0, toGrey: toGrey) })
    case .picture, .link, .destination: return item
    }
  }
}

extension TextRun {
  /// Whether fonts are embedded by glyph number (Identity-H) for it: Cairo does so for what Windows' code page 1252 lacks.
  var needsGlyphNumbers: Bool {
    text.unicodeScalars.contains { $0.value > 0xFF && !Self.windowsLatin.contains($0) }
  }

  private static let windowsLatin = Set("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".unicodeScalars)
}

extension Color {
  /// The grey of the same lightness.
  var grey: Color {
    let linear = luminance
    let value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
    return Color(red: value, green: value, blue: value, alpha: alpha)
  }
}
