import Foundation
import Words

/// What came with the program: `share/strata` of the folder that an installation, a release or a wheel put beside it.
package enum Installation {
  /// Where it may lie, first to last.
  package static let places: [URL] = {
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent() else {
      return []
    }
    return [
      program.deletingLastPathComponent().appendingPathComponent("share/strata"),
      program.appendingPathComponent("share/strata"), program,
    ]
  }()

  /// A file that came with the program, nil where it did not.
  package static func file(_ path: String, in places: [URL] = Self.places) -> URL? {
    places.map { $0.appendingPathComponent(path) }.first { FileState(path: $0.path)?.isFolder == false }
  }

  /// Fonts of a release: fontconfig reads them and no others, so that figures are the same bytes on every machine.
  ///
  /// `STRATA_FONTS=system` takes the machine's fonts instead. Without fonts beside the program this does nothing. Call it before anything is
  /// drawn.
  ///
  /// - Throws: `Diagnostic` for another value of `STRATA_FONTS`.
  package static func useOwnFonts(
    environment: [String: String] = ProcessInfo.processInfo.environment, in places: [URL] = Self.places
  ) throws(Diagnostic) {
    switch environment["STRATA_FONTS"] ?? "" {
    case "", "own": break
    case "system": return
    case let other:
      throw Diagnostic(
        place: "STRATA_FONTS", "expected own or system, found '\(other)'",
        hints: ["own: the fonts that came with the program; system: those of this machine"], category: .usage)
    }
    guard let fonts = file("fonts/fonts.conf", in: places) else { return }
    setenv("FONTCONFIG_FILE", fonts.path, 1)
    // Both would lead fontconfig elsewhere.
    unsetenv("FONTCONFIG_PATH")
    unsetenv("FONTCONFIG_SYSROOT")
    // Where lines of Thai may break is a matter of libthai's dictionary.
    if let words = file("thai/thbrk.tri", in: places) {
      setenv("LIBTHAI_DICTDIR", words.deletingLastPathComponent().path, 1)
    }
  }
}
