import Engine
import Figures
import Models
import Traces
import Words
import Yams

// `models`: one model for each entry, or one for each of its lenses or checkpoints.

extension SpecReader {
  /// `models`: names of this report to references.
  mutating func models(_ entries: [SpecEntry]) -> [ReportSpec.Model] {
    var names: Set<String> = []
    return entries.flatMap { entry -> [ReportSpec.Model] in
      // Beyond the limit, how many more there are does not matter.
      guard names.count <= Self.mostModels else {
        broken.models.insert(entry.key)
        return []
      }
      let models = self.models(entry)
      if models.isEmpty { broken.models.insert(entry.key) }
      for model in models where !names.insert(model.name).inserted {
        report(entry, "the model '\(model.name)' is there already", ["give one of the entries another name"])
      }
      if names.count > Self.mostModels {
        report(
          entry,
          "a spec must have at most \(Wording.grouped(Self.mostModels)) models, each checkpoint counted, found more",
          ["choose fewer checkpoints, or write several specs"])
      }
      return models
    }
  }

  /// The model of an entry, or one for each of its lenses.
  private mutating func models(_ entry: SpecEntry) -> [ReportSpec.Model] {
    typealias Key = SpecSection.Model
    let name = entry.key
    guard isName(entry) else { return [] }
    let place = source.place(entry.keyMark?.place)
    guard case .mapping = entry.value else {
      let called = SpecName(key: Key.name.name, owner: "model '\(name)'")
      if isOfCheckpoints(entry.value) {
        return (Key.checkpoints.type.read(entry.value, called, &self) ?? []).map {
          checkpoint($0, of: ReportSpec.Model(name: name, reference: $0.reference, place: place))
        }
      }
      return [
        Key.name.type.read(entry.value, called, &self).map { ReportSpec.Model(name: name, reference: $0, place: place) }
      ].compactMap(\.self)
    }
    let fields = fields(entry.value, of: .model, called: "model '\(name)'")
    let sources = [
      (Key.name.name, fields[Key.name]), (Key.path.name, fields[Key.path]), (Key.traces.name, fields[Key.traces]),
      (Key.checkpoints.name, fields[Key.checkpoints]),
    ].filter { $0.1 != nil }
    if sources.count > 1, let given = sources[0].1 {
      let names = Wording.enumeration(sources.map(\.0))
      report(given, "\(fields.called) has both \(names)", ["keep one of them"])
    }
    let (references, isOfRun) = references(fields)
    let isGiven = references.contains { if case .traces = $0.reference { true } else { false } }
    if let given = fields[Key.traces] ?? (isGiven ? fields[Key.checkpoints] : nil) {
      let others = [
        (Key.tunedLens.name, !isOfRun && fields[Key.tunedLens] != nil),
        (Key.jacobianLens.name, !isOfRun && fields[Key.jacobianLens] != nil),
        (Key.lenses.name, !isOfRun && fields[Key.lenses] != nil),
        (Key.acceptSettings.name, fields[Key.acceptSettings] != nil),
        (Key.bos.name, fields[Key.bos] != nil), (Key.adapter.name, fields[Key.adapter] != nil),
        (Key.plainText.name, fields[Key.plainText] != nil),
      ]
      for (other, isThere) in others where isThere {
        report(
          given, "\(fields.called) has traces, so '\(other)' has nothing to change",
          ["remove it: the traces say how their model was opened"])
      }
    }
    let unit = read(Key.unit, in: fields)
    if let given = fields[Key.unit], !isOfRun {
      report(
        given, "\(fields.called) has \(given.key), but no checkpoints",
        ["add checkpoints: ./runs/step*, or remove \(given.key)"])
    }
    let lenses = lenses(of: fields)
    var options = ModelOptions()
    if let accepted = read(Key.acceptSettings, in: fields) { options.acceptedSettings = accepted }
    if let bos = read(Key.bos, in: fields) { options.bos = bos }
    let adapter = read(Key.adapter, in: fields)
    let plainText = read(Key.plainText, in: fields) ?? false
    let changes = read(Key.changes, in: fields) ?? []
    if isOfRun {
      let fitted = [fields[Key.tunedLens], fields[Key.jacobianLens], fields[Key.lenses]].compactMap(\.self)
      for given in fitted {
        report(
          given, "\(fields.called) has checkpoints, and the fitted lens of \(given.key) belongs to one of them",
          ["remove it, or give the checkpoint that it was fitted on an entry of its own"])
      }
    }
    return references.flatMap { found in
      lenses.map { lens in
        var model = ReportSpec.Model(
          name: name, reference: found.reference, lens: lens, options: options, adapter: adapter, place: place)
        model.takesPlainText = plainText
        model.changes = changes
        if isOfRun { return checkpoint(found, of: model, unit: unit) }
        if lenses.count > 1 {
          model.entry = name
          model.name = "\(name) (\(Wording.lensNoun(lens?.kind ?? .logit)))"
        }
        return model
      }
    }
  }

