import CCairo
import CFontconfig
import CLink
import CPango

/// The drawing libraries found on this machine.
public enum PlotLibraries {
  /// Names with versions, in a fixed order.
  public static var versions: [(name: String, version: String)] {
    [
      ("Cairo", String(cString: cairo_version_string())),
      ("Pango", String(cString: pango_version_string())),
    ]
  }

  /// Every file that affects how figures look: libraries of this process, fontconfig's configuration, all fonts.
  ///
  /// Paths, sorted. Takes a few milliseconds; does not start Pango.
  public static var files: [String] {
    Array(Set(loadedAtStart + fontConfiguration + fonts)).sorted()
  }

  /// Environment variables that affect fontconfig, FreeType, HarfBuzz, Pango and Cairo: `NAME=value`, sorted.
  public static func settings(_ environment: [String: String]) -> [String] {
    let prefixes = ["FC_", "FONTCONFIG_", "FREETYPE_", "HB_", "PANGO", "CAIRO_"]
    // This program overrides PANGO_LANGUAGE.
    return environment.filter { variable in
      variable.key != "PANGO_LANGUAGE" && prefixes.contains { variable.key.hasPrefix($0) }
    }
    .map { "\($0.key)=\($0.value)" }.sorted()
  }

  /// The libraries of this process when this was first asked for: those that are opened later draw nothing.
  ///
  /// A program that opens libraries by name asks at its beginning, so that its figures do not depend on what it did before.
  public static let loadedAtStart: [String] = {
    var paths: [String] = []
    withUnsafeMutablePointer(to: &paths) { paths in
      _ = loaded_libraries(
        { library, _, paths in
          // The program itself has an empty name, and the kernel's part a name without a slash.
          if let name = library?.pointee.path, name[0] == UInt8(ascii: "/") {
            paths?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
          }
          return 0
        }, paths)
    }
    return paths
  }()

  private static var fontConfiguration: [String] {
    guard FcInit() != 0, let list = FcConfigGetConfigFiles(nil) else { return [] }
    defer { FcStrListDone(list) }
    var paths: [String] = []
    while let path = FcStrListNext(list) { paths.append(String(cString: path)) }
    return paths
  }

  private static var fonts: [String] {
    var paths: [String] = []
    // The system's list is complete, because this program adds no fonts.
    guard FcInit() != 0, let set = FcConfigGetFonts(nil, FcSetSystem) else { return [] }
    for index in 0..<Int(set.pointee.nfont) {
      var path: UnsafeMutablePointer<FcChar8>?
      guard let font = set.pointee.fonts[index], FcPatternGetString(font, FC_FILE, 0, &path) == FcResultMatch,
        let path
      else { continue }
      paths.append(String(cString: path))
    }
    return paths
  }
}
