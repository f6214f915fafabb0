import Figures
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
          \\setlength{\\tabcolsep}{3.5pt}
          \\caption{\(LatexText.escaped(caption))}
          \\label{tab:\(name)}
          \\sbox0{\\input{\\stratafolder \(name)}}
          \\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox0}\\else\\usebox0\\fi
        \\end{table*}

        """)
    }
    if !content.manifest.models.isEmpty {
      let lenses = content.manifest.models.map { content.manifest.lenses(of: $0) }
      let lens = Set(lenses).count == 1 ? lenses[0].joined(separator: "; ") : ""
      add(
        "models", Self.models(content.manifest, bibliography),
        caption:
          "The models: number of layers, width of the residual stream, size of the vocabulary, and the stored format "
          + "of the weights." + (lens.isEmpty ? "" : " All are read through: \(lens)."))
    }
    if let findings = content.findings.latex {
      add(
        "findings", findings,
        caption:
          "Key numbers: the output of each model, its probability after the last layer, and the layer from which it "
          + "has rank 1 for good (of several tokens the median, with the earliest and the latest). Of watched words it is "
          + "the layer from which the first is more probable for good, with both probabilities"
          + (content.findings.table().hasWatched
            ? "; the most probable token of all stands in brackets where it is another." : "."))
    }
    if !floats.isEmpty {
      files.append(
        (
          "tables.tex",
          "% \(content.manifest.tool): tables as floats. Needs \\usepackage{booktabs,graphicx}; a table wider than the page is reduced to it.\n"
            + "\\providecommand{\\stratafolder}{}\n\n" + floats.joined(separator: "\n")
        ))
    }
    self.files = files
  }

  /// A row for every model.
  private static func models(_ manifest: GalleryManifest, _ bibliography: Bibliography) -> String {
    let lenses = Set(manifest.models.map { manifest.lenses(of: $0) })
    // What is the same for all models stands in the caption.
    let hasLens = lenses.count > 1
    let rows = manifest.models.map { model -> String in
      let cite = bibliography.key(of: model.name).map { "~\\stratacite{\($0)}" } ?? ""
      let cells = [
        LatexText.escaped(model.name) + cite, LatexText.escaped(model.architecture), Wording.grouped(model.layers),
        Wording.grouped(model.width), Wording.grouped(model.vocabulary), LatexText.escaped(model.weights),
        LatexText.escaped(model.license ?? "not stated"),
      ]
      let lens = hasLens ? [LatexText.escaped(manifest.lenses(of: model).joined(separator: "; "))] : []
      return (cells + lens).joined(separator: " & ") + " \\\\\n"
    }
    return """
      % Needs \\usepackage{booktabs}.
      \(LatexCaption.stratacite)\\begin{tabular}{llrrrll\(hasLens ? "l" : "")}
      \\toprule
      Model & Family & Layers & Width & Vocabulary & Weights & Licence\(hasLens ? " & Lens" : "") \\\\
      \\midrule
      \(rows.joined())\\bottomrule
      \\end{tabular}

      """
  }
}