  /// Where the model of a mapping comes from, or each of its checkpoints, and whether it has checkpoints; empty after a report.
  private mutating func references(_ fields: SpecFields) -> (found: [SpecCheckpoint], isOfRun: Bool) {
    typealias Key = SpecSection.Model
    func one(_ reference: ModelReference?) -> (found: [SpecCheckpoint], isOfRun: Bool) {
      (reference.map { [SpecCheckpoint(reference: $0, step: 0)] } ?? [], false)
    }
    if fields[Key.checkpoints] != nil { return (read(Key.checkpoints, in: fields) ?? [], true) }
    if let given = fields[Key.name], fields[Key.traces] == nil, isOfCheckpoints(given.value) {
      return (Key.checkpoints.type.read(given.value, fields.name(of: Key.name), &self) ?? [], true)
    }
    if fields[Key.traces] != nil { return one(read(Key.traces, in: fields).map { .traces($0.tidyPath) }) }
    if fields[Key.name] != nil { return one(read(Key.name, in: fields)) }
    if fields[Key.path] != nil { return one(read(Key.path, in: fields).map { .path($0) }) }
    reportMissing(Key.path.name, in: fields)
    return ([], false)
  }

  /// Whether a name stands for several revisions: `org/name@{step1000,step2000}`.
  private func isOfCheckpoints(_ node: Node) -> Bool {
    node.scalar.map { CheckpointNames.standsForSeveral($0.string) } ?? false
  }

  /// The model of one checkpoint of an entry.
  private func checkpoint(_ found: SpecCheckpoint, of entry: ReportSpec.Model, unit: String? = nil) -> ReportSpec.Model
  {
    var model = entry
    let step = TrainingStep(run: entry.name, number: found.step, unit: unit)
    (model.step, model.entry, model.name) = (step, entry.name, step.name)
    return model
  }

  /// The lenses of a model, one unless it has `lenses`; nil stands for the logit lens.
  private mutating func lenses(of fields: SpecFields) -> [LensReference?] {
    typealias Key = SpecSection.Model
    let given = [fields[Key.tunedLens], fields[Key.jacobianLens], fields[Key.lenses]].compactMap(\.self)
    if given.count > 1 {
      report(
        given[1], "\(fields.called) has both \(given[0].key) and \(given[1].key)",
        ["keep one of them, or list them: lenses: [{tuned: FOLDER}, {jacobian: FILE}]"])
    }
    if let lenses = read(Key.lenses, in: fields) { return lenses }
    if let tuned = read(Key.tunedLens, in: fields) { return [.tuned(tuned)] }
    return [read(Key.jacobianLens, in: fields).map { .jacobian($0) }]
  }

  /// Reports a norm or rows that the fitted lens of a model cannot be read with.
  mutating func check(
    _ lens: (norm: Trace.Lens.Norm, rows: TraceRequest.Rows), isReadBy models: [ReportSpec.Model], at entry: SpecEntry
  ) {
    guard let model = models.first(where: { $0.lens != nil }), let kind = model.lens?.kind else { return }
    let noun = "the \(Wording.lensNoun(kind)) of model '\(model.name)'"
    if lens.norm == .none {
      report(entry, "\(noun) is read through the final norm, found norm: none", ["leave norm out, or the lens"])
    }
    if lens.rows == .attention {
      report(entry, "\(noun) reads no rows after attention, found rows: attention", ["leave rows out, or the lens"])
    }
  }

  /// Whether a model's name is a line that figures can show.
  private mutating func isName(_ entry: SpecEntry) -> Bool {
    if entry.key.allSatisfy(\.isWhitespace) {
      report(entry, "a model's name must not be empty")
      return false
    }
    if entry.key.count > Self.longestName {
      report(
        entry,
        "a model's name must have at most \(Self.longestName) characters, found \(Wording.grouped(entry.key.count))")
      return false
    }
    return isLine(entry.key, called: "a model's name") { $0.report(entry, $1, $2) }
  }

  private static let longestName = 100
  /// Models of a spec, each checkpoint counted: figures and tables of more show nothing, and every one has a cell for each prompt.
  static let mostModels = 4_000

  /// The reference, or nil after a report of what is wrong with it.
  mutating func take(
    _ result: Result<ModelReference, ModelReference.Misreading>, at node: Node
  ) -> ModelReference? {
    switch result {
    case .success(let reference): return reference
    case .failure(let misreading):
      report(node.mark, misreading.message, misreading.hints)
      return nil
    }
  }
}
