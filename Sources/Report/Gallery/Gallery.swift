import Foundation
import Plot

/// Turns a manifest into a gallery: `index.html`, its assets, `manifest.json` and, when asked, `report.pdf`.
public enum Gallery {
  /// Writes the gallery of `manifest` into `folder`, where the figures' files already are.
  ///
  /// Every file is complete or not there: all are written beside their places, then renamed, `index.html` last.
  /// - Parameters:
  ///   - manifest: What to show; its figures' files must exist in `folder`.
  ///   - folder: The gallery's folder, created when missing.
  ///   - template: A folder with `index.mustache`; nil for the one that comes with the program.
  ///   - page: Whether to write `index.html` and its assets.
  ///   - report: Whether to write `report.pdf`.
  ///   - scenes: The laid-out figures by figure id; the report draws those and needs all of them.
  ///   - paper: The report's sheet.
  /// - Returns: The files written, paths relative to the folder.
  /// - Throws: `Diagnostic`.
  @discardableResult
  public static func write(
    manifest: GalleryManifest, into folder: URL, template: URL?, page: Bool = true, report: Bool,
    scenes: [String: Scene], paper: Paper = .a4
  ) throws -> [GalleryManifest.File] {
    try manifest.check(in: folder)
    let template = page ? try GalleryTemplate(explicit: template) : nil
    let layout = GalleryLayout(manifest)
    let reportData = report ? try pdf(manifest, layout: layout, scenes: scenes, paper: paper) : nil

    var files = StagedFiles(folder: folder)
    try files.add(try json(manifest), path: "manifest.json")
    if let reportData { try files.add(reportData, path: "report.pdf") }
    if let template {
      for (name, data) in template.assets.sorted(by: { $0.key < $1.key }) {
        try files.add(data, path: "assets/\(name)")
      }
      var page = GalleryPage(manifest, layout: layout, reportBytes: reportData?.count)
      try files.add(Data(template.page(page.values()).utf8), path: "index.html")
    }
    try files.commit()
    return files.files
  }

  private static func pdf(
    _ manifest: GalleryManifest, layout: GalleryLayout, scenes: [String: Scene], paper: Paper
  ) throws -> Data {
    do {
      return try PagedReport(manifest, layout: layout, scenes: scenes, paper: paper).pdf()
    } catch let error as PlotError {
      throw Diagnostic(error, place: "report.pdf")
    }
  }

  /// The manifest as JSON with sorted keys.
  static func json(_ manifest: GalleryManifest) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(manifest) + Data("\n".utf8)
    } catch {
      throw Diagnostic(place: "manifest.json", "cannot be encoded: \(error)", category: .internalFault)
    }
  }
}
