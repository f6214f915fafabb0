import Traces
import Plot
import Words

/// What LaTeX needs to show a figure at its final size: caption, label and alternative text.
package struct LatexSnippet {
  private let figure: DrawnFigure
  private let id: String

  /// A snippet for the figure whose PDF is called after `id`.
  package init(_ figure: DrawnFigure, id: String) {
    self.figure = figure
    self.id = id
  }

  /// A float without scaling: the PDF has the size at which its text should be read.
  ///
  /// `alt` is a key of graphicx since 2021; `\Description` belongs to ACM's classes.
  package var text: String {
    let float = figure.isWide ? "figure*" : "figure"
    let alt = LatexText.escaped(figure.alt)
    return """
      % \(StrataVersion.tool): \(figure.title.filter { !$0.isNewline })
      \\begin{\(float)}[t]
        \\centering
        \\includegraphics[alt={\(alt)}]{\(id).pdf}
        \\ifdefined\\Description\\Description{\(alt)}\\fi
        \\caption{\(LatexText.escaped(figure.caption))}
        \\label{fig:\(id)}
      \\end{\(float)}

      """
  }
}
