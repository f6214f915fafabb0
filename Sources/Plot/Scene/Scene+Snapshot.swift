extension Scene {
  /// The scene as text, one item a line with three decimals: for comparing layouts.
  public var snapshot: String {
    var text = "scene \(pair(size.width, size.height))\ntitle \(title)\ndescription \(description)\n"
    Self.append(items, indent: "", to: &text)
    return text
  }

  private static func append(_ items: [SceneItem], indent: String, to text: inout String) {
    for item in items {
      switch item {
      case .rectangle(let rect, let fill, let stroke, let radius):
        text += "\(indent)rectangle \(describe(rect))" + paint(fill, stroke)
        text += (radius > 0 ? " radius \(Decimal3.text(radius))" : "") + "\n"
      case .path(let path, let fill, let stroke):
        text += "\(indent)path \(path.segments.map(describe).joined(separator: " "))\(paint(fill, stroke))\n"
      case .text(let run):
        let style = (run.font.bold ? " bold" : "") + (run.font.italic ? " italic" : "")
        text +=
          "\(indent)text \(pair(run.origin.x, run.origin.y)) \(run.font.family) \(Decimal3.text(run.font.size))\(style)"
        text +=
          " \(hex(run.color))" + (run.rotation == 0 ? "" : " turned \(Decimal3.text(run.rotation))")
          + " “\(run.text)”\n"
      case .group(let offset, let scale, let inner):
        text += "\(indent)group \(pair(offset.x, offset.y)) scale \(Decimal3.text(scale))\n"
        append(inner, indent: indent + "  ", to: &text)
      case .picture(let picture, let rect):
        text += "\(indent)picture \(describe(rect)) of \(pair(picture.size.width, picture.size.height)) pixels\n"
      case .link(let rect, .uri(let uri)): text += "\(indent)link \(describe(rect)) \(uri)\n"
      case .link(let rect, .destination(let name)): text += "\(indent)link \(describe(rect)) #\(name)\n"
      case .destination(let name, let point): text += "\(indent)destination \(pair(point.x, point.y)) \(name)\n"
      case .structure(let tag, let inner):
        text += "\(indent)structure \(tag.name)\n"
        append(inner, indent: indent + "  ", to: &text)
      }
    }
  }

  private static func describe(_ rect: Rect) -> String { "\(pair(rect.x, rect.y)) \(pair(rect.width, rect.height))" }

  private static func describe(_ segment: Path.Segment) -> String {
    switch segment {
    case .move(let p): "move \(pair(p.x, p.y))"
    case .line(let p): "line \(pair(p.x, p.y))"
    case .curve(let a, let b, let p): "curve \(pair(a.x, a.y)) \(pair(b.x, b.y)) \(pair(p.x, p.y))"
    case .close: "close"
    }
  }

  private static func paint(_ fill: Color?, _ stroke: Stroke?) -> String {
    (fill.map { " fill \(hex($0))" } ?? "")
      + (stroke.map { " stroke \(hex($0.color)) \(Decimal3.text($0.width))" } ?? "")
  }

  private static func hex(_ color: Color) -> String {
    let channels = [color.red, color.green, color.blue, color.alpha].map { channel in
      let digits = String(Int((channel * 255).rounded()), radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    return "#" + channels.prefix(color.alpha < 1 ? 4 : 3).joined()
  }
}

private func pair(_ x: Double, _ y: Double) -> String { "\(Decimal3.text(x)),\(Decimal3.text(y))" }
