import Engine
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
    let template = spec.output.gallery ? try GalleryTemplate.digest(explicit: nil) : nil
    let key = ContentKey.of(
      Key(
        template: template, manifest: manifest, figures: drawn.mapValues(\.key),
        output: [spec.output.gallery, spec.output.report]))
    record.pages = key
    if earlier.pages == key, let known = earlier.pageFiles, known.values.allSatisfy({ $0.isIntact(in: folder) }) {
      record.pageFiles = known
      record.files.formUnion(known.keys)
      return false
    }
    let written = try Gallery.write(
      manifest: manifest, into: folder, template: nil, page: spec.output.gallery, report: spec.output.report,
      scenes: scenes)
    record.pageFiles = Dictionary(written.map { ($0.path, $0) }) { $1 }
    record.files.formUnion(written.map(\.path))
    return true
  }
}

extension GalleryManifest.File {
  /// Whether the file is there with these bytes.
  func isIntact(in folder: URL) -> Bool {
    guard let found = FileState(path: folder.appending(path: path).path), found.bytes == bytes else { return false }
    return (try? SHA256.hex(ofFile: folder.appending(path: path).path)) == sha256
  }
}
