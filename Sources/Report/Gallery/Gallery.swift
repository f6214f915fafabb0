import Foundation
import Plot

/// Turns a manifest into a gallery: `index.html`, its assets, `manifest.json` and, when asked, `report.pdf`.
public enum Gallery {
  /// Writes the gallery of `manifest` into `folder`, where the figures' files already are.
  ///
  /// Every file is complete or not there: each is written beside its place and renamed, `index.html` last.
  /// - Parameters:
  ///   - manifest: What to show; its figures' files must exist in `folder`.
  ///   - folder: The gallery's folder, created when missing.
  ///   - template: A folder with `index.mustache`; nil for the one that comes with the program.
  ///   - report: Whether to write `report.pdf`.
  ///   - scenes: The laid-out figures by figure id; the report draws those and needs all of them.
  /// - Throws: `Diagnostic`.
  public static func write(
    manifest: GalleryManifest, into folder: URL, template: URL?, report: Bool, scenes: [String: Scene]
  ) throws {
  }
}
