import Foundation
import Plot
import Words

/// A file that comes with a figure: a picture, its numbers, or what LaTeX, Typst or Quarto include.
///
/// To add one: a line in `all`.
public struct FigureFormat: Sendable {
  /// As written in specs: "pdf".
  public let name: String
  /// What follows the figure's id in the file's name.
  public let ending: String
  /// Whether it is written when a spec does not say which formats are.
  public let isStandard: Bool
  /// What the link to a download says: "PNG 2x".
  package let label: String
  /// What is compared of two files whose bytes differ.
  package let comparison: Comparison
  private let renderer: @Sendable (DrawnFigure, _ id: String) throws -> Data

  /// What is compared of two files of a format whose bytes differ.
  package enum Comparison: Sendable {
    /// Only the bytes, which differ wherever a library does.
    case bytes
    /// Pixels, within a tolerance.
    case pixels
    /// Fields of a table, numbers within a tolerance.
    case fields
  }

  /// Every format, in the order of a list shown to people.
  public static let all: [FigureFormat] =
    OutputFormat.all.map { format in
      FigureFormat(
        name: format.name, ending: ".\(format.fileExtension)", comparison: format.name == "png" ? .pixels : .bytes
      ) { figure, id in
        try format.render(figure.scene, options: options(figure, id: id))
      }
    } + [
      FigureFormat(name: "png2x", ending: "@2x.png", label: "PNG 2x", comparison: .pixels) { figure, id in
        var doubled = options(figure, id: id)
        doubled.dpi *= 2
        return try OutputFormat.named("png").render(figure.scene, options: doubled)
      },
      FigureFormat(name: "svgtext", ending: ".text.svg", isStandard: false) { figure, id in
        var editable = options(figure, id: id)
        editable.textStaysText = true
        return try OutputFormat.named("svg").render(figure.scene, options: editable)
      },
      FigureFormat(name: "csv", ending: ".csv", comparison: .fields) { figure, _ in Data(figure.table.csv.utf8) },
      FigureFormat(
        name: "csvraw", ending: ".raw.csv", isStandard: false, label: "CSV, raw", comparison: .fields
      ) { figure, _ in Data(figure.table.rawCSV.utf8) },
      FigureFormat(name: "tex", ending: ".tex", label: "LaTeX") { figure, id in
        Data(LatexSnippet(FigureFloat(figure, id: id)).text.utf8)
      },
      FigureFormat(name: "typ", ending: ".typ", isStandard: false, label: "Typst") { figure, id in
        Data(TypstSnippet(FigureFloat(figure, id: id)).text.utf8)
      },
      FigureFormat(name: "qmd", ending: ".qmd", isStandard: false, label: "Quarto") { figure, id in
        Data(QuartoSnippet(FigureFloat(figure, id: id)).text.utf8)
      },
    ]

  /// A small PNG for overviews: it fits into 320 x 224 pixels.
  package static let thumbnail = FigureFormat(
    name: "thumb", ending: ".thumb.png", isStandard: false, comparison: .pixels
  ) { figure, id in
    var small = options(figure, id: id)
    let size = figure.scene.size
    small.dpi = 72 * min(320 / max(size.width, 1), 224 / max(size.height, 1))
    return try OutputFormat.named("png").render(figure.scene, options: small)
  }

  private init(
    name: String, ending: String, isStandard: Bool = true, label: String? = nil, comparison: Comparison = .bytes,
    renderer: @escaping @Sendable (DrawnFigure, _ id: String) throws -> Data
  ) {
    self.name = name
    self.ending = ending
    self.isStandard = isStandard
    self.label = label ?? name.uppercased()
    self.comparison = comparison
    self.renderer = renderer
  }

  /// The format of that name.
  ///
  /// - Throws: `PlotError.unknownName` listing the known ones.
  public static func named(_ name: String) throws -> FigureFormat {
    guard let format = (all + [thumbnail]).first(where: { $0.name == name }) else {
      throw PlotError.unknownName(kind: "figure format", name: name, known: all.map(\.name))
    }
    return format
  }

  /// The format whose ending a file's name has; nil for a file of no format.
  package static func ofFile(_ name: String) -> FigureFormat? {
    // The longest ending decides: `@2x.png` is not a plain `.png`.
    all.filter { name.hasSuffix($0.ending) }.max { $0.ending.count < $1.ending.count }
  }

  /// The bytes of a figure's file; `id` is a slug that names the figure.
  ///
  /// - Throws: `PlotError`.
  public func render(_ figure: DrawnFigure, id: String) throws -> Data { try renderer(figure, id) }

  /// The metadata of pictures: title, what they show, and where their numbers come from.
  private static func options(_ figure: DrawnFigure, id: String) -> OutputOptions {
    var options = OutputOptions(idPrefix: id)
    options.metadata.creator = StrataVersion.tool
    if !figure.sources.isEmpty {
      options.metadata.subject =
        figure.scene.description + " Made by \(StrataVersion.tool) from \(figure.sources.joined(separator: "; "))."
    }
    return options
  }
}
