import Foundation
import Plot
import Words

// The overview, with prompts down, models across, and a small picture and a link for every figure; and the filter.

extension GalleryPage {
  func overview(_ place: Place) -> TemplateValue {
    // Figures of several models, or the messages in their place, have their own column.
    let models = manifest.models.map(\.name)
    let isShared = { (panel: GalleryLayout.Panel) in
      panel.figure.map { $0.models.count > 1 } ?? !models.contains(panel.model)
    }
    let sections = layout.sections.map { ($0.id, panels: $0.comparisons.flatMap(\.panels)) }
    let hasShared = sections.contains { $0.panels.contains(where: isShared) }
    return .record([
      "columns": .list((models + (hasShared ? ["Together"] : [])).map { .record(["name": .text($0)]) }),
      "rows": .list(
        sections.enumerated().map { section, row in
          let own = row.panels.filter { !isShared($0) }
          var cells = models.map { model in cell(own.filter { $0.model == model }, of: section, place) }
          if hasShared { cells.append(cell(row.panels.filter(isShared), of: section, place)) }
          return .record([
            "id": .text(row.0), "anchor": .text(sectionAnchors[section]), "excerpt": .text(excerpt(section)),
            "href": .text(href(ofSection: section, fragment: sectionAnchors[section], place)), "cells": .list(cells),
          ])
        }),
    ])
  }

  /// The beginning of a prompt, or a description of a dataset.
  private func excerpt(_ section: Int) -> String {
    switch layout.sections[section].subject {
    case .prompt(let prompt): VisibleText.excerpt(of: prompt.text, count: 70)
    case .dataset(let dataset): GalleryLayout.Subject.described(dataset)
    }
  }

  private func cell(_ panels: [GalleryLayout.Panel], of section: Int, _ place: Place) -> TemplateValue {
    .record([
      "failed": .flag(panels.contains { $0.figure == nil }),
      "figures": .list(
        panels.compactMap(\.figure).enumerated().map { index, figure in
          let size = Self.thumbnailSize(figure)
          let thumb = index == 0 ? figure.files["thumb"] : nil
          return .record([
            "kind": .text(figure.kind), "marks": marks(figure, of: section),
            "label": .text("\(figure.title): \(figure.model), \(layout.sections[section].name)"),
            "href": .text(href(ofSection: section, fragment: figure.id, place)),
            "thumb": .optional(thumb.map { address($0, place) }), "width": .number(size.width),
            "height": .number(size.height),
          ])
        }),
    ])
  }

  /// The small pictures have twice the resolution at which they are shown.
  private static func thumbnailSize(_ figure: GalleryManifest.Figure) -> (width: Int, height: Int) {
    let scale = min(160 / max(figure.width, 1), 112 / max(figure.height, 1))
    return (max(1, Int((figure.width * scale).rounded())), max(1, Int((figure.height * scale).rounded())))
  }

  private func href(ofSection section: Int, fragment: String, _ place: Place) -> String {
    (place.isSplit ? place.root + Self.href(parts[section]) : "") + "#" + fragment
  }

  /// The choices of the filter.
  func filter() -> TemplateValue {
    func choices(_ pairs: [(value: String, label: String)]) -> TemplateValue {
      .list(pairs.map { .record(["value": .text($0.value), "label": .text($0.label)]) })
    }
    let kinds = manifest.figures.map(\.kind).uniqued
    let tags = layout.sections.flatMap(\.subject.tags).uniqued
    return .record([
      "total": .text(Wording.grouped(manifest.figures.count)),
      "prompts": choices(zip(sectionAnchors, layout.sections).map { ($0, $1.id) }),
      "models": choices(manifest.models.map { (slug(ofModel: $0.name), $0.name) }),
      "kinds": choices(kinds.map { ($0, $0) }),
      "tags": choices(tags.map { (Slug.make($0), $0) }),
      "hasTags": .flag(!tags.isEmpty),
    ])
  }
}
