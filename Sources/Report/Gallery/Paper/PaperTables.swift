import Findings
import Words

/// The tables of a paper by booktabs: the models once, and the findings.
struct PaperTables {
  /// By name: the tables alone, and `tables.tex` with them as floats.
  let files: [(name: String, text: String)]

  init(_ content: GalleryContent, bibliography: Bibliography) {
    var files: [(name: String, text: String)] = []
    var floats: [String] = []
    func add(_ name: String, _ text: String, caption: String) {
      files.append(("\(name).tex", text))
      floats.append(
        """
        \\begin{table*}[t]
          \\centering
          \\footnotesize
          \\caption{\(LatexText.escaped(caption))}
          \\label{tab:\(name)}
          \\input{\\stratafolder \(name)}
        \\end{table*}

        """)
    }
    if !content.manifest.models.isEmpty {
      add(
        "models", Self.models(content.manifest, bibliography),
        caption:
          "The models: number of layers, width of the residual stream, size of the vocabulary, and the stored format "
          + "of the weights.")
    }
    if let findings = content.findings.latex {
      add(
        "findings", findings,
        caption:
          "Key numbers: the output of each model, its probability after the last layer, and the layer from which it "
          + "has rank 1 for good (of several tokens the median, with the earliest and the latest). Of watched words it is "
          + "the layer from which the first is more probable for good, with both probabilities.")
    }
    if !floats.isEmpty {
      files.append(
        (
          "tables.tex",
          "% \(content.manifest.tool): tables as floats. Needs \\usepackage{booktabs}.\n"
            + "\\providecommand{\\stratafolder}{}\n\n" + floats.joined(separator: "\n")
        ))
    }
    self.files = files
  }

  /// A row for every model.
  private static func models(_ manifest: GalleryManifest, _ bibliography: Bibliography) -> String {
    let rows = manifest.models.map { model -> String in
      let cite = bibliography.key(of: model.name).map { "~\\cite{\($0)}" } ?? ""
      let cells = [
        LatexText.escaped(model.name) + cite, LatexText.escaped(model.architecture), Wording.grouped(model.layers),
        Wording.grouped(model.width), Wording.grouped(model.vocabulary), LatexText.escaped(model.weights),
        LatexText.escaped(manifest.lenses(of: model).joined(separator: "; ")),
        LatexText.escaped(model.license ?? "not stated"),
        "\\texttt{\(model.sha256.prefix(12))}",
      ]
      return cells.joined(separator: " & ") + " \\\\\n"
    }
    return """
      % Needs \\usepackage{booktabs}.
      \\begin{tabular}{llrrrllll}
      \\toprule
      Model & Family & Layers & Width & Vocabulary & Weights & Lens & Licence & SHA-256 \\\\
      \\midrule
      \(rows.joined())\\bottomrule
      \\end{tabular}

      """
  }
}
