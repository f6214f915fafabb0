import Traces
import Words

/// `strata.bib`: the program, the lens, the article whose figures these are, and the models.
///
/// Only types and fields that plain, natbib's styles and biblatex know, so that none of them warns. Natbib's styles want a
/// year, and biblatex wants a number where there is one; models and programs have none. BibTeX reads what an `@comment` holds
/// and biber does not, so that both get what they want. Typst reads neither, and has a file without years.
struct Bibliography {
  private let manifest: GalleryManifest
  /// The keys of the models' entries, by name.
  private let keys: [String: String]

  init(_ manifest: GalleryManifest) {
    self.manifest = manifest
    let names = manifest.models.map(\.name)
    keys = Dictionary(zip(names, Slug.unique(names).map { "model-\($0)" })) { first, _ in first }
  }

  /// The key of a model's entry.
  func key(of model: String) -> String? { keys[model] }

  /// What a figure's caption cites: its models, and the lens through which it shows them.
  func citations(of figure: GalleryManifest.Figure) -> [String] {
    let names = figure.models.isEmpty ? [figure.model] : figure.models
    return names.compactMap { keys[$0] } + figure.allLenses.map { Self.lensKey($0.kind) }.uniqued
  }

  private static func lensKey(_ lens: Trace.Lens.Kind) -> String {
    switch lens {
    case .logit: "logitlens2020"
    case .tuned: "tunedlens2023"
    case .jacobian: "jacobianlens2026"
    }
  }

  /// The file for BibTeX and biblatex.
  var text: String { Self.preamble + entries(year: "\n  year = nodate,") }

  /// The file for Typst.
  var typst: String { entries(year: "") }

  private func entries(year: String) -> String {
    let kinds = Set(manifest.figures.flatMap { $0.allLenses.map(\.kind) })
    return Self.strata(manifest.tool, year: year) + Self.logitLens + (kinds.contains(.tuned) ? Self.tunedLens : "")
      + (kinds.contains(.jacobian) ? Self.jacobianLens : "")
      + Self.article + manifest.models.map { entry($0, year: year) }.joined()
  }

  /// A model: its name, where it comes from, and the beginning of its digest; the table of models has all.
  private func entry(_ model: GalleryManifest.Model, year: String) -> String {
    let facts = [
      "\(model.weights) weights", model.license.map { "licence \($0)" }, "SHA-256 \(model.sha256.prefix(12))",
      model.adapter.map { "LoRA adapter \($0.name), SHA-256 \($0.sha256.prefix(12))" },
    ]
    let name = LatexText.escaped(model.name)
    return """

      @misc{\(keys[model.name] ?? "model"),
        author = {{\(name)}},
        title = {{\(name)}: weights of a language model},
        howpublished = {\(model.source.map(Self.place) ?? "Local files")},\(year)
        note = {\(facts.compactMap(\.self).map(LatexText.escaped).joined(separator: "; "))}
      }

      """
  }

  /// A web address as one that may be broken between lines, anything else as text.
  private static func place(_ source: String) -> String {
    let isAddress =
      source.hasPrefix("https://") && source.unicodeScalars.allSatisfy { $0.isASCII && addressSigns.contains($0) }
    return isAddress ? "\\url{\(source)}" : LatexText.escaped(source)
  }

  /// No sign that TeX would read as its own.
  private static let addressSigns = Set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.-_?=+@,;".unicodeScalars)

  private static let preamble = """
    @preamble{"\\providecommand{\\url}[1]{\\texttt{\\detokenize{#1}}}"}
    @string{nodate = ""}
    @comment{@string{nodate = "n.d."} is read by BibTeX alone, whose author-year styles want a year.}

    """

  private static func strata(_ tool: String, year: String) -> String {
    """

    @misc{strata,
      author = {{Strata}},
      title = {{Strata}: figures of how hidden states become words},
      howpublished = {Computer program},\(year)
      note = {\(LatexText.escaped(tool))}
    }

    """
  }

  private static let logitLens = """

    @misc{logitlens2020,
      author = {nostalgebraist},
      title = {{Interpreting GPT: the logit lens}},
      year = {2020},
      howpublished = {LessWrong}
    }

    """

  private static let tunedLens = """

    @misc{tunedlens2023,
      author = {Belrose, Nora and Furman, Zach and Smith, Logan and Halawi, Danny and Ostrovsky, Igor and McKinney, Lev
        and Biderman, Stella and Steinhardt, Jacob},
      title = {{Eliciting latent predictions from transformers with the tuned lens}},
      year = {2023},
      howpublished = {arXiv:2303.08112}
    }

    """

  private static let jacobianLens = """

    @misc{jacobianlens2026,
      title = {{Verbalizable Representations Form a Global Workspace in Language Models}},
      year = {2026},
      howpublished = {Transformer Circuits}
    }

    """

  private static let article = """

    @misc{alammar2021hidden,
      author = {Alammar, Jay},
      title = {{Finding the Words to Say: Hidden State Visualizations for Language Models}},
      year = {2021},
      howpublished = {jalammar.github.io}
    }

    """
}
