import Files
import Findings
import Foundation
import Plot
import Words

/// The input of the templates: the manifest as records, with everything computed that a template cannot compute.
///
/// templates/README.md lists the names.
struct GalleryPage {
  let content: GalleryContent
  /// What the page shows of its figures besides their pictures, by id.
  var details: [String: FigureDetail] = [:]
  let layout: GalleryLayout
  /// The folder of the figures' files.
  let folder: URL
  /// Size of `report.pdf`; nil when there is none.
  let reportBytes: Int?
  /// The template's `icon.svg`; nil when it has none.
  let icon: Data?
  /// Paths of the pages of prompts and datasets, "prompts/heathrow.html"; empty when there is only one page.
  let parts: [String]
  /// Ids of prompts, then of datasets.
  let sectionAnchors: [String]
  /// Ids of comparisons, by group.
  let comparisonAnchors: [String: String]
  /// Slugs of models for addresses and filters, by name.
  let modelSlugs: [String: String]
  /// Small pictures of the first page, by their paths in the gallery's folder.
  let pictures: [String: FrontPicture]
  /// What a search finds figures by.
  let search: SearchWords
  /// Where the findings of a prompt or dataset by a model stand.
  let findingPlaces: FindingPlaces
  /// Indices of sections by what they are about.
  let sectionPlaces: [String: Int]
  /// The sentence under the title, and those about method, which every page has.
  private let lead: TemplateValue
  private let methods: TemplateValue

  var manifest: GalleryManifest { content.manifest }

  /// The page for which a record is made.
  struct Place {
    /// The path from the page to the gallery's folder: "" or "../".
    var root = ""
    /// The section that the page shows; nil on a page of all sections.
    var section: Int?
    /// Whether the page is one of several.
    var isSplit = false
    /// Whether the page contains all its files.
    var isSingle = false
  }

  init(
    _ content: GalleryContent, layout: GalleryLayout, folder: URL, reportBytes: Int?, isSplit: Bool, icon: Data? = nil
  ) {
    self.icon = icon
    self.content = content
    self.layout = layout
    self.folder = folder
    self.reportBytes = reportBytes
    let manifest = content.manifest
    var anchors = Anchors(
      reserved: manifest.figures.map(\.id) + [
        "main", "overview", "conclusion", "overview-title", "filter", "findings", "models", "provenance",
      ])
    var sections: [String] = []
    var comparisons: [String: String] = [:]
    for section in layout.sections {
      sections.append(anchors.next(for: section.id))
      for group in section.comparisons.map(\.group) where comparisons[group] == nil {
        comparisons[group] = anchors.next(for: group)
      }
    }
    sectionAnchors = sections
    comparisonAnchors = comparisons
    parts = isSplit ? sections.map { "prompts/\($0).html" } : []
    let names = manifest.models.map(\.name)
    search = SearchWords(manifest.figures)
    findingPlaces = FindingPlaces(content.findings.rows)
    sectionPlaces = Dictionary(layout.sections.enumerated().map { ($1.id, $0) }) { first, _ in first }
    lead = .text(Wording.lead(manifest))
    methods = .list(Wording.methods(manifest).map { .text($0) })
    modelSlugs = Dictionary(zip(names, Slug.unique(names))) { first, _ in first }
    pictures = Self.pictures(
      content.front, layout, anchors: sections, models: zip(names, Slug.unique(names)).map { ($0, $1) },
      isSummed: manifest.prompts.count > GalleryFront.mostStrips)
  }

  /// The root record of `index.html`.
  func index() -> TemplateValue { values(Place(isSplit: !parts.isEmpty)) }

  /// The root record of one of `parts`.
  func part(_ number: Int) -> TemplateValue {
    values(Place(root: "../", section: number, isSplit: true))
  }

  /// The root record of a page with everything in it.
  /// - Throws: `Diagnostic` when a figure's file cannot be read.
  func single(style: String, script: String) throws -> TemplateValue {
    for figure in manifest.figures {
      for file in [picture(of: figure), figure.files["thumb"]].compactMap(\.self) {
        guard FileState(path: folder.appending(path: file.path).path) != nil else {
          throw FileDigests.unreadable(folder.appending(path: file.path), errno)
        }
      }
    }
    return values(Place(isSingle: true), style: style, script: script)
  }

  private func isPrompt(_ section: Int) -> Bool {
    if case .prompt = layout.sections[section].subject { true } else { false }
  }

