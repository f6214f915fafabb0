import Figures
import Words

/// The figures of one kind and one prompt as parts of one float, with a caption for all and one for each model.
struct ComparisonFloats {
  /// A comparison's file.
  struct Group {
    var name: String
    var text: String
  }

  /// The files of all comparisons.
  private(set) var all: [Group] = []
  /// Names of the files that show every figure once, comparisons in place of their parts.
  private(set) var order: [String] = []

  /// The highest that a float's pictures may be together, so that captions fit on a page: in a narrow column they have many lines.
  private static func highest(_ parts: [FigureFloat]) -> Double {
    let most = (parts.map(\.size.width).max() ?? 0) < 300 ? 380.0 : 510
    return parts.allSatisfy(\.hasVenue) ? most : most - lowerPage
  }
  /// By how much the text of LaTeX's `article` on letter paper is lower than that of venues.
  private static let lowerPage = 110.0
  private static let gap = 10.0

  /// - Parameter floats: Those of the manifest's figures, in the same order.
  init(_ manifest: GalleryManifest, floats: [FigureFloat]) {
    var groups: [String: [Int]] = [:]
    for (index, figure) in manifest.figures.enumerated() { groups[figure.group, default: []].append(index) }
    let taken = Set(floats.map(\.id))
    for (index, figure) in manifest.figures.enumerated() {
      let members = groups[figure.group] ?? []
      // The parts of a figure have no paragraph behind them for the end of a long caption.
      guard members.count > 1, !taken.contains(figure.group),
        members.allSatisfy({ floats[$0].caption.count <= floats[$0].longestCaption }),
        Self.height(members.map { floats[$0] }) <= Self.highest(members.map { floats[$0] })
      else {
        order.append(figure.id)
        continue
      }
      guard members.first == index else { continue }
      let parts = members.map { (figure: manifest.figures[$0], float: floats[$0]) }
      all.append(Group(name: figure.group, text: Self.text(figure.group, parts)))
      order.append(figure.group)
    }
  }

  /// Of all rows.
  private static func height(_ parts: [FigureFloat]) -> Double {
    rows(parts).reduce(0) { $0 + ($1.map { parts[$0].size.height }.max() ?? 0) }
  }

  /// The parts in rows as wide as the venue's text, or without a venue as the widest part.
  private static func rows(_ parts: [FigureFloat]) -> [[Int]] {
    let room = max(parts.map(\.size.width).max() ?? 0, parts.compactMap(\.textWidth).max() ?? 0)
    var x = 0.0
    var rows: [[Int]] = []
    for (index, part) in parts.enumerated() {
      let width = max(part.size.width, LatexSnippet.narrowestPart)
      if rows.isEmpty || x + gap + width > room {
        rows.append([])
        x = 0
      }
      rows[rows.count - 1].append(index)
      x += (x > 0 ? gap : 0) + width
    }
    return rows
  }

  private static func text(_ name: String, _ parts: [(figure: GalleryManifest.Figure, float: FigureFloat)]) -> String {
    let environment = parts.contains { $0.float.isWide } ? "figure*" : "figure"
    let common = shared(parts)
    let rows = rows(parts.map(\.float))
    // Panels below each other have captions of one width.
    let width = rows.allSatisfy { $0.count == 1 } ? parts.map(\.float.size.width).max() : nil
    let pictures = parts.map { part -> String in
      var float = part.float
      // The lens is cited once for all parts.
      float.citations = float.citations.filter { $0.hasPrefix("model-") }
      let model = part.figure.model
      // A caption of the author's may do without the finding.
      let finding = part.figure.finding.flatMap { float.caption.contains($0) ? $0 : nil }
      let words = common == nil ? float.caption : finding.map { "\(model): \($0)" } ?? model
      return LatexSnippet(float).part(caption: words, width: width)
    }
    let lenses = parts.flatMap { $0.float.citations.filter { !$0.hasPrefix("model-") } }
      .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    var whole = parts[0].float
    whole.model = nil
    whole.size.height = height(parts.map(\.float))
    let words = LatexCaption(
      common ?? whole.title + ".", citations: lenses, label: "fig:\(name)", longest: whole.longestCaption)
    return """
      % \(StrataVersion.tool): \((parts.first?.float.title ?? "").filter { !$0.isNewline }). Needs the package subcaption.
      \(LatexCaption.stratacite)\\begin{\(environment)}[t]
        \\centering

      """
        + rows.map { $0.map { pictures[$0] }.joined(separator: "\\hfil\n") }.joined(separator: "\n    \\par\\medskip\n")
          + """

            \\caption[{\(LatexText.escaped(whole.short))}]{\(words.text)}
            \\label{fig:\(name)}
          \\end{\(environment)}
          \(words.rest)
          """
  }

  /// What the captions of all parts say, the models apart; nil when they say different things.
  private static func shared(_ parts: [(figure: GalleryManifest.Figure, float: FigureFloat)]) -> String? {
    let names = Wording.enumeration(parts.map(\.figure.model))
    let captions = parts.map { part -> String in
      var words = part.float.caption
      if let finding = part.figure.finding {
        // At the beginning of an author's caption it has no space before it.
        words = words.replacing(" " + finding, with: "").replacing(finding + " ", with: "").replacing(finding, with: "")
      }
      return words.replacing(part.figure.model, with: names)
    }
    guard let first = captions.first, !first.isEmpty, captions.allSatisfy({ $0 == first }) else { return nil }
    return first
  }
}
