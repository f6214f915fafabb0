import Engine
import Files
import Foundation
import Models
import Spec
import Traces
import Words

/// A source of the notes of a model, which it opens if necessary.
public protocol NoteSource: Sendable {
  /// What users should know about how the model is opened.
  func notes(of model: ResolvedModel) throws -> [ModelNote]
  /// The written form of the BOS that the model's tokenizer puts before every text; nil for none, or when the model was not opened.
  func leadingBOS(of model: ResolvedModel) -> String?
  /// Whether an opened model continues the texts of datasets; false where it fills in masks, or where an encoder reads the texts.
  func continuesTexts(_ model: ResolvedModel) -> Bool
}

extension NoteSource {
  /// None.
  public func notes(of model: ResolvedModel) throws -> [ModelNote] { [] }
  /// None.
  public func leadingBOS(of model: ResolvedModel) -> String? { nil }
  /// True.
  public func continuesTexts(_ model: ResolvedModel) -> Bool { true }
}

/// The notes of models, cached by content like traces, so that a build reports them without opening the model again.
struct ModelRemarks {
  private let folder: URL

  init(_ cache: CacheFolder) { folder = cache.notes }

  /// A note without the machine's path.
  private struct Remark: Codable {
    /// Name of the file, or of the folder.
    var file: String
    var message: String
  }

  private struct Key: Encodable {
    var program = StrataVersion.program
    var model: String
    var options: ModelOptions
    var adapter: String?
  }

  /// Reports every note of a model with the path of its file.
  ///
  /// Returns them with its name: "tokenizer_config.json: what was found and done".
  ///
  /// - Parameter step: How far its training had come, as the spec has it; nil for a model that is no checkpoint.
  @discardableResult
  func tell(
    _ model: ResolvedModel, _ source: any NoteSource, step: TrainingStep? = nil, progress: ProgressHandler?
  ) -> [String] {
    let own = step.flatMap { Self.remark(on: $0, of: model) }
    return (remarks(model, source) + [own].compactMap(\.self)).map { remark in
      let isModel = remark.file == model.url.lastPathComponent
      let place = isModel ? model.url : model.url.appending(path: remark.file)
      progress?(.note("note: \(place.path): \(remark.message)"))
      return "\(remark.file): \(remark.message)"
    }
  }

  /// What a trainer leaves beside the weights of a checkpoint; it decides no number, so its digest is none of the model's.
  private static let stateOfTraining = "trainer_state.json"

  /// A checkpoint whose own files tell another step than the spec; nil where they tell the same, or nothing.
  private static func remark(on step: TrainingStep, of model: ResolvedModel) -> Remark? {
    guard step.unit == nil, FileState(path: model.url.path)?.isFolder == true,
      let found = savedStep(model.url.appending(path: stateOfTraining).path), found != step.number
    else { return nil }
    return Remark(
      file: stateOfTraining,
      message: "the trainer saved it at step \(Wording.grouped(found)) (global_step), and the spec takes it for "
        + "\(step.phrase): see whether two checkpoints are exchanged")
  }

  /// The step that the state of a trainer tells; nil where it tells none.
  static func savedStep(_ path: String) -> Int? {
    guard FileState(path: path) != nil else { return nil }
    return (try? JSONDocument(path: path))?.root["global_step"]?.integer
  }

  private func remarks(_ model: ResolvedModel, _ source: any NoteSource) -> [Remark] {
    let key = Key(model: model.sha256, options: model.options, adapter: model.adapter.map { "\($0.name) \($0.sha256)" })
    let file = folder.appending(path: ContentKey.of(key) + ".json")
    if let data = SealedFile.read(file), let known = try? JSONDecoder().decode([Remark].self, from: data) {
      return known
    }
    // The run reports a model that cannot be opened.
    guard let notes = try? source.notes(of: model) else { return [] }
    let remarks = notes.map {
      Remark(file: URL(fileURLWithPath: $0.place).lastPathComponent, message: $0.message)
    }
    if let data = try? JSONEncoder().encode(remarks) { try? SealedFile.write(data, to: file) }
    return remarks
  }
}

extension Builder {
  /// Reports and returns the notes of every model of a spec, by its index; for an absent model, the notes committed with its traces.
  func remarks(
    of models: [ResolvedModel?], in spec: ReportSpec, committed: CommittedTraces?, settled: SettledCells,
    problems: [Int: Diagnostic], plan: Plan, progress: ProgressHandler?
  ) -> [Int: [String]] {
    let isNeeded = Set(plan.cells.indices.filter(settled.needsRun).map { plan.cells[$0].model })
      .subtracting(problems.keys)
    var remarks: [Int: [String]] = [:]
    for (index, model) in models.enumerated() {
      guard let model else { continue }
      guard !model.isGiven else {
        remarks[index] = settled.givenNotes[index]
        continue
      }
      if let known = settled.recorded[index] {
        remarks[index] = known.remarks
        continue
      }
      remarks[index] =
        isNeeded.contains(index)
        ? ModelRemarks(store.cache).tell(model, numbers, step: spec.models[index].step, progress: progress)
        : committed?.remarks(of: spec.models[index]) ?? []
      guard isNeeded.contains(index), case .path(let path) = spec.models[index].reference,
        let words = ExchangedModels(spec: spec).note(ofFolder: path, index)
      else { continue }
      progress?(.note("note: \(spec.models[index].name): \(words)"))
      remarks[index]?.append(words)
    }
    return remarks
  }
}

extension [Int: [String]] {
  /// One list, each note with its model's name.
  func joinedByModel(_ spec: ReportSpec) -> [String] {
    keys.sorted().flatMap { index in (self[index] ?? []).map { "\(spec.models[index].name), \($0)" } }
  }
}
