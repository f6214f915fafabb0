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

/// The orientation of a page.
enum Orientation {
  case portrait, landscape
}

/// Margins, fonts and colours of a report.
struct PageStyle {
  var paper: Paper
  /// Left and right of the text.
  var side = 64.0
  /// Above the text; the running head stands in it.
  var top = 72.0
  /// Below the text; the page number stands in it.
  var bottom = 56.0
  /// The margin left and right of a figure that is wider than the text.
  var edge = 34.0

  let ink = Color(hex: 0x1F1D1A)
  let quiet = Color(hex: 0x625D55)
  let rule = Color(hex: 0xCFC8BA)
  let accent = Color(hex: 0x0D5A78)
  let raised = Color(hex: 0xF6F3EC)

  /// The page's size in an orientation.
  func size(_ orientation: Orientation) -> Size {
    let size = paper.size
    return orientation == .portrait ? size : Size(size.height, size.width)
  }

  /// The text area of a page of `size`.
  func textArea(of size: Size) -> Rect {
    Rect(side, top, size.width - 2 * side, size.height - top - bottom)
  }

  func serif(_ size: Double, bold: Bool = false, italic: Bool = false) -> Font {
    Font(family: "TeX Gyre Pagella", size: size, bold: bold, italic: italic)
  }
  func sans(_ size: Double, bold: Bool = false) -> Font {
    Font(family: "TeX Gyre Heros", size: size, bold: bold)
  }
  func mono(_ size: Double) -> Font { Font(family: "DejaVu Sans Mono", size: size) }
}
