import Engine
import Files
import Findings
import Foundation
import Gallery
import Plot
import Spec
import Traces
import Words

/// Writes the pages around the figures, when anything they show has changed.
struct PageStage: BuildStage {
  let spec: ReportSpec
  let folder: URL
  /// Where relative paths of the spec start.
  let base: URL

  /// What the pages depend on: the manifest names every figure's digest.
  private struct Key: Encodable {
    var program = StrataVersion.program
    /// Digest of the page's template; nil without a page.
    var template: String?
    /// Digest of the manifest.
    var manifest: String
    /// One digest of the keys of all figures.
    var figures: String
    /// One digest of those of the numbers that the first page shows.
    var numbers: String
    var output: ReportSpec.Output
    /// Digest of the report's logo; nil without one.
    var logo: String?
  }

  /// What the pages show.
  struct Input {
    var manifest: GalleryManifest
    /// What the numbers show.
    var findings: GalleryFindings
    var drawn: FigureStage.Outcome
    /// The record of an earlier build.
    var earlier: BuildRecord
    var front: GalleryFront
    /// Digests of the files of all numbers.
    var numbers: [String]
  }

  /// The pages of a folder.
  struct Output {
    /// The key of everything that the pages show.
    var key: String
    /// By path.
    var files: [String: FileRecord]
    /// Whether this build wrote them.
    var isNew: Bool
  }

  /// Writes the pages that the spec asks for, unless those of an earlier build are still correct.
  func run(_ input: Input) throws -> Output {
    let (manifest, drawn, earlier) = (input.manifest, input.drawn, input.earlier)
    let template = spec.template(base: base)
    let logo = try spec.logo(base: base)
    let key = ContentKey.of(
      Key(
        template: spec.output.hasPage ? try GalleryTemplate.digest(explicit: template) : nil,
        manifest: try Gallery.digest(manifest),
        figures: SHA256.combined(
          drawn.record.map { (name: $0.key, digest: $0.value.key) }.sorted { $0.name < $1.name }),
        numbers: SHA256.hex(of: input.numbers.joined(separator: " ").utf8), output: spec.output, logo: logo?.sha256))
    if earlier.pages == key, let known = earlier.pageFiles,
      known.allSatisfy({ $0.key == $0.value.path && $0.value.isIntact(in: folder) })
    {
      return Output(key: key, files: known, isNew: false)
    }
    var content = GalleryContent(
      manifest: manifest, details: drawn.details, scenes: drawn.scenes, findings: input.findings, front: input.front,
      logo: logo?.picture)
    content.detailsAgain = drawn.detailsAgain
    let written = try Gallery.write(
      content, into: folder,
      as: Gallery.Forms(
        template: template, page: spec.output.gallery, singleFile: spec.output.singleFile, report: spec.output.report,
        latex: spec.output.latex, paper: Paper(rawValue: spec.output.paper) ?? .a4))
    return Output(key: key, files: Dictionary(written.map { ($0.path, $0) }) { $1 }, isNew: true)
  }
}

extension ReportSpec {
  /// A problem of the template's folder at the place in the spec that names it; problems of its files keep theirs.
  func withPlaceOfTemplate(_ problem: Diagnostic, base: URL) -> Diagnostic {
    guard let templatePlace, let folder = template(base: base)?.path, problem.place == folder else { return problem }
    var problem = problem
    problem.place = templatePlace
    return problem
  }

  /// The folder of the gallery's own template; nil for the program's.
  func template(base: URL) -> URL? {
    output.template.map { URL(fileURLWithPath: $0, relativeTo: base).absoluteURL.standardizedFileURL }
  }
}

extension Trace {
  /// The tokens as a page shows them.
  func reading(by model: String) -> GalleryManifest.Prompt.Reading {
    let own = tokens.indices.map { tokenLabel(at: $0).text }
    // What the encoder reads, then all that the decoder has.
    let read = encoder?.tokens.map { tokenLabel($0).text }
    var reading = GalleryManifest.Prompt.Reading(
      model: model, tokens: (read ?? []) + own, promptLength: read?.count ?? promptLength)
    reading.isMasked = masks == nil ? nil : true
    reading.changes = changes == nil ? nil : Wording.changes(of: self)
    reading.ended = ended
    return reading
  }

  /// How many tokens were generated before the model ended the text; nil where it was as many as were asked for.
  private var ended: Int? {
    switch method {
    case .generate(let asked), .sample(let asked, _):
      let made = tokens.count - promptLength
      return masks == nil && made > 0 && made < asked ? made : nil
    case .continuation: return nil
    }
  }
}
