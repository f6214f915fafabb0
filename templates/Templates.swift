import Foundation

/// The folder of gallery templates that comes with the program.
public enum Templates {
  /// Where the build put the templates.
  public static var bundled: URL? { Bundle.module.resourceURL }
}
