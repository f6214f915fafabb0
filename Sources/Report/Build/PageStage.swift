import Engine
import Files
import Foundation
import Gallery
import Plot
import Spec
import Traces
import Words

/// Writes the pages around the figures, when anything they show has changed.
struct PageStage {
  let spec: ReportSpec
  let folder: URL
  /// Where relative paths of the spec start.
  let base: URL

  /// What the pages depend on: the manifest names every figure's digest.
  private struct Key: Encodable {
    var program = StrataVersion.program
    /// Digest of the page's template; nil without a page.
    var template: String?
    var manifest: GalleryManifest
    var figures: [String: String]
    var output: ReportSpec.Output
  }

  /// Writes what the spec asks for and notes its files in the record; returns whether anything was written.
  func write(
    _ manifest: GalleryManifest, _ drawn: FigureStage.Outcome, earlier: BuildRecord, into record: inout BuildRecord
  ) throws -> Bool {
    let template = spec.template(base: base)
    let key = ContentKey.of(
      Key(
        template: spec.output.hasPage ? try GalleryTemplate.digest(explicit: template) : nil, manifest: manifest,
        figures: drawn.record.mapValues(\.key), output: spec.output))
    record.pages = key
    if earlier.pages == key, let known = earlier.pageFiles, known.values.allSatisfy({ $0.isIntact(in: folder) }) {
      record.pageFiles = known
      record.files.formUnion(known.keys)
      return false
    }
    let content = GalleryContent(manifest: manifest, details: drawn.details, scenes: drawn.scenes)
    let written = try Gallery.write(
      content, into: folder,
      as: Gallery.Forms(
        template: template, page: spec.output.gallery, singleFile: spec.output.singleFile, report: spec.output.report,
        latex: spec.output.latex))
    record.pageFiles = Dictionary(written.map { ($0.path, $0) }) { $1 }
    record.files.formUnion(written.map(\.path))
    return true
  }
}

extension ReportSpec {
  /// The folder of the gallery's own template; nil for the program's.
  func template(base: URL) -> URL? {
    output.template.map { URL(fileURLWithPath: $0, relativeTo: base).absoluteURL.standardizedFileURL }
  }
}

extension Trace {
  /// The tokens as a page shows them.
  func reading(by model: String) -> GalleryManifest.Prompt.Reading {
    GalleryManifest.Prompt.Reading(
      model: model, tokens: tokens.indices.map { tokenLabel(at: $0).text }, promptLength: promptLength)
  }
}