  private func values(_ place: Place, style: String = "", script: String = "") -> TemplateValue {
    let notes = manifest.warnings + layout.stray.map { "\($0.model), prompt \($0.prompt): \($0.message)" }
    let sections = sectionAnchors.indices.filter { place.section == nil ? !place.isSplit : place.section == $0 }
    let (prompts, datasets) = (sections.filter { isPrompt($0) }, sections.filter { !isPrompt($0) })
    let name = place.section.map { layout.sections[$0].title }
    let values: [String: TemplateValue] = [
      "title": .text(manifest.title),
      "pageTitle": .text((name.map { "\($0) · " } ?? "") + manifest.title),
      "root": .text(place.root),
      "lead": lead,
      "counts": .list(Wording.counts(manifest).map { .text($0) }),
      "report": place.isSingle
        ? .absent
        : reportBytes.map {
          .record(["href": .text(place.root + "report.pdf"), "size": .text(Wording.size(bytes: $0))])
        } ?? .absent,
      "isSplit": .flag(place.isSplit),
      "isSingle": .flag(place.isSingle),
      "contents": .list(contents(place)),
      "hasContents": .flag(!contents(place).isEmpty),
      "icon": icon(place),
      "preview": place.isSingle ? .absent : preview(place),
      "policy": .text(ContentPolicy.of(style: style, script: script, isSingle: place.isSingle)),
      "style": place.isSingle ? .raw(style) : .absent,
      "script": place.isSingle ? .raw(script) : .absent,
      "overview": place.section == nil && !sectionAnchors.isEmpty ? overview(place) : .absent,
      "findings": place.section == nil ? findings(place) : .absent,
      "filter": filter(place),
      "previous": neighbour(of: place.section, by: -1),
      "next": neighbour(of: place.section, by: 1),
      "models": .list(manifest.models.map(model)),
      "hasModels": .flag(!manifest.models.isEmpty),
      "prompts": .list(prompts.map { section($0, place) }),
      "datasets": .list(datasets.map { section($0, place) }),
      "methods": methods,
      "tool": .text(manifest.tool),
      "spec": .text(manifest.specSHA256),
      "specShort": .text(short(manifest.specSHA256)),
      "notes": .list(notes.map { .text($0) }),
      "hasNotes": .flag(!notes.isEmpty),
    ]
    return .record(values.merging(head()) { $1 })
  }

  /// In a gallery with more sections, the contents are left to the overview: every page would repeat them.
  private static let mostContents = 120

  /// The links beside a page.
  private func contents(_ place: Place) -> [TemplateValue] {
    guard (2...Self.mostContents).contains(sectionAnchors.count) else { return [] }
    func link(_ label: String, _ href: String, isCurrent: Bool = false) -> TemplateValue {
      .record(["label": .text(label), "href": .text(href), "isCurrent": .flag(isCurrent)])
    }
    let home = place.section == nil ? "" : place.root + "index.html"
    let sections = sectionAnchors.indices.map { index in
      link(
        layout.sections[index].title,
        parts.isEmpty || place.isSingle
          ? "#" + sectionAnchors[index] : place.root + Self.href(parts[index]),
        isCurrent: place.section == index)
    }
    return [link("Overview", home + "#overview")] + sections
      + (manifest.models.isEmpty ? [] : [link("Models", home + "#models")])
      + [link("Provenance", home + "#provenance")]
  }

  /// The picture of the page in the tab of a browser: the template's `icon.svg`.
  private func icon(_ place: Place) -> TemplateValue {
    guard let icon else { return .absent }
    return .text(
      place.isSingle ? "data:image/svg+xml;base64,\(icon.base64EncodedString())" : place.root + "assets/icon.svg")
  }

  /// What is shown of the page where somebody links to it: the first figure that has a PNG file.
  private func preview(_ place: Place) -> TemplateValue {
    let figures =
      place.section.map { layout.sections[$0].comparisons.flatMap(\.panels).compactMap(\.figure) } ?? manifest.figures
    guard let figure = figures.first(where: { $0.files["png"] != nil }), let file = figure.files["png"] else {
      return .absent
    }
    // A PNG file has 300 pixels per inch, a PDF unit is 1/72 inch.
    return .record([
      "src": .text(place.root + Self.href(file.path)), "alt": .text(figure.alt),
      "width": .number(Int((figure.width * 300 / 72).rounded())),
      "height": .number(Int((figure.height * 300 / 72).rounded())),
    ])
  }

  /// The page before or after the page of a section.
  private func neighbour(of section: Int?, by step: Int) -> TemplateValue {
    guard let section, parts.indices.contains(section + step) else { return .absent }
    let other = section + step
    return .record(["href": .text("../" + parts[other]), "id": .text(layout.sections[other].title)])
  }

  private func model(_ model: GalleryManifest.Model) -> TemplateValue {
    .record([
      "name": .text(model.name),
      "reference": .text(model.reference),
      "architecture": .text(model.architecture),
      "layers": .text(Wording.grouped(model.layers)),
      "width": .text(Wording.grouped(model.width)),
      "vocabulary": .text(Wording.grouped(model.vocabulary)),
      "weights": .text(model.weights),
      "size": .optional(model.ranElsewhere == true ? nil : Wording.size(of: model.files)),
      "numbers": .optional(Wording.givenNumbers(model)),
      "adapter": .optional(model.adapter?.name),
      "license": .optional(model.license),
      "source": .optional(model.source),
      "sourceHref": .optional(model.source.flatMap(Self.webAddress)),
      "sha256": .text(model.sha256),
      "sha256Short": .text(short(model.sha256)),
      "files": .list(
        model.files.map { file in
          .record([
            "path": .text(file.path), "size": .text(Wording.size(bytes: file.bytes)), "sha256": .text(file.sha256),
            "of": .text(Wording.owner(of: model)),
          ])
        }),
    ])
  }

  private func short(_ hash: String) -> String { String(hash.prefix(12)) }

  /// A relative address for a path of the gallery: everything but unreserved characters is percent-encoded.
  static func href(_ path: String) -> String {
    let unreserved = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
    return path.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
  }

  /// `text` if it is a plain https or http address; only such a source becomes a link.
  static func webAddress(_ text: String) -> String? {
    let allowed = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"'<>\\^`{|}".utf8.contains($0) }
    return allowed && (text.hasPrefix("https://") || text.hasPrefix("http://")) ? text : nil
  }
}
