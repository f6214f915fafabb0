import Figures
import Files
import Foundation
import Plot
import Traces
import Words

// The first screen: prompts down, models across, in each cell the strip of the ranks, the output, a finding and the links to
// figures; and the filter.

extension GalleryPage {
  func overview(_ place: Place) -> TemplateValue {
    let models = manifest.models.map(\.name)
    // Figures of several models, or the messages in their place, are named beside the prompt.
    let isShared = { (panel: GalleryLayout.Panel) in
      panel.figure.map { $0.models.count > 1 } ?? !models.contains(panel.model)
    }
    let hasPictures = pictures.keys.contains { $0.hasPrefix("strips/") }
    let hasStrips = hasPictures && !isSummed && content.front.cells.values.contains { $0.strip != nil }
    return .record([
      "columns": .list(
        manifest.models.map { .record(["name": .text($0.name), "layers": .text(Wording.count($0.layers, "layer"))]) }),
      "hasLegend": .flag(hasStrips),
      "legend": hasStrips ? legend() : .list([]),
      "curves": (hasPictures ? aboutCurves : nil).map { .prose($0) } ?? .absent,
      "summary": isSummed ? summary(place) : .absent,
      "rows": .rows(
        TemplateRows(count: layout.sections.count) { section in
          let panels = layout.sections[section].comparisons.flatMap(\.panels)
          let own = panels.filter { !isShared($0) }
          let shared = panels.filter(isShared)
          return .record([
            "id": .text(layout.sections[section].id),
            "title": .text(layout.sections[section].title),
            "isTitled": .flag(layout.sections[section].title != layout.sections[section].id),
            "words": .text(words(section)),
            "anchor": .text(sectionAnchors[section]), "excerpt": .text(excerpt(section)),
            "href": .text(href(ofSection: section, fragment: sectionAnchors[section], place)),
            "failed": .flag(shared.contains { $0.figure == nil }),
            "shared": shared.isEmpty ? .absent : links(shared, of: section, beside: [words(section)], place),
            "cells": .list(
              models.map { model in cell(own.filter { $0.model == model }, of: section, model, shared: shared, place) }),
          ])
        }),
    ])
  }

  /// Whether there are too many prompts for a strip each.
  var isSummed: Bool { manifest.prompts.count > GalleryFront.mostStrips }

  /// The pictures of the front by their path in the gallery's folder.
  static func pictures(
    _ front: GalleryFront, _ layout: GalleryLayout, anchors: [String], models: [(name: String, slug: String)],
    isSummed: Bool
  ) -> [String: FrontPicture] {
    guard let scale = front.scale else { return [:] }
    var pictures: [String: FrontPicture] = [:]
    for (section, anchor) in zip(layout.sections, anchors) {
      for model in models {
        guard let cell = front.cells[.init(subject: section.id, model: model.name)] else { continue }
        let path = path(anchor, model.slug)
        if let strip = cell.strip, !isSummed {
          pictures[path] = .of(strip, scale: scale, model: model.name)
        } else if let curve = cell.curve {
          pictures[path] = .of(curve, scale: scale, model: model.name)
        }
      }
    }
    guard isSummed else { return pictures }
    for (number, group) in groups(layout).enumerated() {
      for model in models {
        let strips = group.sections.compactMap { section -> GalleryFront.Settled? in
          let cell = front.cells[.init(subject: layout.sections[section].id, model: model.name)]
          return cell?.settled ?? cell?.strip.map(GalleryFront.Settled.init)
        }
        guard let counts = SettledCounts(strips), let layers = strips.first?.layers else { continue }
        pictures[path("group-\(number)", model.slug)] = .of(
          counts, layers: layers, scale: scale, model: model.name, group: group.name)
      }
    }
    return pictures
  }

  /// Slugs have no point, so that no two pairs share a path.
  private static func path(_ anchor: String, _ model: String) -> String { "strips/\(anchor).\(model).svg" }

  /// All prompts, then the prompts of each tag.
  private static func groups(_ layout: GalleryLayout) -> [(name: String, sections: [Int])] {
    let prompts = layout.sections.indices.filter {
      if case .prompt = layout.sections[$0].subject { true } else { false }
    }
    let tags = layout.sections.flatMap(\.subject.tags).uniqued
    return [("all prompts", prompts)]
      + tags.map { tag in (tag, prompts.filter { layout.sections[$0].subject.tags.contains(tag) }) }
  }

  /// What the colours of strips mean.
  private func legend() -> TemplateValue {
    guard let scale = content.front.scale else { return .absent }
    let stops = scale.stops
    return .list(
      stops.enumerated().map { index, rank in
        .record([
          "color": .text(scale.color(of: rank).hex),
          "label": .text(
            index == 0 ? "rank 1" : CountFormat.full(rank) + (index == stops.count - 1 ? " and beyond" : "")),
        ])
      })
  }

