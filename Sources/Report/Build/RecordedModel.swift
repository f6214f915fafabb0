import Engine
import Files
import Foundation
import Models
import Spec
import Traces
import Words

/// A model as it was when numbers were made, which tells of it where its files are absent.
struct RecordedModel: Codable, Equatable {
  var reference: String
  var license: String?
  var source: String?
  var files: [FileRecord]
  var tunedLens: [FileRecord]?
  var tunedLensFolder: String?
  var jacobianLens: [FileRecord]?
  var jacobianLensReference: String?
  /// How it was opened; nil when its files decided everything.
  var options: ModelOptions?
  /// Notes from when it was opened; nil for none.
  var remarks: [String]?
  var adapter: Adapter?

  /// An adapter as it was when the numbers were made.
  struct Adapter: Codable, Equatable {
    var name: String
    var reference: String
    var source: String?
    var files: [FileRecord]
  }

  /// A model of a spec whose files were found.
  init(_ model: ReportSpec.Model, _ resolved: ResolvedModel, remarks: [String]) {
    reference = model.reference.text
    license = resolved.license
    source = resolved.source
    files = resolved.files
    tunedLens = resolved.lens?.kind == .tuned ? resolved.lens?.files : nil
    tunedLensFolder = model.lens?.kind == .tuned ? model.lens?.text : nil
    jacobianLens = resolved.lens?.kind == .jacobian ? resolved.lens?.files : nil
    jacobianLensReference = model.lens?.kind == .jacobian ? model.lens?.text : nil
    options = model.options.isPlain ? nil : model.options
    self.remarks = remarks.isEmpty ? nil : remarks
    adapter = resolved.adapter.map {
      Adapter(name: $0.name, reference: $0.reference, source: $0.source, files: $0.files)
    }
  }

  /// The fitted lens as the spec named it.
  private var lens: LensReference? {
    tunedLensFolder.map { .tuned($0) } ?? jacobianLensReference.map { .jacobian($0) }
  }

  /// The kind and the files of the fitted lens.
  private var lensFiles: (Trace.Lens.Kind, [FileRecord])? {
    tunedLens.map { (.tuned, $0) } ?? jacobianLens.map { (.jacobian, $0) }
  }

  /// Whether a spec names the same model, lens and adapter, opened in the same way.
  func isOf(_ model: ReportSpec.Model) -> Bool {
    reference == model.reference.text && lens == model.lens && options ?? ModelOptions() == model.options
      && adapter?.reference == model.adapter?.text
  }

  /// What is otherwise than a spec names it: "those of 'a.gguf'", or "those with bos: yes, where the spec has bos: no".
  func differences(from model: ReportSpec.Model) -> String {
    guard reference == model.reference.text else { return "those of '\(reference)'" }
    let own = options ?? ModelOptions()
    func list(_ settings: [String]) -> String { "[\(settings.joined(separator: ", "))]" }
    let all: [(key: String, own: String, wanted: String)] = [
      ("bos", own.bos.rawValue, model.options.bos.rawValue),
      ("accept_settings", list(own.acceptedSettings), list(model.options.acceptedSettings)),
      ("lens", lens?.text ?? "logit", model.lens?.text ?? "logit"),
      ("adapter", adapter?.reference ?? "none", model.adapter?.text ?? "none"),
    ]
    let ways = all.filter { $0.own != $0.wanted }
    let found = ways.map { "\($0.key): \($0.own)" }
    let wanted = ways.map { "\($0.key): \($0.wanted)" }
    return "those with \(Wording.enumeration(found)), where the spec has \(Wording.enumeration(wanted))"
  }

  /// The model under the name that it has in a spec, with its numbers in a folder.
  func resolved(as model: ReportSpec.Model, in folder: URL) -> ResolvedModel {
    ResolvedModel(
      name: model.name, reference: reference, url: folder, license: license, source: source, files: files,
      lens: lensFiles.map { .init(kind: $0, url: folder, files: $1) }, options: model.options,
      adapter: adapter.map {
        .init(name: $0.name, reference: $0.reference, url: folder, source: $0.source, files: $0.files)
      })
  }
}
