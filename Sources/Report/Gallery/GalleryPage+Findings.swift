import Findings
import Foundation
import Words

// The table of findings: a row for each prompt, three columns for each model; and one for datasets.

extension GalleryPage {
  /// Absent where there are no numbers.
  func findings(_ place: Place) -> TemplateValue {
    let findings = content.findings
    guard !findings.rows.isEmpty else { return .absent }
    let table = findings.table()
    let strongest = findings.strongest()
    let head = table.head
    return .record([
      "strongest": .list(strongest.map { .prose($0) }),
      "hasStrongest": .flag(!strongest.isEmpty),
      "hasTraining": .flag(!findings.training.isEmpty),
      "training": .list(
        findings.training.map { subject, training in
          .record([
            "title": .text(findings.title(of: subject)), "href": .text(href(ofSubject: subject, place)),
            "run": .text(training.run), "sentence": training.sentence.map { .prose($0) } ?? .absent,
          ])
        }),
      "hasRows": .flag(!table.rows.isEmpty),
      "hasWatched": .flag(table.hasWatched),
      "models": .list(table.models.map { .record(["name": .text($0), "head": .text(head)]) }),
      "rows": TemplateRows.of(table.rows) { row in
        .record([
          "id": .text(row.subject), "title": .text(row.title), "href": .text(href(ofSubject: row.subject, place)),
          "cells": .list(row.cells.map { $0.map(cell) ?? .record(["isEmpty": .flag(true)]) }),
        ])
      },
      "datasets": datasets(findings, place),
      "files": place.isSingle ? .list([]) : files(hasTable: !table.rows.isEmpty, place),
    ])
  }

  private func cell(_ cell: FindingTable.Cell) -> TemplateValue {
    .record([
      "isEmpty": .flag(false), "output": .text(cell.output), "share": .text(cell.share), "layer": .text(cell.layer),
      "byShare": .text(Decimals.fixed(cell.probability, 6)),
      // Those that are never settled come last.
      "byLayer": .text(cell.depth.map { Decimals.fixed($0, 6) } ?? "2"),
    ])
  }

  private func datasets(_ findings: GalleryFindings, _ place: Place) -> TemplateValue {
    let rows = findings.rows.compactMap { row -> TemplateValue? in
      guard case .dataset(let found, group: 0) = row.finding, let all = found.groups.first else { return nil }
      return .record([
        "id": .text(row.subject), "href": .text(href(ofSubject: row.subject, place)), "model": .text(row.model),
        "items": .text(Wording.grouped(all.items)),
        "measure": .text(found.measured),
        "share": .text(Percent.share(all.final.value)),
        "interval":
          .text("[\(Decimals.fixed(all.final.low * 100, 1)), \(Decimals.fixed(all.final.high * 100, 1))]"),
        "chance": .text(Percent.share(found.measure.chance)),
        "half": .text(all.half?.phrase(of: found.lastRow) ?? "–"),
        "byShare": .text(Decimals.fixed(all.final.value, 6)),
        "byHalf": .text(all.half.map { String($0.layerNumber) } ?? "1000000"),
      ])
    }
    return rows.isEmpty
      ? .absent
      : .record(["rows": .list(rows), "intervals": .text(findings.hasWilson ? " \(DatasetFindings.aboutWilson)" : "")])
  }

  private func files(hasTable: Bool, _ place: Place) -> TemplateValue {
    let names = ["findings.csv", "findings.json"] + (hasTable ? ["findings.tex"] : [])
    return .list(names.map { .record(["name": .text($0), "href": .text(place.root + $0)]) })
  }

  private func href(ofSubject id: String, _ place: Place) -> String {
    guard let section = sectionPlaces[id] else { return "#overview" }
    return href(ofSection: section, fragment: sectionAnchors[section], place)
  }
}
