import Foundation

/// The folder of gallery templates that comes with the program.
public enum Templates {
  /// Where the build put the templates: a resource folder beside the program; nil when it is not there.
  ///
  /// `Bundle.module` would stop the process when the folder is missing, as with a program copied elsewhere.
  public static var bundled: URL? {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let places = [program, Bundle.main.bundleURL].compactMap {
      $0?.appendingPathComponent("Strata_Templates.resources")
    }
    return places.first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
