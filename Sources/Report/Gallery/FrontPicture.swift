import Figures
import Foundation
import Plot
import Words

/// A small picture of the front: an SVG file without text, with its size in CSS pixels and what stands for it.
struct FrontPicture {
  var svg: String
  var width: Int
  var height: Int
  var alt: String
  /// What stands below the picture for everybody; empty for nothing.
  var note = ""

  /// The width that strips come near to: each column has a whole number of pixels, so that all edges are sharp.
  private static let width = 300
  /// The white edge around every picture, which also separates its dark cells from a dark page.
  private static let edge = 2

  /// Pixels per column: at least `width` in all where columns are wide enough for gaps.
  private static func step(_ count: Int) -> Int {
    let exact = Double(width) / Double(max(1, count))
    let step = max(2, Int(exact.rounded()))
    return step * count < 280 ? step + 1 : step
  }

  /// A strip: a cell for every row and layer; cells of rank 1 that follow each other are one bar.
  static func of(_ strip: Strip, scale: StripScale, model: String) -> FrontPicture {
    let step = step(strip.layers.count)
    let line =
      switch strip.rows.count {
      case ...4: 16
      case ...12: 10
      case ...24: 7
      case ...60: 5
      default: 3
      }
    let gap = step >= 4 && line >= 4 ? 1 : 0
    // Cells of one colour are one path.
    var paths: [String: String] = [:]
    var order: [String] = []
    for (row, token) in strip.rows.enumerated() {
      var column = 0
      while column < token.ranks.count {
        var end = column + 1
        if token.ranks[column] == 1 { while end < token.ranks.count, token.ranks[end] == 1 { end += 1 } }
        let color = scale.color(of: token.ranks[column]).hex
        if paths[color] == nil { order.append(color) }
        let (width, height) = ((end - column) * step - gap, line - gap)
        paths[color, default: ""] +=
          "M\(edge + column * step) \(edge + row * line)h\(width)v\(height)h-\(width)z"
        column = end
      }
    }
    let size = (
      width: strip.layers.count * step - gap + 2 * edge, height: strip.rows.count * line - gap + 2 * edge
    )
    let cells = order.map { "<path fill=\"\($0)\" d=\"\(paths[$0] ?? "")\"/>" }.joined()
    return FrontPicture(
      svg: page(size.width, size.height, cells), width: size.width, height: size.height, alt: strip.alt(of: model))
  }

  /// The accuracy of a model on a dataset by layer, from 0 to 1, with its interval, and chance as dots.
  static func of(_ curve: AccuracyCurve, scale: StripScale, model: String) -> FrontPicture {
    let step = step(curve.values.count)
    // The line at its highest and its end stay inside.
    let (height, top) = (56, 4)
    func x(_ layer: Int) -> String { "\(edge + layer * step + step / 2)" }
    func y(_ share: Double) -> String {
      Decimals.fixed(Double(top) + (1 - min(max(share, 0), 1)) * Double(height), 2)
    }
    let places = curve.values.indices
    let upper = places.map { "\(x($0)) \(y(curve.high[$0]))" }
    let lower = places.reversed().map { "\(x($0)) \(y(curve.low[$0]))" }
    let line = places.map { "\(x($0)) \(y(curve.values[$0]))" }
    let width = curve.values.count * step + 2 * edge
    var marks = "<path fill=\"\(scale.color(of: 10_000).hex)\" d=\"M\((upper + lower).joined(separator: "L"))z\"/>"
    if let chance = curve.chance {
      marks +=
        "<path fill=\"none\" stroke=\"#767676\" stroke-dasharray=\"1 3\" d=\"M\(edge) \(y(chance))H\(width - edge)\"/>"
    }
    marks +=
      "<path fill=\"none\" stroke=\"\(scale.color(of: 1).hex)\" stroke-width=\"2\" d=\"M\(line.joined(separator: "L"))\"/>"
    if let last = line.last {
      let parts = last.split(separator: " ")
      marks += "<circle fill=\"\(scale.color(of: 1).hex)\" cx=\"\(parts[0])\" cy=\"\(parts[1])\" r=\"3\"/>"
    }
    return FrontPicture(
      svg: page(width, height + 2 * top, marks, isCrisp: false), width: width, height: height + 2 * top,
      alt:
        "Accuracy after every layer of \(model), on \(Wording.count(curve.items, curve.item)), as a line. \(curve.phrase)."
    )
  }

  /// How many tokens settle at each layer, as bars; the median has a triangle, the rest that never settle a grey bar.
  static func of(
    _ counts: SettledCounts, layers: [String], scale: StripScale, model: String, group: String
  ) -> FrontPicture {
    let step = step(layers.count + 2)
    let height = 40
    let most = max(1, (counts.counts + [counts.never]).max() ?? 1)
    func bar(_ column: Int, _ count: Int) -> String {
      guard count > 0 else { return "" }
      let tall = max(1, Int((Double(count) / Double(most) * Double(height)).rounded()))
      return "M\(edge + column * step) \(edge + height - tall)h\(max(1, step - 1))v\(tall)h-\(max(1, step - 1))z"
    }
    let bars = layers.indices.map { bar($0, counts.counts[$0]) }.joined()
    let width = (layers.count + 2) * step + 2 * edge
    var marks = "<path fill=\"\(scale.color(of: 1).hex)\" d=\"\(bars)\"/>"
    marks += "<path fill=\"#8a8a8a\" d=\"\(bar(layers.count + 1, counts.never))\"/>"
    marks +=
      "<path fill=\"#767676\" d=\"M\(edge) \(edge + height)h\(layers.count * step)v1h-\(layers.count * step)z\"/>"
    var alt = "\(CountFormat.full(counts.total)) tokens of \(group) in \(model): "
    if let median = counts.median {
      let middle = edge + median * step + step / 2
      marks += "<path fill=\"\(scale.color(of: 100).hex)\" d=\"M\(middle) \(edge + height + 2)l4 6h-8z\"/>"
      alt += "half of them have settled by layer \(layers[median])"
    } else {
      alt += "fewer than half settle"
    }
    alt += counts.never == 0 ? "." : "; \(CountFormat.full(counts.never)) do not have rank 1 after the last layer."
    let last = layers.last ?? ""
    let half = counts.median.map { "half have settled by layer \(layers[$0]) of \(last)" } ?? "fewer than half settle"
    let rest = counts.never == 0 ? "" : ", \(CountFormat.full(counts.never)) do not"
    return FrontPicture(
      svg: page(width, height + 10 + 2 * edge, marks), width: width, height: height + 10 + 2 * edge, alt: alt,
      note: "\(Wording.count(counts.total, "token")): \(half)\(rest)")
  }

  private static func page(_ width: Int, _ height: Int, _ marks: String, isCrisp: Bool = true) -> String {
    let edges = isCrisp ? " shape-rendering=\"crispEdges\"" : ""
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
      + "viewBox=\"0 0 \(width) \(height)\"\(edges)><path fill=\"#fff\" d=\"M0 0h\(width)v\(height)H0z\"/>\(marks)</svg>\n"
  }
}

extension Color {
  /// "#49006a".
  var hex: String {
    "#"
      + [red, green, blue].map { part in
        let byte = Int((min(max(part, 0), 1) * 255).rounded())
        return (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
  }
}
