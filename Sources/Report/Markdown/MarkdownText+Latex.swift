import Words

extension MarkdownText {
  /// The text for LaTeX; a link is a link where the paper has hyperref, and its words otherwise.
  package var latex: String {
    blocks.map { Self.latex($0, lists: 0) }.joined(separator: "\n\n") + "\n"
  }

  private static func latex(_ block: MarkdownBlock, lists: Int) -> String {
    switch block {
    case .paragraph(let inlines): return latex(inlines)
    case .heading(_, let inlines): return "\\paragraph{\(latex(inlines))}"
    case .quote(let blocks):
      return "\\begin{quote}\n" + blocks.map { latex($0, lists: lists) }.joined(separator: "\n\n") + "\n\\end{quote}"
    case .code(let text):
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
        "\\mbox{\(LatexText.escaped(String($0)).replacing(" ", with: "~"))}"
      }
      return "\\begin{flushleft}\\ttfamily\n" + lines.joined(separator: "\\\\\n") + "\n\\end{flushleft}"
    case .rule: return "\\par\\noindent\\hrulefill\\par"
    case .list(let start, let items):
      let name = start == nil ? "itemize" : "enumerate"
      // The counters of the four levels of numbered lists.
      let counter = "enum" + ["i", "ii", "iii", "iv"][min(lists, 3)]
      let first = start.map { $0 == 1 ? "" : "\\setcounter{\(counter)}{\($0 - 1)}\n" } ?? ""
      let inner = items.map { blocks in
        "\\item{} " + blocks.map { latex($0, lists: start == nil ? lists : lists + 1) }.joined(separator: "\n\n")
      }
      return "\\begin{\(name)}\n\(first)" + inner.joined(separator: "\n") + "\n\\end{\(name)}"
    }
  }

  private static func latex(_ inlines: [MarkdownInline]) -> String {
    inlines.map { inline in
      switch inline {
      case .text(let text): LatexText.escaped(text)
      case .emphasis(let inner): "\\emph{\(latex(inner))}"
      case .strong(let inner): "\\textbf{\(latex(inner))}"
      case .code(let text): "\\texttt{\(LatexText.escaped(text))}"
      case .link(let inner, let address): "\\stratalink{\(latexAddress(address))}{\(latex(inner))}"
      case .lineBreak: "\\newline{}"
      }
    }.joined()
  }

  /// Defines what `latex` uses for links.
  package static let latexLink =
    "\\providecommand{\\stratalink}[2]{\\ifdefined\\href\\href{#1}{#2}\\else#2\\fi}\n"

  private static func latexAddress(_ address: String) -> String {
    address.map { character -> String in
      switch character {
      case "%", "#", "&", "_", "$": "\\\(character)"
      case "~": "\\string~"
      default: String(character)
      }
    }.joined()
  }
}
