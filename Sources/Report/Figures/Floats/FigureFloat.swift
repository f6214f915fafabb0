import Plot
import Words

/// A figure as documents include it: the words around it, and its size.
package struct FigureFloat: Equatable, Sendable {
  /// Its files are called after it.
  package var id: String
  /// Heading, the same for all models.
  package var title: String
  /// What is drawn.
  package var caption: String
  /// Alternative text.
  package var alt: String
  /// Whether it takes the width of several columns.
  package var isWide: Bool
  /// The width of the text that a venue's pages have for it, in PDF units; nil without a venue.
  package var textWidth: Double?
  /// The height of the text on a venue's pages; nil without a venue.
  package var textHeight: Double?
  /// What tells it apart from figures of the same title, in lists of figures: its prompt, where there are several.
  package var subject: String?
  /// The same of its model.
  package var model: String?
  /// Whether it is made for the pages of a venue; others must fit on those of LaTeX's `article`.
  package var hasVenue = true
  /// In PDF units.
  package var size: Size
  /// Keys of a bibliography for the end of the caption.
  package var citations: [String]
  /// What documents refer to: "fig:keys-token-ranks".
  package var label: String

  /// From its parts.
  package init(
    id: String, title: String, caption: String, alt: String, isWide: Bool = false, size: Size, citations: [String] = [],
    label: String? = nil
  ) {
    self.id = id
    self.title = title
    self.caption = caption
    self.alt = alt
    self.isWide = isWide
    self.size = size
    self.citations = citations
    self.label = label ?? "fig:\(id)"
  }

  /// A figure alone: its caption has the details of the models.
  package init(_ figure: DrawnFigure, id: String) {
    self.init(
      id: id, title: figure.title, caption: figure.caption, alt: figure.alt, isWide: figure.isWide,
      size: figure.scene.size, label: figure.label)
    hasVenue = figure.hasVenue
    textWidth = figure.textWidth
    textHeight = figure.textHeight
  }

  /// How many characters of a caption the page has room for below the figure.
  ///
  /// Lines are taken to be 12 units high and a letter 5 wide, as in Computer Modern at 10 points.
  package var longestCaption: Int {
    // The text of LaTeX's `article` on letter paper.
    let (width, height) = (textWidth ?? 345, textHeight ?? 533)
    let lines = (height - size.height - 40) / 12
    return min(max(Int(lines * width / 5), 800), 2000)
  }

  /// The line that stands for it in lists of figures.
  package var short: String {
    let subject = subject.flatMap { title.contains($0) ? nil : $0 }
    let details = [subject, model].compactMap(\.self).joined(separator: ", ")
    return details.isEmpty ? title : "\(title) (\(details))"
  }

  /// A caption with citations: before its full stop, which closes them in, or at its end.
  /// - Parameter escape: Writes text in the document's language.
  static func cited(_ caption: String, _ citations: String, _ escape: (String) -> String) -> String {
    guard !citations.isEmpty else { return escape(caption) }
    guard caption.hasSuffix("."), !caption.hasSuffix("..") else { return escape(caption) + citations }
    return escape(String(caption.dropLast())) + citations + escape(".")
  }

  /// A remark at the beginning of a file, on one line.
  var remark: String { "\(StrataVersion.tool): \(title.filter { !$0.isNewline })" }
}
