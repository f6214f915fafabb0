import Foundation

// The overview: prompts down, models across, a small picture and a link for every figure; and what to filter by.

extension GalleryPage {
  func overview(_ place: Place) -> TemplateValue {
    // Figures of several models stand in a column of their own.
    let hasShared = manifest.figures.contains { $0.models.count > 1 }
    let models = manifest.models.map(\.name)
    let columns = models + (hasShared ? ["Together"] : [])
    return .record([
      "columns": .list(columns.map { .record(["name": .text($0)]) }),
      "rows": .list(
        sectionAnchors.indices.map { section in
          let (id, text, figures, failures) = row(section)
          var cells = models.map { model in
            cell(
              figures.filter { $0.models.count < 2 && ($0.models.first ?? $0.model) == model },
              failures.filter { $0.model == model }, of: section, place)
          }
          if hasShared { cells.append(cell(figures.filter { $0.models.count > 1 }, [], of: section, place)) }
          return .record([
            "id": .text(id), "anchor": .text(sectionAnchors[section]), "excerpt": .text(text),
            "href": .text(href(ofSection: section, fragment: sectionAnchors[section], place)), "cells": .list(cells),
          ])
        }),
    ])
  }

  private func row(
    _ section: Int
  ) -> (id: String, text: String, figures: [GalleryManifest.Figure], failures: [GalleryManifest.Failure]) {
    let comparisons: [GalleryLayout.Comparison]
    let (id, text): (String, String)
    if section < layout.prompts.count {
      let found = layout.prompts[section]
      (id, text) = (found.prompt.id, VisibleText.excerpt(of: found.prompt.text, count: 70))
      comparisons = found.comparisons
    } else {
      let found = layout.datasets[section - layout.prompts.count]
      (id, text) = (found.dataset.id, "\(Wording.count(found.dataset.items, "prompt")) from \(found.dataset.file)")
      comparisons = found.comparisons
    }
    let panels = comparisons.flatMap(\.panels)
    let failures = panels.compactMap { panel in
      if case .failure(let failure) = panel { failure } else { nil }
    }
    return (id, text, panels.compactMap(\.figure), failures)
  }

  private func cell(
    _ figures: [GalleryManifest.Figure], _ failures: [GalleryManifest.Failure], of section: Int, _ place: Place
  ) -> TemplateValue {
    .record([
      "failed": .flag(!failures.isEmpty),
      "figures": .list(
        figures.enumerated().map { index, figure in
          let size = Self.thumbnailSize(figure)
          let thumb = index == 0 ? figure.files["thumb"] : nil
          return .record([
            "kind": .text(figure.kind), "marks": marks(figure, of: section),
            "label": .text("\(figure.title): \(figure.model), \(name(ofSection: figure.prompt))"),
            "href": .text(href(ofSection: section, fragment: figure.id, place)),
            "thumb": .optional(thumb.map { address($0, place) }), "width": .number(size.width),
            "height": .number(size.height),
          ])
        }),
    ])
  }

  /// The small pictures have twice the pixels they are shown at.
  private static func thumbnailSize(_ figure: GalleryManifest.Figure) -> (width: Int, height: Int) {
    let scale = min(160 / max(figure.width, 1), 112 / max(figure.height, 1))
    return (max(1, Int((figure.width * scale).rounded())), max(1, Int((figure.height * scale).rounded())))
  }

  private func href(ofSection section: Int, fragment: String, _ place: Place) -> String {
    (place.isSplit ? place.root + Self.href(parts[section].path) : "") + "#" + fragment
  }

  /// What figures can be chosen by.
  func filter() -> TemplateValue {
    func choices(_ pairs: [(value: String, label: String)]) -> TemplateValue {
      .list(pairs.map { .record(["value": .text($0.value), "label": .text($0.label)]) })
    }
    let ids = layout.prompts.map(\.prompt.id) + layout.datasets.map(\.dataset.id)
    let kinds = manifest.figures.map(\.kind).uniqued
    let tags = layout.prompts.flatMap(\.prompt.tags).uniqued
    return .record([
      "total": .text(Wording.grouped(manifest.figures.count)),
      "prompts": choices(zip(sectionAnchors, ids).map { ($0, $1) }),
      "models": choices(manifest.models.map { (slug(ofModel: $0.name), $0.name) }),
      "kinds": choices(kinds.map { ($0, $0) }),
      "tags": choices(tags.map { (Slug.make($0), $0) }),
      "hasTags": .flag(!tags.isEmpty),
    ])
  }
}
