import Engine
import Figures
import Models
import Traces
import Words
import Yams

// The sections of a spec, one function each. SpecSection lists the values of every key.

extension SpecReader {
  /// `models`: names of this report to references.
  mutating func models(_ entries: [SpecEntry]) -> [ReportSpec.Model] {
    var names: Set<String> = []
    return entries.flatMap { entry in
      let models = self.models(entry)
      if models.isEmpty { broken.models.insert(entry.key) }
      for model in models where !names.insert(model.name).inserted {
        report(entry, "the model '\(model.name)' is there already", ["give one of the entries another name"])
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
      return [
        Key.name.type.read(entry.value, called, &self).map { ReportSpec.Model(name: name, reference: $0, place: place) }
      ].compactMap(\.self)
    }
    let fields = fields(entry.value, of: .model, called: "model '\(name)'")
    var reference: ModelReference?
    let sources = [
      (Key.name.name, fields[Key.name]), (Key.path.name, fields[Key.path]), (Key.traces.name, fields[Key.traces]),
    ].filter { $0.1 != nil }
    if sources.count > 1, let given = sources[0].1 {
      let names = Wording.enumeration(sources.map(\.0))
      report(given, "\(fields.called) has both \(names)", ["keep one of them"])
    }
    if let given = fields[Key.traces] {
      reference = read(Key.traces, in: fields).map { .traces($0) }
      let others = [
        (Key.tunedLens.name, fields[Key.tunedLens] != nil),
        (Key.jacobianLens.name, fields[Key.jacobianLens] != nil),
        (Key.acceptSettings.name, fields[Key.acceptSettings] != nil),
        (Key.bos.name, fields[Key.bos] != nil), (Key.adapter.name, fields[Key.adapter] != nil),
        (Key.plainText.name, fields[Key.plainText] != nil),
      ]
      for (other, isThere) in others where isThere {
        report(
          given, "\(fields.called) has traces, so '\(other)' has nothing to change",
          ["remove it: the traces say how their model was opened"])
      }
    } else if fields[Key.name] != nil {
      reference = read(Key.name, in: fields)
    } else if fields[Key.path] != nil {
      reference = read(Key.path, in: fields).map { .path($0) }
    } else {
      reportMissing(Key.path.name, in: fields)
    }
    let lenses = lenses(of: fields)
    var options = ModelOptions()
    if let accepted = read(Key.acceptSettings, in: fields) { options.acceptedSettings = accepted }
    if let bos = read(Key.bos, in: fields) { options.bos = bos }
    let adapter = read(Key.adapter, in: fields)
    let plainText = read(Key.plainText, in: fields) ?? false
    let changes = read(Key.changes, in: fields) ?? []
    guard let reference else { return [] }
    return lenses.map { lens in
      var model = ReportSpec.Model(
        name: name, reference: reference, lens: lens, options: options, adapter: adapter, place: place)
      model.takesPlainText = plainText
      model.changes = changes
      if lenses.count > 1 {
        model.entry = name
        model.name = "\(name) (\(Wording.lensNoun(lens?.kind ?? .logit)))"
      }
      return model
    }
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

  /// `prompts`: a list of mappings, of which some may name a table of prompts.
  ///
  /// - Parameter areTables: Whether each of them must name a table.
  mutating func prompts(_ nodes: [Node], areTables: Bool = false) -> [ReportSpec.Prompt] {
    var firstPlaces: [String: String] = [:]
    return nodes.flatMap { element -> [ReportSpec.Prompt] in
      guard case .mapping(let pairs) = element else {
        report(element.mark, "a prompt must be a mapping with id and text, found \(element.described)")
        return []
      }
      if areTables || pairs.contains(where: { $0.key.scalar?.string == SpecSection.PromptTable.from.name }) {
        let fields = fields(element, of: .promptTable, called: "a table of prompts")
        return read(SpecSection.PromptTable.from, in: fields).map { prompts(of: $0, &firstPlaces) } ?? []
      }
      return prompt(element, &firstPlaces).map { [$0] } ?? []
    }
  }

  /// One prompt; `firstPlaces` holds the places of those before it, by id.
  mutating func prompt(_ element: Node, _ firstPlaces: inout [String: String]) -> ReportSpec.Prompt? {
    typealias Key = SpecSection.Prompt
    var fields = fields(element, of: .prompt, called: "a prompt")
    let id = read(Key.id, in: fields)
    var isRepeated = false
    if id == nil, let written = fields[Key.id]?.value.scalar?.string { broken.subjects.insert(written) }
    if let id, let given = fields[Key.id] {
      if let first = firstPlaces[id] {
        isRepeated = true
        report(
          SpecEntry(key: given.key, keyMark: given.value.mark, value: given.value),
          "id '\(id)' is given twice, first \(first)", ["give every prompt its own id"])
      } else {
        firstPlaces[id] = row.map { "at \($0.table):\($0.line)" } ?? "in line \(given.value.mark?.line ?? 0)"
      }
      fields.called = "prompt '\(id)'"
    }
    let title = read(Key.title, in: fields)
    let source = promptSource(fields)
    let decoder = read(Key.decoder, in: fields)
    if let entry = fields[Key.decoder], let source, source.chat != nil || source.isRendered {
      report(
        entry, "\(fields.called) has decoder with a conversation",
        ["decoder continues a text that an encoder reads: give the text as \(Key.text.name)"])
    }
    let watch = read(Key.watch, in: fields)
    let attribute = read(Key.attribute, in: fields)
    let patch = read(Key.patch, in: fields)
    let changes = read(Key.changes, in: fields) ?? []
    for other in [fields[Key.attribute], fields[Key.patch]].compactMap(\.self) {
      guard let entry = fields[Key.changes] else { continue }
      report(
        other, "\(fields.called) has both \(entry.key) and \(other.key), which is about the model's own run",
        ["make two prompts of them"])
    }
    let top = read(Key.top, in: fields)
    let method = method(fields)
    let columns = read(Key.columns, in: fields)
    var tags: [String] = []
    for tag in read(Key.tags, in: fields) ?? [] where !tags.contains(tag) { tags.append(tag) }
    let note = read(Key.note, in: fields)
    guard let id, !isRepeated else { return nil }
    guard let source else {
      broken.subjects.insert(id)
      return nil
    }
    var prompt = ReportSpec.Prompt(
      id: id, text: source.text, method: method, watch: watch ?? [], top: top ?? 10, tags: tags,
      columns: columns ?? .generated, place: place(of: element.mark))
    (prompt.title, prompt.note) = (title, note)
    (prompt.attribute, prompt.patch, prompt.changes) = (attribute, patch, changes)
    (prompt.chat, prompt.isRendered) = (source.chat, source.isRendered)
    prompt.decoder = decoder
    return prompt
  }

  private mutating func method(_ fields: SpecFields) -> Trace.Method {
    typealias Key = SpecSection.Prompt
    if let generate = fields[Key.generate], fields[Key.continuation] != nil {
      report(
        generate, "\(fields.called) has both generate and continuation",
        ["generate lets the model write; continuation gives the text: keep one of them"])
    }
    let count = read(Key.generate, in: fields)
    var sampling: Sampling?
    if let given = read(Key.sample, in: fields) { sampling = self.sampling(given) }
    if let sample = fields[Key.sample], fields[Key.generate] == nil || count == 0 {
      report(
        sample.keyMark, "\(fields.called) has sample, but generates no token",
        ["add generate: 20 (the number of tokens to draw), or remove sample"])
    }
    if fields[Key.continuation] != nil { return .continuation(read(Key.continuation, in: fields) ?? " ") }
    return sampling.map { .sample(count ?? 0, $0) } ?? .generate(count ?? 0)
  }

  /// `sample`: how tokens are drawn.
  mutating func sampling(_ fields: SpecFields) -> Sampling {
    typealias Key = SpecSection.Sample
    return Sampling(
      temperature: read(Key.temperature, in: fields) ?? 1, topK: read(Key.topK, in: fields),
      topP: read(Key.topP, in: fields), seed: read(Key.seed, in: fields) ?? 0)
  }

  /// `lens`: the norm and the rows.
  mutating func lens(_ fields: SpecFields) -> (norm: Trace.Lens.Norm, rows: TraceRequest.Rows) {
    let norm = read(SpecSection.Lens.norm, in: fields)
    let rows = read(SpecSection.Lens.rows, in: fields)
    return (norm ?? .final, rows ?? .blocks)
  }

  /// `style`: venue, span, width, height and whether the venue's rules are enforced.
  mutating func style(_ fields: SpecFields) -> FigureStyle {
    typealias Key = SpecSection.Style
    return FigureStyle(
      venue: read(Key.venue, in: fields), span: read(Key.span, in: fields), width: read(Key.width, in: fields),
      height: read(Key.height, in: fields), strict: read(Key.strict, in: fields) ?? false)
  }
}
