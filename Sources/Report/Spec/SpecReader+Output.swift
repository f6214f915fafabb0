import Engine
import Words
import Yams

extension SpecReader {
  /// `output`: formats, pages, template and LaTeX.
  ///
  /// A spec without it gets everything except the folder for LaTeX.
  mutating func output(_ fields: SpecFields?) -> ReportSpec.Output {
    typealias Key = SpecSection.Output
    guard let fields else {
      return ReportSpec.Output(figures: vocabulary.usualFormats, gallery: true, report: true)
    }
    let formats = read(Key.figures, in: fields)
    let pages = galleryForms(fields) ?? ["html"]
    let output = ReportSpec.Output(
      figures: formats.map { vocabulary.formats.filter($0.contains) } ?? vocabulary.usualFormats,
      gallery: pages.contains("html"), singleFile: pages.contains("single-file"),
      report: read(Key.report, in: fields) != "none", paper: read(Key.paper, in: fields) ?? "a4",
      logo: read(Key.logo, in: fields),
      template: read(Key.template, in: fields),
      latex: read(Key.latex, in: fields))
    if let formats, !formats.isEmpty, output.hasPage, !formats.contains("svg"), !formats.contains("png") {
      report(
        fields[Key.figures]?.value.mark,
        "the gallery shows figures as svg or png, found neither in the figure formats",
        ["add svg, or write gallery: none"])
    }
    if formats != nil, let latex = output.latex {
      let needed = ["pdf", "tex"] + (output.figures.contains("typ") ? ["svg"] : [])
      let missing = needed.filter { !output.figures.contains($0) }
      if !missing.isEmpty {
        report(
          fields[Key.figures]?.value.mark,
          "latex: \(latex) needs every figure as \(Wording.enumeration(needed)), found no \(Wording.enumeration(missing)) in the figure formats",
          ["add \(Wording.enumeration(missing)), or leave out latex"])
      }
    }
    return output
  }

  private mutating func galleryForms(_ fields: SpecFields) -> [String]? {
    let forms = read(SpecSection.Output.gallery, in: fields)
    if let forms, forms.contains("none"), forms.count > 1 {
      report(
        fields[SpecSection.Output.gallery]?.value.mark,
        "gallery is both none and \(forms.first { $0 != "none" } ?? "")", ["keep one of them"])
    }
    return forms
  }
}
