import Engine
import Words
import Yams

extension SpecReader {
  /// `output`: formats, pages, template and LaTeX; everything but the last when it is not given.
  package mutating func output(_ node: Node?) -> ReportSpec.Output {
    let known = ["figures", "gallery", "report", "template", "latex"]
    let fields = node.map { mapping($0, called: "output", known: known) } ?? [:]
    let formats = fields["figures"].map {
      words($0.value, called: "figure format", among: vocabulary.formats, plural: "figure formats")
    }
    let pages = fields["gallery"].map { galleryForms($0.value) } ?? ["html"]
    let output = ReportSpec.Output(
      figures: vocabulary.formats.filter { formats?.contains($0) ?? !vocabulary.extraFormats.contains($0) },
      gallery: pages.contains("html"), singleFile: pages.contains("single-file"),
      report: fields["report"].map {
        word($0.value, called: "report format", among: ["pdf", "none"], plural: "report formats") != "none"
      } ?? true,
      template: fields["template"].flatMap { text($0.value, called: "template") },
      latex: fields["latex"].flatMap { folder($0.value, called: "latex") })
    if let formats, !formats.isEmpty, output.hasPage, !formats.contains("svg"), !formats.contains("png") {
      report(
        fields["figures"]?.value.mark, "the gallery shows figures as svg or png, found neither in the figure formats",
        ["add svg, or write gallery: none"])
    }
    return output
  }

  private mutating func galleryForms(_ node: Node) -> [String] {
    let forms = words(
      node, called: "gallery format", among: ["html", "single-file", "none"], plural: "gallery formats")
    if forms.contains("none"), forms.count > 1 {
      report(node.mark, "gallery is both none and \(forms.first { $0 != "none" } ?? "")", ["keep one of them"])
    }
    return forms
  }

  /// The name of a folder inside the output.
  private mutating func folder(_ node: Node, called name: String) -> String? {
    guard let folder = text(node, called: name) else { return nil }
    guard Slug.isSlug(folder), !SpecReader.ownFolders.contains(folder) else {
      report(
        node.mark,
        "\(name) must be the name of a folder of its own inside the output, found '\(Node.shortened(folder))'",
        ["lower-case letters, digits and single dashes, for example latex: paper"])
      return nil
    }
    return folder
  }

  /// Folders of the output that have their use.
  private static let ownFolders: Set<String> = ["figures", "traces", "datasets", "assets", "prompts"]
}
