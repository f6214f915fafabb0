import Figures
import Files
import Foundation
import Plot
import Words

// A figure of a page: its picture, its files, its numbers.

extension GalleryPage {
  func figure(_ figure: GalleryManifest.Figure, of section: Int, _ place: Place) -> TemplateValue {
    // One PDF unit is 1/72 inch, one CSS pixel 1/96.
    let pixels = (width: Int((figure.width * 4 / 3).rounded()), height: Int((figure.height * 4 / 3).rounded()))
    let detail = details[figure.id]
    let listed = detail.flatMap { isListed($0) ? $0 : nil }
    let double = figure.files["svg"] == nil ? figure.files["png2x"] : nil
    return .record([
      "id": .text(figure.id),
      "kind": .text(figure.kind),
      "model": .text(figure.model),
      "marks": marks(figure, of: section),
      "label": .text("\(figure.fullTitle): \(figure.model), \(layout.sections[section].name)"),
      "caption": .prose(figure.caption),
      "alt": .text(figure.alt),
      "image": .text(picture(of: figure).map { address($0, place) } ?? ""),
      // A second picture for screens of double resolution; vector graphics need none.
      "image2x": place.isSingle ? .absent : .optional(double.map { address($0, place) }),
      // A single-file page links to no other file.
      "imageHref": place.isSingle ? .absent : .optional(picture(of: figure).map { address($0, place) }),
      "width": .number(max(1, pixels.width)),
      "height": .number(max(1, pixels.height)),
      // Narrower figures shrink to any screen and never scroll.
      "scrolls": .flag(pixels.width > 448),
      "downloads": .list(place.isSingle ? [] : downloads(figure, place)),
      "grids": .list((listed?.readouts ?? []).filter(\.isHeatmap).map { grid($0, of: figure) }),
      // What can be pointed at in figures whose numbers are shown row by row.
      "spots": .list((listed?.readouts ?? []).filter { !$0.isHeatmap }.map { grid($0, of: figure) }),
      "hasSpots": .flag(listed?.readouts.contains { !$0.isHeatmap } == true),
      "table": listed.flatMap(table) ?? .absent,
      "hasNumbers": .flag(listed != nil),
      "latex": detail?.latex.map { .lines($0) } ?? .absent,
    ])
  }

  /// The attributes by which a page filters figures.
  func marks(_ figure: GalleryManifest.Figure, of section: Int) -> TemplateValue {
    let models = (figure.models.isEmpty ? [figure.model] : figure.models).map(slug(ofModel:))
    let tags = layout.sections[section].subject.tags.map(Slug.make)
    return .record([
      "prompt": .text(sectionAnchors[section]), "models": .text(models.joined(separator: " ")),
      "kind": .text(figure.kind), "tags": .text(tags.joined(separator: " ")),
    ])
  }

  func slug(ofModel name: String) -> String { modelSlugs[name] ?? Slug.make(name) }

  /// What a browser shows of a figure.
  func picture(of figure: GalleryManifest.Figure) -> FileRecord? {
    figure.files["svg"] ?? figure.files["png"]
  }

  /// The address of a file, or the file itself as a data address in a single-file page.
  func address(_ file: FileRecord, _ place: Place) -> String {
    guard place.isSingle, let data = try? Data(contentsOf: folder.appending(path: file.path)) else {
      return place.root + Self.href(file.path)
    }
    let type = file.path.hasSuffix(".svg") ? "image/svg+xml" : "image/png"
    return "data:\(type);base64,\(data.base64EncodedString())"
  }

  /// Links to the files of a figure: those that every spec asks for, the trace, then the others.
  private func downloads(_ figure: GalleryManifest.Figure, _ place: Place) -> [TemplateValue] {
    let standard = FigureFormat.all.filter(\.isStandard).map { ($0.name, $0.label) }
    let others = FigureFormat.all.filter { !$0.isStandard }.map { ($0.name, $0.label) }
    return (standard + [("trace", "Trace")] + others).compactMap { format, label in
      guard let file = figure.files[format] else { return nil }
      return .record([
        "format": .text(label),
        "href": .text(place.root + Self.href(file.path)),
        "size": .text(Wording.size(bytes: file.bytes)),
      ])
    }
  }

  /// Tables with more cells are left to the CSV: in a page they would take megabytes.
  private static let mostCells = 12_000

  private func isListed(_ detail: FigureDetail) -> Bool {
    guard !detail.table.heads.isEmpty, !detail.table.rows.isEmpty else { return false }
    let cells =
      !detail.readouts.contains(where: \.isHeatmap)
      ? detail.table.rows.count * detail.table.heads.count
      : detail.readouts.map { $0.rows.count * $0.columns.count }.reduce(0, +)
    return cells <= Self.mostCells
  }

  /// The numbers of a figure without cells, row by row.
  private func table(_ detail: FigureDetail) -> TemplateValue? {
    guard !detail.readouts.contains(where: \.isHeatmap) else { return nil }
    return .record([
      "heads": .list(detail.table.heads.map { .text($0) }),
      "rows": .list(
        detail.table.rows.map { row in .record(["cells": .list(row.map { .text(Self.readable($0)) })]) }),
    ])
  }

  /// A number with few digits; the CSV has all of them.
  private static func readable(_ cell: String) -> String {
    guard cell.utf8.count > 8, cell.contains("."), let value = Double(cell), value.isFinite, value != 0 else {
      return cell
    }
    // Four significant digits.
    let digits = min(12, max(0, 3 - Int(log10(abs(value)).rounded(.down))))
    return Decimals.fixed(value, digits)
  }

  /// The cells of a heatmap in the order of the figure, with their readouts.
  private func grid(_ readout: CellReadout, of figure: GalleryManifest.Figure) -> TemplateValue {
    .record([
      "title": .text(readout.title ?? figure.model),
      "form": .text(readout.form.rawValue),
      "isTurned": .flag(readout.grid.isTurned),
      // Edges are fractions of the figure's size, valid at any size on the screen.
      "across": .text(Self.edges(readout.grid.columns, of: figure.width)),
      "down": .text(Self.edges(readout.grid.rows, of: figure.height)),
      "columns": .list(readout.columns.map { .text($0.isEmpty ? "–" : $0) }),
      "rows": .list(
        zip(readout.rows, readout.cells).map { name, cells in
          .record([
            "name": .text(name),
            "cells": .list(
              cells.map { cell in
                .record([
                  "text": .text(cell.text.isEmpty ? "–" : cell.text),
                  // The token that came next, then a line for each of the most probable.
                  "detail": .lines(([cell.target] + cell.top).joined(separator: "\n")),
                ])
              }),
          ])
        }),
    ])
  }

  /// "0.1000 0.1500 0.1500 0.2000": beginning and end of every band.
  private static func edges(_ bands: [ClosedRange<Double>], of length: Double) -> String {
    bands.flatMap { [$0.lowerBound, $0.upperBound] }.map { Decimals.fixed($0 / max(length, 1), 5) }
      .joined(separator: " ")
  }
}
