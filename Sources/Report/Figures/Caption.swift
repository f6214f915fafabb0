import Plot
import Words

/// The sentences below a figure, some of which hold only for what the layout drew.
///
/// A recipe cannot know the width of a page. It names what it would like to be drawn, with the words for when it is and when
/// it is not; what the layout left out and no sentence mentions gets a sentence of its own.
public struct Caption: Equatable, Sendable, ExpressibleByStringLiteral {
  private var sentences: [Sentence]

  /// Sentences that hold whatever is drawn.
  public init(_ text: String) { sentences = [.always(text)] }

  /// Sentences that hold whatever is drawn.
  public init(stringLiteral text: String) { self.init(text) }

  /// Something that a layout may leave out.
  public enum Part: Equatable, Sendable {
    /// Numbers or words in the cells of a heatmap.
    case cellTexts
    /// Frames around marked cells.
    case cellMarks
    /// The names of runs of columns or tokens.
    case spanNames

    /// Whether a layout drew it; true where the figure has none.
    fileprivate func isDrawn(_ drawn: DrawnParts) -> Bool {
      switch self {
      case .cellTexts: drawn.cellTexts ?? true
      case .cellMarks: drawn.cellMarks ?? true
      case .spanNames: drawn.spanNames ?? true
      }
    }
  }

  private enum Sentence: Equatable, Sendable {
    case always(String)
    case about(Part, drawn: String, leftOut: String)
    case frames(Frames)
  }

  /// Sets of cells that are framed, each as a sentence names it.
  struct Frames: Equatable, Sendable {
    /// In the order of their looks.
    var sets: [String]

    /// How many cells of each set a layout framed.
    fileprivate func text(of drawn: DrawnParts) -> String {
      guard drawn.hasRoomForFrames else {
        return
          "The cells are too small for the frames of \(Wording.enumeration(sets)); the figure's table names the set of each."
      }
      guard !drawn.frames.isEmpty else {
        return "Nothing is framed: no cell has one of \(Wording.enumeration(sets))."
      }
      let parts = sets.enumerated().map { number, set in
        "\(set) in " + (drawn.frames[number].map { Wording.count($0, "cell") } ?? "no cell")
      }
      return "Frames mark cells by their token: \(parts.joined(separator: "; "))."
    }
  }

  /// With what is said of framed cells.
  func about(_ frames: Frames?) -> Caption {
    guard let frames else { return self }
    var caption = self
    caption.sentences.append(.frames(frames))
    return caption
  }

  /// With a sentence about a part: one for when it is drawn, another for when it is left out.
  public func about(_ part: Part, drawn: String, leftOut: String) -> Caption {
    var caption = self
    caption.sentences.append(.about(part, drawn: drawn, leftOut: leftOut))
    return caption
  }

  /// With more sentences that hold whatever is drawn.
  public func and(_ text: String) -> Caption {
    var caption = self
    if !text.isEmpty { caption.sentences.append(.always(text)) }
    return caption
  }

  /// With every sentence changed.
  func changed(_ change: (String) -> String) -> Caption {
    var caption = self
    caption.sentences = sentences.map { sentence in
      switch sentence {
      case .always(let text): .always(change(text))
      case .about(let part, let text, let otherwise):
        .about(part, drawn: change(text), leftOut: change(otherwise))
      // Names and words are the author's.
      case .frames: sentence
      }
    }
    return caption
  }

  /// The caption of a figure that a layout drew.
  public func text(of drawn: DrawnParts) -> String {
    let own = sentences.map { sentence in
      switch sentence {
      case .always(let text): text
      case .about(let part, let text, let otherwise): part.isDrawn(drawn) ? text : otherwise
      case .frames(let frames): frames.text(of: drawn)
      }
    }
    return (own + Self.leftOut(drawn)).filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The caption of a figure of which nothing is left out.
  public var text: String { text(of: DrawnParts()) }

  /// What every kind has to say about parts that a layout left out or cut.
  private static func leftOut(_ drawn: DrawnParts) -> [String] {
    var sentences: [String] = []
    if drawn.panels > 1 {
      sentences.append(
        "The tokens go on in the next panel"
          + (drawn.isTurned == true ? " to the right." : " below."))
    }
    if drawn.labelStride > 1 {
      sentences.append("Only every \(ordinal(drawn.labelStride)) token has a label.")
    }
    if let columns = drawn.shownColumns { sentences.append("Each row has room for the first \(columns).") }
    if let rows = drawn.shownRows { sentences.append(self.rows(rows)) }
    if drawn.wordsLeftOut > 0 {
      sentences.append(
        "There is no room for \(CountFormat.full(drawn.wordsLeftOut)) more \(drawn.wordsLeftOut == 1 ? "token" : "tokens") "
          + "of the figure's table.")
    }
    if drawn.tokensLeftOut > 0 {
      sentences.append("The last \(CountFormat.full(drawn.tokensLeftOut)) tokens of the text are left out.")
    }
    return sentences
  }

  /// Which layers a grid of words shows.
  static func rows(_ rows: DrawnParts.Rows) -> String {
    let last = rows.indices.last ?? 0
    let between = rows.indices.dropFirst().contains { (last - $0) % rows.stride != 0 }
    if rows.stride > last { return "Shown are the last layers at which the most probable token changes." }
    // "Every 20th layer" of 30 would say less than how many there are.
    if 3 * rows.stride > last {
      return "Shown are \(rows.indices.count) of \(last + 1) rows"
        + (between ? ", among them those at which the most probable token changes." : ".")
    }
    return "Shown are " + (between ? "the layers at which the most probable token changes, and " : "")
      + "every \(ordinal(rows.stride)) layer."
  }

  static func ordinal(_ number: Int) -> String {
    switch (number % 10, number % 100) {
    case (1, let rest) where rest != 11: "\(number)st"
    case (2, let rest) where rest != 12: "\(number)nd"
    case (3, let rest) where rest != 13: "\(number)rd"
    default: "\(number)th"
    }
  }
}