  /// What the lines of datasets show; nil where there is none.
  private var aboutCurves: String? {
    let curves = content.front.cells.values.compactMap(\.curve)
    guard !curves.isEmpty else { return nil }
    return
      "Each line: layers run left to right, and the height is the share that the sentence below it names, from 0 to "
      + "100 %, with its interval as a band. The point is the share after the last layer"
      + (curves.contains { $0.chance != nil } ? "; dots mark 50 %, which chance would reach." : ".")
  }

  /// The layers at which tokens settle, by tag and model.
  private func summary(_ place: Place) -> TemplateValue {
    let rows = Self.groups(layout).enumerated().compactMap { number, group -> TemplateValue? in
      let cells = manifest.models.map { model in
        picture(Self.path("group-\(number)", slug(ofModel: model.name)), place)
      }
      guard cells.contains(where: { $0 != .absent }) else { return nil }
      return .record([
        "name": .text(group.name), "count": .text(Wording.count(group.sections.count, "prompt")),
        "cells": .list(
          zip(manifest.models, cells).map { .record(["model": .text($0.name), "picture": $1]) }),
      ])
    }
    return rows.isEmpty ? .absent : .record(["rows": .list(rows)])
  }

  /// A picture of the front, absent when there is none.
  private func picture(_ path: String, _ place: Place) -> TemplateValue {
    guard let picture = pictures[path] else { return .absent }
    let address =
      place.isSingle
      ? "data:image/svg+xml;base64,\(Data(picture.svg.utf8).base64EncodedString())" : place.root + Self.href(path)
    return .record([
      "src": .text(address), "width": .number(picture.width), "height": .number(picture.height),
      "alt": .text(picture.alt), "note": .text(picture.note),
    ])
  }

  /// The whole text of a prompt and its tags, which a search looks through; an excerpt has not all of it.
  private func words(_ section: Int) -> String {
    switch layout.sections[section].subject {
    case .prompt(let prompt): ([prompt.title].compactMap(\.self) + [prompt.text] + prompt.tags).joined(separator: " ")
    case .dataset(let dataset): GalleryLayout.Subject.described(dataset)
    }
  }

  /// The end of a prompt, which the model continues, or a description of a dataset.
  private func excerpt(_ section: Int) -> String {
    switch layout.sections[section].subject {
    case .prompt(let prompt): Self.ending(of: prompt.text, count: 90)
    case .dataset(let dataset): GalleryLayout.Subject.described(dataset)
    }
  }

  /// The end of a text in one line, cut at a word where there is one; spaces at its beginning and end, which change a prompt, have a mark.
  static func ending(of text: String, count: Int) -> String {
    let line = VisibleText.inline(text).split(separator: " ").joined(separator: " ")
    func marks(_ spaces: Int) -> String { String(repeating: "␣", count: spaces) }
    guard !line.isEmpty else { return marks(text.count) }
    let (before, after) = (text.prefix { $0 == " " }.count, marks(text.reversed().prefix { $0 == " " }.count))
    guard line.count > count else { return marks(before) + line + after }
    let tail = VisibleText.tail(of: line, count: count)
    let cut = tail.firstIndex(of: " ").map { tail[tail.index(after: $0)...] } ?? tail
    return "… " + (cut.count > count / 2 ? cut : tail) + after
  }

  /// What is shown of one model.
  private func cell(
    _ panels: [GalleryLayout.Panel], of section: Int, _ model: String, shared: [GalleryLayout.Panel], _ place: Place
  ) -> TemplateValue {
    let known = content.front.cells[.init(subject: layout.sections[section].id, model: model)]
    let picture = picture(Self.path(sectionAnchors[section], slug(ofModel: model)), place)
    let output = known?.output ?? panels.compactMap(\.figure?.output).first
    let strip = isSummed ? nil : known?.strip
    let finding = findingPlaces.row(of: layout.sections[section].id, model: model)
      .flatMap { content.findings.rows[$0].sentence }
    return .record([
      "model": .text(model),
      "failed": .flag(panels.contains { $0.figure == nil }),
      "words": .text(output ?? ""),
      "picture": picture,
      "href": .text(target(panels, shared, of: section, model, place)),
      "labels": .list(
        (strip.map { $0.rows.count <= 4 ? $0.rows : [] } ?? []).map {
          .record(["name": .text($0.name), "share": .optional($0.share)])
        }),
      "hasLabels": .flag((strip?.rows.count ?? 9) <= 4),
      "cut": strip.flatMap { $0.total > $0.rows.count ? $0 : nil }.map {
        .text("the first \(CountFormat.full($0.rows.count)) of \(CountFormat.full($0.total)) tokens")
      } ?? .absent,
      "curve": (finding == nil ? known?.curve?.phrase : nil).map { .prose($0) } ?? .absent,
      "output": .optional(output.map { VisibleText.excerpt(of: $0, count: 160) }),
      "finding": finding.map { .prose($0) } ?? .absent,
      "figures": links(
        panels, of: section, beside: [words(section), output ?? "", finding ?? ""], place,
        thumb: picture == .absent && !isSummed),
    ])
  }

