import Foundation

/// A file format that scenes can be rendered to.
///
/// To add one: a file in this folder and a line in `all`.
public struct OutputFormat: Sendable {
  /// As written in specs: "pdf".
  public let name: String
  /// Without the dot.
  public let fileExtension: String
  private let renderer: @Sendable (Scene, OutputOptions) throws -> Data

  /// Every format, in the order of a list shown to people.
  public static let all: [OutputFormat] = [.pdf, .svg, .png]
  /// Every format, in the best order to start several.
  ///
  /// Only one can draw text at a time: SVG needs this briefly, PNG until it compresses, PDF to the end.
  public static let inDrawingOrder: [OutputFormat] = [.svg, .png, .pdf]

  /// A format.
  init(name: String, fileExtension: String, renderer: @escaping @Sendable (Scene, OutputOptions) throws -> Data) {
    self.name = name
    self.fileExtension = fileExtension
    self.renderer = renderer
  }

  /// The bytes of a file that shows `scene`, the same for the same scene, options, fonts and libraries.
  ///
  /// - Throws: `PlotError` for a missing font or glyph, a bad size, a name used twice, or a failure of Cairo.
  public func render(_ scene: Scene, options: OutputOptions = OutputOptions()) throws -> Data {
    try renderer(scene, options)
  }

  /// The format of that name.
  ///
  /// - Throws: `PlotError.unknownName` listing the known ones.
  public static func named(_ name: String) throws -> OutputFormat {
    guard let format = all.first(where: { $0.name == name }) else {
      throw PlotError.unknownName(kind: "output format", name: name, known: all.map(\.name))
    }
    return format
  }
}

/// Options of a rendering; the scene decides the rest.
public struct OutputOptions: Equatable, Sendable {
  /// Pixels per inch of rasters; also recorded in the file.
  public var dpi: Double
  /// Prefix of every id in an SVG, so that several can stand in one HTML page: letters, digits, `-`.
  public var idPrefix: String
  /// Painted under the scene; nil for the format's default: white for SVG and PNG, nothing for PDF.
  public var background: Color?
  /// Whether an SVG contains text in the reader's fonts, which can be selected and edited, instead of outlines.
  public var textStaysText: Bool
  /// Metadata; an empty title is replaced with the scene's, an empty subject with its description.
  public var metadata: DocumentMetadata

  /// Options.
  public init(
    dpi: Double = 300, idPrefix: String = "figure", background: Color? = nil, textStaysText: Bool = false,
    metadata: DocumentMetadata = DocumentMetadata()
  ) {
    self.textStaysText = textStaysText
    self.dpi = dpi
    self.idPrefix = idPrefix
    self.background = background
    self.metadata = metadata
  }

  /// The metadata with gaps filled from the scene.
  func metadata(for scene: Scene) -> DocumentMetadata {
    var filled = metadata
    if filled.title.isEmpty { filled.title = scene.title }
    if filled.subject.isEmpty { filled.subject = scene.description }
    return filled
  }
}

/// What a file says about itself.
///
/// Empty strings are left out; no date is ever written.
public struct DocumentMetadata: Equatable, Sendable {
  /// Its title.
  public var title: String
  /// Who wrote it.
  public var author: String
  /// What it shows.
  public var subject: String
  /// Words to find it by, separated by commas.
  public var keywords: String
  /// The program that made it.
  public var creator: String

  /// Metadata.
  public init(
    title: String = "", author: String = "", subject: String = "", keywords: String = "", creator: String = "strata"
  ) {
    self.title = title
    self.author = author
    self.subject = subject
    self.keywords = keywords
    self.creator = creator
  }
}
