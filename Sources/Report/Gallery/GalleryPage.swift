import Engine
import Foundation

/// What the templates are given: the manifest as records, with everything worked out that a template cannot.
///
/// templates/README.md lists the names.
struct GalleryPage {
  private let manifest: GalleryManifest
  private let layout: GalleryLayout
  private let reportBytes: Int?
  private var anchors: Anchors

  /// A page; `reportBytes` is the size of `report.pdf`, nil when there is none.
  init(_ manifest: GalleryManifest, layout: GalleryLayout, reportBytes: Int?) {
    self.manifest = manifest
    self.layout = layout
    self.reportBytes = reportBytes
    anchors = Anchors(reserved: manifest.figures.map(\.id) + ["main", "contents", "models", "provenance"])
  }

  /// The root record.
  mutating func values() -> TemplateValue {
    var prompts: [TemplateValue] = []
    for (index, section) in layout.prompts.enumerated() { prompts.append(prompt(section, number: index + 1)) }
    var datasets: [TemplateValue] = []
    for (index, section) in layout.datasets.enumerated() { datasets.append(dataset(section, number: index + 1)) }
    let notes = manifest.warnings + layout.stray.map { "\($0.model), prompt \($0.prompt): \($0.message)" }
    return .record([
      "title": .text(manifest.title),
      "lead": .text(Wording.lead(manifest)),
      "counts": .list(Wording.counts(manifest).map { .text($0) }),
      "report": reportBytes.map { .record(["href": .text("report.pdf"), "size": .text(Wording.size(bytes: $0))]) }
        ?? .absent,
      "manyPrompts": .flag(manifest.prompts.count + manifest.datasets.count > 1),
      "models": .list(manifest.models.map(model)),
      "hasModels": .flag(!manifest.models.isEmpty),
      "prompts": .list(prompts),
      "datasets": .list(datasets),
      "methods": .list(Wording.methods(manifest).map { .text($0) }),
      "tool": .text(manifest.tool),
      "spec": .text(manifest.specSHA256),
      "specShort": .text(short(manifest.specSHA256)),
      "notes": .list(notes.map { .text($0) }),
      "hasNotes": .flag(!notes.isEmpty),
    ])
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
      "license": .optional(model.license),
      "source": .optional(model.source),
      "sourceHref": .optional(model.source.flatMap(Self.webAddress)),
      "sha256": .text(model.sha256),
      "sha256Short": .text(short(model.sha256)),
      "files": .list(
        model.files.map { file in
          .record([
            "path": .text(file.path), "size": .text(Wording.size(bytes: file.bytes)), "sha256": .text(file.sha256),
          ])
        }),
    ])
  }

  private mutating func prompt(_ section: GalleryLayout.PromptSection, number: Int) -> TemplateValue {
    let prompt = section.prompt
    let anchor = anchors.next(for: prompt.id)
    var comparisons: [TemplateValue] = []
    for comparison in section.comparisons { comparisons.append(self.comparison(comparison, prompt: prompt.id)) }
    return .record([
      "id": .text(prompt.id),
      "anchor": .text(anchor),
      "number": .number(number),
      "total": .number(layout.prompts.count),
      "excerpt": .text(VisibleText.excerpt(of: prompt.text, count: 90)),
      "pieces": pieces(prompt.text),
      "long": .flag(prompt.text.count > 240),
      "method": .optional(Wording.method(prompt.method)),
      "watch": .list(prompt.watch.map(watched)),
      "hasWatch": .flag(!prompt.watch.isEmpty),
      "outputs": .list(
        section.outputs.map { .record(["model": .text($0.model), "pieces": pieces($0.text)]) }),
      "hasOutputs": .flag(!section.outputs.isEmpty),
      "comparisons": .list(comparisons),
    ])
  }

  private mutating func dataset(_ section: GalleryLayout.DatasetSection, number: Int) -> TemplateValue {
    let dataset = section.dataset
    let anchor = anchors.next(for: dataset.id)
    var comparisons: [TemplateValue] = []
    for comparison in section.comparisons { comparisons.append(self.comparison(comparison, prompt: dataset.id)) }
    return .record([
      "id": .text(dataset.id),
      "anchor": .text(anchor),
      "number": .number(number),
      "total": .number(layout.datasets.count),
      "file": .text(dataset.file),
      "items": .text(Wording.count(dataset.items, "prompt")),
      "comparisons": .list(comparisons),
      "hasRows": .flag(!dataset.rows.isEmpty),
      "heads": .list(dataset.heads.map { .text($0) }),
      "rows": .list(
        dataset.rows.map { row in
          .record([
            "model": .text(row.model), "group": .text(row.group), "items": .text(Wording.grouped(row.items)),
            "cells": .list(row.cells.map { .text($0) }),
          ])
        }),
      "results": .list(
        dataset.results.flatMap { result in
          [("JSON", result.json), ("CSV", result.csv)].map { format, file in
            TemplateValue.record([
              "format": .text(format), "model": .text(result.model), "href": .text(Self.href(file.path)),
              "size": .text(Wording.size(bytes: file.bytes)),
            ])
          }
        }),
    ])
  }

  /// "prompt keys", "dataset agreement".
  private func place(of id: String) -> String {
    (manifest.datasets.contains { $0.id == id } ? "dataset " : "prompt ") + id
  }

  /// A word, or a set with its members.
  private func watched(_ watched: Watched) -> TemplateValue {
    let members = watched.members.map { TemplateValue.record(["pieces": pieces($0), "members": .absent]) }
    return .record([
      "pieces": pieces(watched.name), "members": .list(members), "isSet": .flag(!members.isEmpty),
      "relation": .text(watched.relation),
    ])
  }

  private mutating func comparison(
    _ comparison: GalleryLayout.Comparison, prompt: String
  ) -> TemplateValue {
    let anchor = anchors.next(for: comparison.group)
    var panels: [TemplateValue] = []
    for panel in comparison.panels {
      switch panel {
      case .figure(let figure):
        panels.append(.record(["figure": self.figure(figure, prompt: prompt), "failure": .absent]))
      case .failure(let failure):
        let record = TemplateValue.record(["model": .text(failure.model), "message": .text(failure.message)])
        panels.append(.record(["figure": .absent, "failure": record]))
      }
    }
    return .record([
      "anchor": .text(anchor),
      "title": .text(comparison.title),
      "place": .text(place(of: prompt)),
      // Two figures of 440 PDF units fit side by side on a wide screen at their true size.
      "wide": .flag(comparison.width > 440),
      // Three of 230 units.
      "narrow": .flag(comparison.width <= 230 && comparison.width > 0),
      "single": .flag(comparison.panels.count == 1),
      "panels": .list(panels),
    ])
  }

  private func figure(_ figure: GalleryManifest.Figure, prompt: String) -> TemplateValue {
    // One PDF unit is 1/72 inch, one CSS pixel 1/96.
    let pixels = (width: Int((figure.width * 4 / 3).rounded()), height: Int((figure.height * 4 / 3).rounded()))
    let image = figure.files["svg"] ?? figure.files["png"]
    return .record([
      "id": .text(figure.id),
      "kind": .text(figure.kind),
      "model": .text(figure.model),
      "label": .text("\(figure.title): \(figure.model), \(place(of: prompt))"),
      "caption": .text(figure.caption),
      "alt": .text(figure.alt),
      "image": .text(Self.href(image?.path ?? "")),
      "width": .number(max(1, pixels.width)),
      "height": .number(max(1, pixels.height)),
      // Narrower ones shrink to any screen and never scroll.
      "scrolls": .flag(pixels.width > 448),
      "downloads": .list(downloads(figure)),
    ])
  }

  private func downloads(_ figure: GalleryManifest.Figure) -> [TemplateValue] {
    let first = ["pdf", "svg", "png", "png2x", "csv", "tex", "trace"]
    let rest = figure.files.keys.filter { !first.contains($0) }.sorted()
    return (first + rest).compactMap { format in
      guard let file = figure.files[format] else { return nil }
      return .record([
        "format": .text(Wording.format(format)),
        "href": .text(Self.href(file.path)),
        "size": .text(Wording.size(bytes: file.bytes)),
      ])
    }
  }

  private func pieces(_ text: String) -> TemplateValue {
    .list(
      VisibleText.pieces(of: text).map { piece in
        var record: [String: TemplateValue] = [
          "plain": .absent, "newline": .absent, "spaces": .absent, "control": .absent,
        ]
        switch piece {
        case .plain(let text): record["plain"] = .text(text)
        case .newline: record["newline"] = .record(["break": .lineBreak])
        case .spaces(let spaces): record["spaces"] = .list(spaces.map { .text(String($0)) })
        case .control(let label): record["control"] = .text(label)
        }
        return .record(record)
      })
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
