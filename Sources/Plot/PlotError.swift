/// What can go wrong between a figure and its bytes.
public enum PlotError: Error, Equatable, Sendable {
  /// A font family is not installed, or resolves to another one.
  case missingFont(family: String, resolved: String?)
  /// No installed font has a glyph for a character of `text`.
  case missingGlyph(text: String, characters: [String], family: String)
  /// A size that cannot be drawn: not finite, zero, negative, or beyond what the format can hold.
  case badSize(width: Double, height: Double, limit: Double)
  /// A number in the scene is not finite.
  case notFinite(what: String)
  /// Two places of one document have the same name, or a link has no target.
  case duplicateDestination(String)
  /// A link points to no place of the document.
  case unknownDestination(String)
  /// The description of a figure contradicts itself.
  case badFigure(String)
  /// A figure has more columns than can be drawn in its width.
  case doesNotFit(columns: Int, width: Double, available: Double)
  /// A figure breaks rules of its venue.
  case venueRules(venue: String, source: String, violations: [String])
  /// A name that is not in a registry (venue, colour map, format), with the known ones.
  case unknownName(kind: String, name: String, known: [String])
  /// Cairo refused to draw.
  case cairo(status: String, doing: String)
  /// A file that is not a picture, or a picture too large to read.
  case badPicture(String)
  /// The system gives less address space than libraries need that end the program where they get none.
  case outOfMemory(bytes: Int, doing: String)
  /// zlib refused to compress a picture.
  case zlib(code: Int32)
}

extension PlotError {
  /// One sentence, lower case, without a full stop: what was expected and what was found.
  public var message: String {
    switch self {
    case .missingFont(let family, let resolved):
      "font family '\(family)' is not installed" + (resolved.map { "; the system would use '\($0)' instead" } ?? "")
    case .missingGlyph(let text, let characters, let family):
      "no installed font has a glyph for \(characters.joined(separator: ", ")) in '\(text)' (family '\(family)')"
    case .badSize(let width, let height, let limit):
      "cannot draw a page of \(number(width)) x \(number(height)); expected sides above 0 and at most \(number(limit))"
    case .notFinite(let what): "\(what) is not a finite number"
    case .duplicateDestination(let name): "destination '\(name)' is defined twice"
    case .unknownDestination(let name): "a link or an outline entry points to '\(name)', which is not a destination"
    case .badFigure(let reason), .badPicture(let reason): reason
    case .doesNotFit(let columns, let width, let available):
      "\(columns) columns do not fit a figure \(number(width)) wide: \(number(max(available, 0))) remain after "
        + "labels and colour bar"
    case .venueRules(let venue, let source, let violations):
      "the figure breaks rules of \(venue) (\(source)): \(violations.joined(separator: "; "))"
    case .unknownName(let kind, let name, _): "unknown \(kind) '\(name)'"
    case .cairo(let status, let doing): "cairo failed while \(doing): \(status)"
    case .outOfMemory(let bytes, let doing):
      "the system does not give the \(bytes >> 20) MiB of address space that \(doing) needs"
    case .zlib(let code): "zlib failed while compressing a picture: code \(code)"
    }
  }

  /// What to do about it.
  public var hints: [String] {
    switch self {
    case .missingFont(let family, _):
      ["install the Debian package \(FontFamilies.package(of: family)) (or run `make deps`), then `fc-cache -f`"]
    case .missingGlyph:
      ["install the Debian packages fonts-noto-core and fonts-noto-cjk, or show the characters by their codes"]
    case .doesNotFit: ["choose a wider span or width, or show fewer positions"]
    case .venueRules:
      ["choose another kind, options (colors, layer), or a wider span; without strict the figure is drawn as it is"]
    case .unknownName(let kind, _, let known): ["known \(kind)s: \(known.joined(separator: ", "))"]
    case .outOfMemory: ["raise the limit of memory (ulimit -v), or close other programs"]
    default: []
    }
  }
}

private func number(_ value: Double) -> String { Decimal3.text(value) }
