import Words

/// A caption for LaTeX.
///
/// LaTeX measures a caption on one line, which may be no longer than 16,384 points, and no page has room for a long one below its
/// figure. What does not fit stands as a paragraph behind the float, which breaks over pages.
package struct LatexCaption {
  /// The argument of `\caption`, with its citations.
  package let text: String
  /// The definition that the citations need, a line; empty without any.
  package let preamble: String
  /// The paragraph behind the float; empty for most captions.
  package let rest: String

  /// - Parameters:
  ///   - label: The figure's, to which the paragraph refers.
  ///   - longest: A caption with more characters is divided.
  package init(_ caption: String, citations: [String], label: String, longest: Int) {
    let (first, second) = Self.divided(caption, longest)
    let cite = citations.isEmpty ? "" : "~\\stratacite{\(citations.joined(separator: ","))}"
    text = FigureFloat.cited(first, cite, LatexText.breakable)
    preamble = citations.isEmpty ? "" : Self.stratacite
    rest =
      second.isEmpty
      ? ""
      : "\\par\\noindent\\textit{Caption of \\figurename~\\ref{\(label)}, continued:} \(LatexText.breakable(second))\\par\n"
  }

  /// How captions cite: in brackets in every style of natbib and biblatex, where `\cite` may write names into the sentence.
  package static let stratacite =
    "\\providecommand{\\stratacite}[1]{\\ifdefined\\citep\\citep{#1}\\else\\ifdefined\\parencite\\parencite{#1}\\else\\cite{#1}\\fi\\fi}\n"

  /// At the end of the last sentence that fits, or of the last word.
  static func divided(_ caption: String, _ longest: Int) -> (String, String) {
    guard caption.count > longest else { return (caption, "") }
    let start = caption.prefix(longest)
    let rest = caption[start.endIndex...]
    if let stop = start.ranges(of: ". ").last {
      return (String(start[..<stop.lowerBound]) + ".", String(start[stop.upperBound...] + rest))
    }
    if let space = start.lastIndex(of: " ") {
      return (start[..<space] + " \u{2026}", String(start[space...].dropFirst() + rest))
    }
    return (start + "\u{2026}", String(rest))
  }
}
