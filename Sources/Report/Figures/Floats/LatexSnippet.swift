import Words

/// What LaTeX needs to show a figure at its final size: caption, label and alternative text.
package struct LatexSnippet {
  private let float: FigureFloat

  /// The float of a figure whose PDF is called after its id.
  package init(_ float: FigureFloat) { self.float = float }

  /// A float without scaling: the PDF has the size at which its text should be read.
  ///
  /// `alt` is a key of graphicx since 2021; `\Description` belongs to ACM's classes.
  package var text: String {
    let environment = float.isWide ? "figure*" : "figure"
    let words = LatexCaption(
      float.caption, citations: float.citations, label: float.label, longest: float.longestCaption)
    return """
      % \(float.remark)
      \(words.preamble)\\begin{\(environment)}[t]
        \\centering
        \\includegraphics[alt={\(alt)}]{\(float.id).pdf}
        \\ifdefined\\Description\\Description{\(alt)}\\fi
        \\caption[{\(LatexText.escaped(float.short))}]{\(words.text)}
        \\label{\(float.label)}
      \\end{\(environment)}
      \(words.rest)
      """
  }

  /// The figure in a row of several, with a caption of its own (package subcaption).
  /// - Parameter width: Of the part; nil for the figure's own.
  package func part(caption: String, width: Double? = nil) -> String {
    """
      \\begin{subfigure}[t]{\(Self.written(width ?? float.size.width))bp}
        \\centering
        \\includegraphics[alt={\(alt)}]{\(float.id).pdf}
        \\ifdefined\\Description\\Description{\(alt)}\\fi
        \\caption{\(LatexCaption(caption, citations: float.citations, label: float.label, longest: .max).text)}
        \\label{\(float.label)}
      \\end{subfigure}
    """
  }

  /// A part is at least this wide, so that the lines of its caption can be read.
  package static let narrowestPart = 150.0

  private var alt: String { LatexText.escaped(float.alt) }
  private static func written(_ width: Double) -> String { Decimals.fixed(max(width, narrowestPart), 2) }
}
