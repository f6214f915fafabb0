import Figures
import Foundation
import Plot
import Words

/// The files for a paper: every figure as PDF with its float, one file with all floats, and a bibliography.
struct LatexFolder {
  /// By name, in order.
  let files: [(name: String, data: Data)]

  /// The folder of a gallery's content; PDFs and snippets are taken from the gallery's folder.
  ///
  /// - Throws: `Diagnostic` when the figures lack the formats that LaTeX needs.
  init(_ content: GalleryContent, folder: URL) throws {
    var files: [(name: String, data: Data)] = []
    for figure in content.manifest.figures {
      guard let pdf = figure.files["pdf"], let tex = figure.files["tex"] else {
        throw Diagnostic(
          place: figure.id, "a folder for LaTeX needs every figure as pdf and tex",
          hints: ["add pdf and tex to the figure formats, or leave out latex"], category: .badSpec)
      }
      do {
        files.append(("\(figure.id).pdf", try Data(contentsOf: folder.appending(path: pdf.path))))
        files.append(("\(figure.id).tex", try Data(contentsOf: folder.appending(path: tex.path))))
      } catch {
        throw Diagnostic(
          place: figure.id, "the figure's files cannot be read: \(error.localizedDescription)", category: .badInput)
      }
    }
    files.append(("strata.bib", Data(Self.bibliography(content.manifest).utf8)))
    files.append(("figures.tex", Data(Self.list(content.manifest).utf8)))
    self.files = files
  }

  /// All floats, one after another.
  private static func list(_ manifest: GalleryManifest) -> String {
    let head = """
      % \(manifest.tool): all figures. A paper with this folder beside it says, with graphicx in its preamble,
      %   \\newcommand{\\stratafolder}{FOLDER/}\\input{FOLDER/figures}
      % One figure alone: \\graphicspath{{FOLDER/}} and \\input{FOLDER/NAME}. References: \\bibliography{FOLDER/strata}.
      \\providecommand{\\stratafolder}{}
      \\begingroup
      \\graphicspath{{\\stratafolder}}

      """
    return head
      + manifest.figures.map { figure in
        "\n% cite \(keys(of: figure, in: manifest).joined(separator: ", "))\n\\input{\\stratafolder \(figure.id)}\n"
      }.joined() + "\n\\endgroup\n"
  }

  private static func keys(of figure: GalleryManifest.Figure, in manifest: GalleryManifest) -> [String] {
    let names = figure.models.isEmpty ? [figure.model] : figure.models
    return names.filter { name in manifest.models.contains { $0.name == name } }.map { "model-\(Slug.make($0))" }
      + ["logitlens2020", "strata"]
  }

  /// The program, the lens, the article whose figures these are, and the models.
  private static func bibliography(_ manifest: GalleryManifest) -> String {
    let fixed = """
      @software{strata,
        key = {Strata},
        title = {Strata: figures of how hidden states become words},
        note = {\(LatexText.escaped(manifest.tool))}
      }

      @misc{logitlens2020,
        author = {nostalgebraist},
        title = {interpreting {GPT}: the logit lens},
        year = {2020},
        howpublished = {LessWrong}
      }

      @misc{alammar2021hidden,
        author = {Alammar, Jay},
        title = {Finding the Words to Say: Hidden State Visualizations for Language Models},
        year = {2021},
        howpublished = {jalammar.github.io}
      }

      """
    let models = zip(manifest.models, Slug.unique(manifest.models.map(\.name))).map { model, slug in
      let facts = [
        model.source, "\(model.weights) weights", model.license.map { "licence \($0)" }, "SHA-256 \(model.sha256)",
        model.adapter.map { "LoRA adapter \($0.name), SHA-256 \($0.sha256)" },
      ]
      return """

        @misc{model-\(slug),
          key = {\(LatexText.escaped(model.name))},
          title = {\(LatexText.escaped(model.name))},
          note = {\(facts.compactMap(\.self).map(LatexText.escaped).joined(separator: "; "))}
        }

        """
    }
    return fixed + models.joined()
  }
}