  /// Where a strip leads: to the figure of its ranks, else to the first of the model.
  private func target(
    _ own: [GalleryLayout.Panel], _ shared: [GalleryLayout.Panel], of section: Int, _ model: String, _ place: Place
  ) -> String {
    let figures = own.compactMap(\.figure)
    let kinds = StripScale.kinds.map(\.name)
    let figure =
      figures.first { kinds.contains($0.kind) } ?? figures.first
      ?? shared.compactMap(\.figure).first { $0.models.contains(model) }
    return href(ofSection: section, fragment: figure?.id ?? sectionAnchors[section], place)
  }

  /// Links to figures; the first with a small picture where nothing else is shown.
  /// - Parameter beside: The texts around the links, which a search looks through.
  private func links(
    _ panels: [GalleryLayout.Panel], of section: Int, beside: [String], _ place: Place, thumb: Bool = false
  ) -> TemplateValue {
    .list(
      panels.compactMap(\.figure).enumerated().map { index, figure in
        let size = Self.thumbnailSize(figure)
        let small = thumb && index == 0 ? figure.files["thumb"] : nil
        let label = "\(figure.fullTitle): \(figure.model), \(layout.sections[section].name)"
        return .record([
          "kind": .text(figure.kind), "marks": marks(figure, of: section),
          "label": .text(label),
          "variant": .optional(figure.variant),
          "words": .text(search.of(figure, besides: beside + [label])),
          "href": .text(href(ofSection: section, fragment: figure.id, place)),
          "thumb": .optional(small.map { address($0, place) }), "width": .number(size.width),
          "height": .number(size.height),
        ])
      })
  }

  /// The small pictures have twice the resolution at which they are shown.
  private static func thumbnailSize(_ figure: GalleryManifest.Figure) -> (width: Int, height: Int) {
    let scale = min(160 / max(figure.width, 1), 112 / max(figure.height, 1))
    return (max(1, Int((figure.width * scale).rounded())), max(1, Int((figure.height * scale).rounded())))
  }

  func href(ofSection section: Int, fragment: String, _ place: Place) -> String {
    (place.isSplit ? place.root + Self.href(parts[section]) : "") + "#" + fragment
  }

  /// The choices of the filter, those of one section on its own page; absent where there is nothing to choose.
  func filter(_ place: Place) -> TemplateValue {
    // Links of the overview are found by these words too; on the page of a section there are none.
    func choice(_ pair: (value: String, label: String), words: [String: [String]] = [:]) -> TemplateValue {
      .record([
        "value": .text(pair.value), "label": .text(pair.label),
        "words": .optional(place.section == nil ? words[pair.label]?.joined(separator: " ") : nil),
      ])
    }
    func choices(_ pairs: [(value: String, label: String)], words: [String: [String]] = [:]) -> TemplateValue {
      .list(pairs.map { choice($0, words: words) })
    }
    let figures =
      place.section.map { layout.sections[$0].comparisons.flatMap(\.panels).compactMap(\.figure) }
      ?? manifest.figures
    guard figures.count > 1 else { return .absent }
    let own = Set(figures.flatMap { $0.models.isEmpty ? [$0.model] : $0.models })
    let kinds = figures.map(\.kind).uniqued
    let tags = place.section == nil ? layout.sections.flatMap(\.subject.tags).uniqued : []
    return .record([
      "total": .text(Wording.grouped(figures.count)),
      // A page of one section offers no others; thousands of pages would each list them all.
      "prompts": place.section == nil
        ? .rows(
          TemplateRows(count: sectionAnchors.count) {
            choice((sectionAnchors[$0], layout.sections[$0].title))
          }) : .list([]),
      "hasPrompts": .flag(place.section == nil),
      "models": choices(
        manifest.models.filter { own.contains($0.name) }.map { (slug(ofModel: $0.name), $0.name) }, words: search.models
      ),
      "kinds": choices(kinds.map { ($0, $0) }, words: search.kinds),
      "tags": choices(tags.map { (Slug.make($0), $0) }),
      "hasTags": .flag(!tags.isEmpty),
      "whole": place.section == nil ? .absent : .text(place.root + "index.html"),
    ])
  }
}
