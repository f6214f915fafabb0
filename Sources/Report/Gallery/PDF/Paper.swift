import Plot

/// The sheet a report is laid out on.
public enum Paper: String, CaseIterable, Sendable {
  /// 210 mm x 297 mm.
  case a4
  /// 8.5 x 11 inches.
  case letter

  /// Portrait, in PDF units.
  public var size: Size {
    switch self {
    case .a4: Size(595.276, 841.89)
    case .letter: Size(612, 792)
    }
  }
}

/// Margins, fonts and colours of a report.
///
/// It has two typefaces: that of its figures' labels for all text, and that of their tokens for exact texts.
struct PageStyle {
  var paper: Paper
  /// The family of all text.
  var family = PageStyle.usualFamily
  /// Left and right of the text.
  var side = 56.0
  /// Above the text; the running head stands in it.
  var top = 64.0
  /// Below the text; the page number stands in it.
  var bottom = 54.0

  let ink = Color(hex: 0x1F1D1A)
  let quiet = Color(hex: 0x625D55)
  let rule = Color(hex: 0xCFC8BA)
  let accent = Color(hex: 0x0D5A78)
  let raised = Color(hex: 0xF6F3EC)

  private static let usualFamily = "TeX Gyre Termes"
  private static let exactFamily = "DejaVu Sans Mono"

  /// The text area of every page.
  var area: Rect { Rect(side, top, paper.size.width - 2 * side, paper.size.height - top - bottom) }

  func text(_ size: Double, bold: Bool = false, italic: Bool = false) -> Font {
    Font(family: family, size: size, bold: bold, italic: italic)
  }
  func exact(_ size: Double) -> Font { Font(family: Self.exactFamily, size: size) }

  /// A style whose text has the typeface that most labels of the figures have.
  init(paper: Paper, figures: some Sequence<Scene> = []) {
    self.paper = paper
    var counts: [String: Int] = [:]
    for scene in figures {
      for run in scene.items.flatMap(\.runs) where run.font.family != Self.exactFamily {
        counts[run.font.family, default: 0] += 1
      }
    }
    family = counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key ?? Self.usualFamily
  }
}

extension SceneItem {
  /// Its lines of text, those of inner items included, at the sizes at which they are printed.
  var runs: [TextRun] {
    switch self {
    case .text(let run): [run]
    case .structure(_, let items): items.flatMap(\.runs)
    case .group(_, let scale, let items):
      items.flatMap(\.runs).map { run in
        var scaled = run
        scaled.font.size *= scale
        return scaled
      }
    default: []
    }
  }
}
