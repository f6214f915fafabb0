import Foundation
import Plot
import Traces
import Words

// The sections of a page: prompts and datasets with their comparisons.

extension GalleryPage {
  /// A section: what all have, and what its subject adds.
  func section(_ index: Int, _ place: Place) -> TemplateValue {
    let section = layout.sections[index]
    let shared: [String: TemplateValue] = [
      "id": .text(section.id),
      "title": .text(section.title),
      "anchor": .text(sectionAnchors[index]),
      "number": .number(section.number),
      "total": .number(section.total),
      "comparisons": .list(section.comparisons.map { comparison($0, of: index, place) }),
    ]
    let own =
      switch section.subject {
      case .prompt(let prompt): values(of: prompt, outputs: section.outputs)
      case .dataset(let dataset): values(of: dataset, place)
      }
    return .record(shared.merging(own) { $1 })
  }

  private func values(
    of prompt: GalleryManifest.Prompt, outputs: [(model: String, text: String)]
  ) -> [String: TemplateValue] {
    [
      "excerpt": .text(VisibleText.excerpt(of: prompt.text, count: 90)),
      "pieces": pieces(prompt.text),
      "long": .flag(prompt.text.count > 240),
      "tags": .list(prompt.tags.map { .text($0) }),
      "hasTags": .flag(!prompt.tags.isEmpty),
      "method": .optional(Wording.method(of: prompt)),
      "watch": .list(prompt.watch.map(watched)),
      "hasWatch": .flag(!prompt.watch.isEmpty),
      "changes": .list(Wording.changes(of: prompt).map { .text($0) }),
      "readings": .list(prompt.readings.map(reading)),
      "hasReadings": .flag(!prompt.readings.isEmpty),
      "outputs": .list(
        outputs.map {
          .record(["model": .text($0.model), "slug": .text(slug(ofModel: $0.model)), "pieces": pieces($0.text)])
        }),
      "hasOutputs": .flag(!outputs.isEmpty),
      "note": Self.words(prompt.note, level: 3),
    ]
  }

  /// How a model cuts a prompt into tokens.
  private func reading(_ reading: GalleryManifest.Prompt.Reading) -> TemplateValue {
    .record([
      "model": .text(reading.model),
      "slug": .text(slug(ofModel: reading.model)),
      "count": .text(Wording.count(reading.promptLength, "token")),
      // Long readings are folded at first.
      "short": .flag(reading.tokens.count <= 48),
      "tokens": .list(
        reading.tokens.enumerated().map { index, token in
          .record(["text": .text(token), "isOutput": .flag(index >= reading.promptLength)])
        }),
    ])
  }

  private func values(of dataset: GalleryManifest.Dataset, _ place: Place) -> [String: TemplateValue] {
    [
      "file": .text(dataset.file),
      "items": .text(Wording.count(dataset.items, dataset.item ?? "prompt")),
      "hasRows": .flag(!dataset.rows.isEmpty),
      "heads": .list(dataset.heads.map { .text($0) }),
      "rows": .list(
        dataset.rows.map { row in
          .record([
            "model": .text(row.model), "group": .text(row.group), "items": .text(Wording.grouped(row.items)),
            "cells": .list(row.cells.map(Self.interval)),
          ])
        }),
      "results": .list(
        place.isSingle
          ? []
          : dataset.results.flatMap { result in
            ([("JSON", result.json), ("CSV", result.csv)] + (result.words.map { [("words, CSV", $0)] } ?? [])).map {
              format, file in
              TemplateValue.record([
                "format": .text(format), "model": .text(result.model),
                "href": .text(place.root + Self.href(file.path)), "size": .text(Wording.size(bytes: file.bytes)),
              ])
            }
          }),
    ]
  }

  /// "96.2 [93.9, 98.3]" in parts that stand below each other: all values of a column have the same decimals.
  private static func interval(_ cell: String) -> TemplateValue {
    let parts = cell.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let isInterval = parts.count == 3 && parts[1].hasPrefix("[") && parts[2].hasSuffix("]")
    return .record([
      "value": .text(isInterval ? parts[0] : cell), "low": .text(isInterval ? parts[1] : ""),
      "high": .text(isInterval ? parts[2] : ""),
    ])
  }

  /// A word, or a set with its members.
  private func watched(_ watched: Watched) -> TemplateValue {
    let members = watched.members.map { TemplateValue.record(["pieces": pieces($0), "members": .absent]) }
    return .record([
      "pieces": pieces(watched.name), "members": .list(members), "isSet": .flag(!members.isEmpty),
      "relation": .text(watched.relation),
    ])
  }

  private func comparison(
    _ comparison: GalleryLayout.Comparison, of section: Int, _ place: Place
  ) -> TemplateValue {
    .record([
      "anchor": .text(comparisonAnchors[comparison.group] ?? Slug.make(comparison.group)),
      "title": .text(comparison.title),
      "place": .text(layout.sections[section].name),
      // Two figures of 440 PDF units fit side by side on a wide screen at their true size.
      "wide": .flag(comparison.width > 440),
      // Three of 230 units.
      "narrow": .flag(comparison.width <= 230 && comparison.width > 0),
      "single": .flag(comparison.panels.count == 1),
      "panels": .list(
        comparison.panels.map { panel in
          switch panel {
          case .figure(let figure):
            return .record(["figure": self.figure(figure, of: section, place), "failure": .absent])
          case .failure(let failure):
            let record = TemplateValue.record([
              "model": .text(failure.model), "heading": .text(failure.heading), "message": .text(failure.message),
            ])
            return .record(["figure": .absent, "failure": record])
          }
        }),
    ])
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
}
