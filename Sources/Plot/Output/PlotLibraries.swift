import CCairo
import CPango

/// The libraries that draw, as they were found on this machine.
public enum PlotLibraries {
  /// Names with versions, in a fixed order.
  public static var versions: [(name: String, version: String)] {
    [
      ("Cairo", String(cString: cairo_version_string())),
      ("Pango", String(cString: pango_version_string())),
    ]
  }
}
