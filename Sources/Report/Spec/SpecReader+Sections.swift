import Engine
import Figures
import Traces
import Words
import Yams

// The sections of a spec, one function each. SpecSection lists the values of every key.

extension SpecReader {
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
    let before = problems.count
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
    if let id, problems.count > before { broken.subjects.insert(id) }
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
    let style = FigureStyle(
      venue: read(Key.venue, in: fields), span: read(Key.span, in: fields), width: read(Key.width, in: fields),
      height: read(Key.height, in: fields), strict: read(Key.strict, in: fields) ?? false)
    if style.strict, fields[Key.venue] == nil, !fields.misspelt.contains(Key.venue.name), let entry = fields[Key.strict]
    {
      report(
        entry, "strict applies the rules of a venue, and style names none",
        ["name it: venue: icml; or leave out strict"])
    }
    return style
  }
}
