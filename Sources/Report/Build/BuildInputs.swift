import Engine
import Files
import Foundation
import Gallery
import Models
import Spec
import Traces
import Words

/// Everything that the files of a built gallery depend on.
struct BuildInputs: Encodable {
  private var schema = BuildStamp.schemaName
  private var program = StrataVersion.program
  private var name: String
  /// Digest of the spec's bytes.
  private var spec: String
  private var models: [Model]
  /// Digests of committed traces.
  private var traces: [String]
  /// Digests of the files of datasets.
  private var datasets: [String]
  /// Digests of the other files that the spec names; nil where it names none.
  private var texts: [String]?
  /// The files to write.
  ///
  /// Options of a command may differ from the spec here.
  private var output: ReportSpec.Output
  /// Digest of the page's template; nil without a page.
  private var template: String?
  /// Digest of the report's logo; nil without one.
  private var logo: String?
  /// The state of the libraries and fonts that draw figures.
  private var machine: String

  /// The facts about an adapter that a gallery shows.
  private struct Adapter: Encodable {
    var name: String
    var source: String?
    var files: [FileRecord]
  }

  /// The facts about a resolved model that a gallery shows, and their sources.
  private struct Model: Encodable {
    var name: String
    var reference: String
    var license: String?
    var source: String?
    var files: [FileRecord]
    /// Files of chat templates; nil where there are none, or no prompt is a conversation.
    var chatFiles: [FileRecord]?
    var tunedLens: [FileRecord]?
    var jacobianLens: [FileRecord]?
    var options: ModelOptions?
    var adapter: Adapter?
  }

  /// The current inputs of a spec; nil when some cannot be read.
  ///
  /// The build then treats everything as changed.
  ///
  /// - Parameter models: The models that the spec needs; their digests stand for their content.
  /// - Parameter numbers: Numbers that are there before any model runs, by cell.
  init?(
    _ spec: ReportSpec, base: URL, models: [ResolvedModel?], numbers: [Int: CellNumbers], figures: any FigureSource
  ) {
    guard let machine = figures.machine else { return nil }
    (name, self.spec, self.machine) = (spec.name, spec.sha256, machine)
    let asksChats = spec.prompts.contains { $0.chat != nil }
    self.models = models.compactMap { $0 }.map { model in
      Model(
        name: model.name, reference: model.reference, license: model.license, source: model.source, files: model.files,
        chatFiles: asksChats && !model.chatFiles.isEmpty ? model.chatFiles : nil,
        tunedLens: model.lens?.kind == .tuned ? model.lens?.files : nil,
        jacobianLens: model.lens?.kind == .jacobian ? model.lens?.files : nil,
        options: model.options.isPlain ? nil : model.options,
        adapter: model.adapter.map { Adapter(name: $0.name, source: $0.source, files: $0.files) })
    }
    do {
      traces = try numbers.sorted { $0.key < $1.key }.map { SHA256.hex(of: try $1.read().jsonData()) }
      datasets = try spec.datasets.map {
        try SHA256.hex(ofFile: URL(fileURLWithPath: $0.file, relativeTo: base).path)
      }
      if !spec.files.isEmpty {
        texts = try spec.files.map { try SHA256.hex(ofFile: URL(fileURLWithPath: $0, relativeTo: base).path) }
      }
      output = spec.output
      template = spec.output.hasPage ? try GalleryTemplate.digest(explicit: spec.template(base: base)) : nil
      logo = try spec.logo(base: base)?.sha256
    } catch {
      return nil
    }
  }

  /// One digest of all.
  var key: String { ContentKey.of(self) }
}
