import Engine
import Figures
import Files
import Foundation
import Plot
import Traces

/// A source of figures: the registry of figures, or a simple one in tests.
public protocol FigureSource: Sendable {
  /// Lays out a figure of the numbers of one model, or of several in one.
  ///
  /// - Throws: `Diagnostic` or `PlotError` when the kind cannot show them.
  func draw(
    _ kind: String, _ numbers: [Numbers], options: [String: OptionValue], style: FigureStyle
  ) throws -> DrawnFigure

  /// Whether a figure can be drawn at all, before anything is: a spec's mistakes are told before a gallery is written.
  ///
  /// - Throws: As `draw`, without the errors of the layout.
  func check(_ kind: String, _ numbers: [Numbers], options: [String: OptionValue], style: FigureStyle) throws

  /// The bytes of a figure in a format of the registry; `id` is a slug that names the figure in the file.
  func render(_ figure: DrawnFigure, format: String, id: String) throws -> Data

  /// The name of the file of a figure in a format.
  func fileName(_ id: String, format: String) -> String

  /// Changes whenever the same trace would give another picture, because of fonts or libraries.
  var fingerprint: String { get }

  /// Changes whenever `fingerprint` might change, and costs less; nil when it is unknown.
  var machine: String? { get }
}

extension FigureSource {
  /// The format's name as the ending.
  public func fileName(_ id: String, format: String) -> String { "\(id).\(format)" }

  /// No problems: for sources that draw anything.
  public func check(
    _ kind: String, _ numbers: [Numbers], options: [String: OptionValue], style: FigureStyle
  ) throws {}

  /// The fingerprint itself.
  public var machine: String? { fingerprint }
}

extension FigureRecipes: FigureSource {
  /// Changes with libraries and fonts: their versions and files, and the size of a text in many scripts in every family.
  ///
  /// Sizes are not enough: outlines can change, or a bold face can disappear, while every width stays the same.
  public var fingerprint: String {
    let sample = "Aaijlm0189 ␣↵⇥ ёжЩ αβγ עברית العربية हिन्दी ไทย 中文 日本語 한국어 ‹›…"
    let families = ["TeX Gyre Heros", "TeX Gyre Termes", "DejaVu Sans Mono"]
    let sizes = families.map { family in
      let extent = try? TextMeasurer.extent(sample, font: Font(family: family, size: 10))
      return "\(family) \(extent.map { "\($0.width) \($0.ascent) \($0.descent)" } ?? "missing")"
    }
    // An unknown state equals no other state, so that the build treats everything as changed.
    let files = machine ?? UUID().uuidString
    return (PlotLibraries.versions.map { "\($0.name) \($0.version)" } + sizes + [files]).joined(separator: "; ")
  }

  /// The state of libraries, of every font and of fontconfig's configuration.
  public var machine: String? {
    InstalledFiles.state(
      PlotLibraries.files, settings: PlotLibraries.settings(ProcessInfo.processInfo.environment))
  }
}

/// The state of installed files, such as fonts, found without reading them.
enum InstalledFiles {
  /// Changes when one of the files does; nil when one is missing, or changed so recently that its time proves nothing.
  static func state(_ paths: [String], settings: [String]) -> String? {
    let now = FileState.now
    var lines = settings
    for path in paths {
      guard let state = FileState(path: path), state.isSettled(at: now) else { return nil }
      lines.append("\(path) \(state.bytes) \(state.modified) \(state.changed) \(state.inode)")
    }
    return SHA256.hex(of: lines.joined(separator: "\n").utf8)
  }
}
