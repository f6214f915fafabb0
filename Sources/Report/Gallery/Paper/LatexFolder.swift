import Figures
import Foundation
import Markdown
import Plot
import Words

/// The files for a paper: every figure as PDF with its float, comparisons as one float, tables, and a bibliography.
///
/// Captions do not repeat the details of the models: `models.tex` has them once.
package struct LatexFolder {
  /// By name, in order.
  let files: [(name: String, data: Data)]

  /// The folder of a gallery's content; PDFs and SVGs are taken from the gallery's folder.
  ///
  /// - Throws: `Diagnostic` when the figures lack the formats that LaTeX, or Typst, needs.
  init(_ content: GalleryContent, folder: URL) throws {
    let bibliography = Bibliography(content.manifest)
    let manifest = content.manifest
    let titles = Dictionary(manifest.prompts.map { ($0.id, $0.title ?? $0.id) }) { first, _ in first }
    let severalSubjects = Set(manifest.figures.map(\.prompt)).count > 1
    let floats = manifest.figures.map { figure in
      var float =
        content.details[figure.id]?.float
        ?? FigureFloat(
          id: figure.id, title: figure.title, caption: figure.caption, alt: figure.alt,
          size: Size(figure.width, figure.height))
      float.citations = bibliography.citations(of: figure)
      float.subject = severalSubjects ? titles[figure.prompt] ?? figure.prompt : nil
      float.model = manifest.models.count > 1 && figure.models.count == 1 ? figure.models[0] : nil
      return float
    }
    var files: [(name: String, data: Data)] = []
    func add(_ name: String, _ text: String) { files.append((name, Data(text.utf8))) }
    for (figure, float) in zip(content.manifest.figures, floats) {
      guard figure.files["pdf"] != nil, figure.files["tex"] != nil else {
        throw Self.missing("a folder for LaTeX needs every figure as pdf and tex", "pdf and tex", figure)
      }
      files.append(("\(figure.id).pdf", try Self.read(figure, "pdf", in: folder)))
      add("\(figure.id).tex", LatexSnippet(float).text)
      if figure.files["typ"] != nil {
        guard figure.files["svg"] != nil else {
          throw Self.missing("a figure for Typst needs svg", "svg", figure)
        }
        files.append(("\(figure.id).svg", try Self.read(figure, "svg", in: folder)))
        add("\(figure.id).typ", TypstSnippet(float).text)
      }
      if figure.files["qmd"] != nil {
        // Quarto takes the PNG for pages; the PDF is here already.
        if figure.files["png"] != nil {
          files.append(("\(figure.id).png", try Self.read(figure, "png", in: folder)))
        }
        add("\(figure.id).qmd", QuartoSnippet(float).text)
      }
    }
    let groups = ComparisonFloats(content.manifest, floats: floats)
    for group in groups.all { add("\(group.name).tex", group.text) }
    add("strata.bib", bibliography.text)
    add("figures.tex", Self.list(groups.order, tool: content.manifest.tool))
    if content.manifest.figures.contains(where: { $0.files["typ"] != nil }) {
      add("strata-typst.bib", bibliography.typst)
      let lines = floats.map { "#include \"\($0.id).typ\"\n" }
      add(
        "figures.typ",
        "// \(content.manifest.tool): all figures. A document says #include \"FOLDER/figures.typ\" and\n"
          + "// #bibliography(\"FOLDER/strata-typst.bib\").\n" + lines.joined())
    }
    files += Self.words(of: content.manifest).sorted { $0.key < $1.key }.map { (name: $0.key, data: $0.value) }
    let tables = PaperTables(content, bibliography: bibliography)
    for (name, text) in tables.files { add(name, text) }
    self.files = files
  }

  /// The author's words of a gallery, by the names of their files.
  package static func words(of manifest: GalleryManifest) -> [String: Data] {
    var texts = ["intro.tex": manifest.head?.intro, "conclusion.tex": manifest.head?.conclusion]
    for prompt in manifest.prompts { texts["note-\(Slug.make(prompt.id)).tex"] = prompt.note }
    return texts.compactMapValues { text in
      text.map { Data((MarkdownText.latexLink + MarkdownText($0).latex).utf8) }
    }
  }

  private static func read(_ figure: GalleryManifest.Figure, _ format: String, in folder: URL) throws -> Data {
    do {
      return try Data(contentsOf: folder.appending(path: figure.files[format]?.path ?? ""))
    } catch {
      throw Diagnostic(
        place: figure.id, "the figure's files cannot be read: \(error.localizedDescription)", category: .badInput)
    }
  }

  private static func missing(_ what: String, _ formats: String, _ figure: GalleryManifest.Figure) -> Diagnostic {
    Diagnostic(
      place: figure.id, what, hints: ["add \(formats) to the figure formats, or leave out latex"], category: .badSpec)
  }

  /// Floats that follow each other without a word between them before LaTeX has to place them.
  ///
  /// The LaTeX of 2022 ended with an error for fifty or more, and placed 48.
  private static let floatsTogether = 12

  /// All floats, one after another.
  static func list(_ names: [String], tool: String) -> String {
    let inputs = names.enumerated().map { number, name in
      (number > 0 && number % floatsTogether == 0 ? "\n\\clearpage\n" : "") + "\n\\input{\\stratafolder \(name)}\n"
    }
    return """
      % \(tool): all figures, prompt by prompt in the order of the spec, and for each prompt in the order of its figures. A paper with this folder beside it says, with graphicx and subcaption in its preamble,
      %   \\newcommand{\\stratafolder}{FOLDER/}\\input{FOLDER/figures}
      % Tables of models and findings, with booktabs in the preamble: \\input{FOLDER/tables}.
      % The author's words are in files of their own, where the spec has some, and are input where they belong in the paper:
      % \\input{FOLDER/intro}, \\input{FOLDER/conclusion}, \\input{FOLDER/note-PROMPT}.
      % Figures with bands are transparent. Where several stand on one page, pdfTeX warns of page groups, which does no harm;
      % \\pdfsuppresswarningpagegroup=1 in the preamble keeps it quiet.
      % One figure alone: \\graphicspath{{FOLDER/}} and \\input{FOLDER/NAME}. References: \\bibliography{FOLDER/strata}.
      \\providecommand{\\stratafolder}{}
      \\begingroup
      \\graphicspath{{\\stratafolder}}

      """ + inputs.joined() + "\n\\endgroup\n"
  }
}
