import Foundation
import Plot

/// Writes the pages around the figures, when anything they show has changed.
struct PageStage {
  let spec: ReportSpec
  let folder: URL

  /// What the pages depend on: the manifest names every figure's digest.
  private struct Key: Encodable {
    var program = StrataVersion.program
    /// Digest of the page's template; nil without a page.
    var template: String?
    var manifest: GalleryManifest
    var figures: [String: String]
    var output: [Bool]
  }

  /// Writes what the spec asks for and notes its files in the record; returns whether anything was written.
  func write(
    _ manifest: GalleryManifest, scenes: [String: Scene], drawn: [String: BuildRecord.Figure], earlier: BuildRecord,
    into record: inout BuildRecord
  ) throws -> Bool {
    let template = spec.output.gallery ? try GalleryTemplate(explicit: nil).digest : nil
    let key = ContentKey.of(
      Key(
        template: template, manifest: manifest, figures: drawn.mapValues(\.key),
        output: [spec.output.gallery, spec.output.report]))
    record.pages = key
    let known = earlier.files.filter(isPage)
    if earlier.pages == key, known.allSatisfy({ access(folder.appending(path: $0).path, R_OK) == 0 }) {
      record.files.formUnion(known)
      return false
    }
    let written = try Gallery.write(
      manifest: manifest, into: folder, template: nil, page: spec.output.gallery, report: spec.output.report,
      scenes: scenes)
    record.files.formUnion(written)
    return true
  }

  /// Whether a file is not of the figures.
  private func isPage(_ path: String) -> Bool {
    !["figures/", "traces/", "datasets/"].contains { path.hasPrefix($0) }
  }
}
