import Engine
import Figures
import Models
import Traces
import Words
import Yams

// The sections of a spec, one function each.

extension SpecReader {
  /// Bounds of what can be asked of a prompt; a larger number is a slip of the hand.
  static let generateRange = 0...4096
  static let topRange = 1...100

  /// `models`: names of this report to references.
  package mutating func models(_ node: Node) -> [ReportSpec.Model] {
    guard case .mapping = node else {
      report(
        node.mark, "models must be a mapping of names to models, found \(node.described)",
        ["write it so: models: {SmolLM2: \(vocabulary.catalog.first ?? "./model.gguf")}"])
      return []
    }
    let entries = entries(node, called: "models")
    if entries.isEmpty { report(node.mark, "models must have at least one entry") }
    return entries.compactMap { entry in
      if entry.key.isEmpty {
        report(entry.keyMark, "a model's name must not be empty")
        return nil
      }
      guard let reference = modelReference(entry.value, of: entry.key) else { return nil }
      return ReportSpec.Model(
        name: entry.key, reference: reference, tunedLens: tunedLens(entry.value, of: entry.key),
        options: modelOptions(entry.value, of: entry.key), adapter: adapter(entry.value, of: entry.key),
        place: source.place(entry.keyMark?.place))
    }
  }

  private mutating func modelReference(_ node: Node, of name: String) -> ModelReference? {
    if case .mapping = node {
      let called = "model '\(name)'"
      let fields = mapping(
        node, called: called, known: ["path", "name", "tuned_lens", "accept_settings", "bos", "adapter"])
      if let catalogName = fields["name"] {
        if fields["path"] != nil {
          report(catalogName.keyMark, "\(called) has both name and path", ["keep one of them"])
        }
        return modelReference(catalogName.value, of: name)
      }
      guard let path = required(fields, "path", in: node, called: called) else { return nil }
      return text(path, called: "path of \(called)").map { .path($0) }
    }
    guard let written = text(node, called: "model '\(name)'") else { return nil }
    switch ModelReference.parse(written, catalog: vocabulary.catalog) {
    case .success(let reference): return reference
    case .failure(let misreading):
      report(node.mark, misreading.message, misreading.hints)
      return nil
    }
  }

  private mutating func tunedLens(_ node: Node, of name: String) -> String? {
    guard case .mapping(let mapping) = node, let lens = mapping["tuned_lens"] else { return nil }
    return text(lens, called: "tuned_lens of model '\(name)'")
  }

  private mutating func modelOptions(_ node: Node, of name: String) -> ModelOptions {
    var options = ModelOptions()
    guard case .mapping(let mapping) = node else { return options }
    if let accepted = mapping["accept_settings"] {
      let nodes = list(accepted, called: "accept_settings of model '\(name)'") ?? []
      options.acceptedSettings = nodes.compactMap { text($0, called: "a setting of model '\(name)'") }
    }
    if let bos = mapping["bos"] {
      // To YAML, yes and no without quotes are truth values.
      if let choice = bos.scalar.flatMap({ BOSChoice(rawValue: $0.string) }) {
        options.bos = choice
      } else {
        report(bos.mark, "bos of model '\(name)' must be yes, no or model, found \(bos.described)")
      }
    }
    return options
  }

  private mutating func adapter(_ node: Node, of name: String) -> ModelReference? {
    guard case .mapping(let mapping) = node, let adapter = mapping["adapter"],
      let written = text(adapter, called: "adapter of model '\(name)'")
    else { return nil }
    switch AdapterReference.parse(written) {
    case .success(let reference): return reference
    case .failure(let misreading):
      report(adapter.mark, misreading.message, misreading.hints)
      return nil
    }
  }

  /// `prompts`: a list of mappings.
  package mutating func prompts(_ node: Node) -> [ReportSpec.Prompt] {
    var firstPlaces: [String: Int] = [:]
    return (list(node, called: "prompts") ?? []).compactMap { element in
      let known = ["id", "text", "generate", "continuation", "watch", "top", "columns", "tags"]
      guard case .mapping = element else {
        report(element.mark, "a prompt must be a mapping with id and text, found \(element.described)")
        return nil
      }
      let fields = mapping(element, called: "a prompt", known: known)
      let idNode = required(fields, "id", in: element, called: "a prompt")
      let id = idNode.flatMap { slug($0, of: "a prompt") }
      if let id, let idNode {
        if let line = firstPlaces[id] {
          report(idNode.mark, "id '\(id)' is given twice, first in line \(line)", ["give every prompt its own id"])
        } else {
          firstPlaces[id] = idNode.mark?.line ?? 0
        }
      }
      let name = id.map { "prompt '\($0)'" } ?? "a prompt"
      let text = required(fields, "text", in: element, called: name).flatMap {
        self.text($0, called: "text of \(name)")
      }
      let watch = fields["watch"].map { watched($0.value, of: name) } ?? []
      let top = fields["top"].flatMap { integer($0.value, called: "top of \(name)", in: SpecReader.topRange) } ?? 10
      let method = method(fields, of: name)
      let columns = fields["columns"].flatMap {
        word(
          $0.value, called: "columns of \(name)", among: TraceRequest.Columns.allCases.map(\.rawValue),
          plural: "choices of columns")
      }
      let tags = fields["tags"].map { self.tags($0.value, of: name) } ?? []
      guard let id, let text else { return nil }
      return ReportSpec.Prompt(
        id: id, text: text, method: method, watch: watch, top: top, tags: tags,
        columns: columns.flatMap(TraceRequest.Columns.init) ?? .generated, place: source.place(element.mark?.place))
    }
  }

  /// `tags`: a word or a list of words.
  private mutating func tags(_ node: Node, of name: String) -> [String] {
    var nodes = [node]
    if case .sequence = node { nodes = list(node, called: "tags of \(name)") ?? [] }
    var tags: [String] = []
    for node in nodes {
      guard let tag = text(node, called: "a tag of \(name)") else { continue }
      if !tags.contains(tag) { tags.append(tag) }
    }
    return tags
  }

  /// An id that names files and links.
  mutating func slug(_ node: Node, of name: String) -> String? {
    guard let id = text(node, called: "id of \(name)") else { return nil }
    guard Slug.isSlug(id) else {
      report(
        node.mark, "id '\(Node.shortened(id))' must be lower-case letters, digits and single dashes",
        ["for example '\(Slug.make(id))'"])
      return nil
    }
    return id
  }

  private mutating func method(_ fields: [String: SpecEntry], of name: String) -> Trace.Method {
    if let generate = fields["generate"], fields["continuation"] != nil {
      report(
        generate.keyMark, "\(name) has both generate and continuation",
        ["generate lets the model write; continuation gives the text: keep one of them"])
    }
    if let continuation = fields["continuation"] {
      return .continuation(text(continuation.value, called: "continuation of \(name)") ?? " ")
    }
    let count = fields["generate"].flatMap {
      integer($0.value, called: "generate of \(name)", in: SpecReader.generateRange)
    }
    return .generate(count ?? 0)
  }

  /// `lens`: the norm and the rows.
  package mutating func lens(_ node: Node) -> (norm: Trace.Lens.Norm, rows: TraceRequest.Rows) {
    let fields = mapping(node, called: "lens", known: ["norm", "rows"])
    let norm = fields["norm"].flatMap {
      word($0.value, called: "norm", among: Trace.Lens.Norm.allCases.map(\.rawValue), plural: "norms")
    }
    let rows = fields["rows"].flatMap {
      word($0.value, called: "rows", among: TraceRequest.Rows.allCases.map(\.rawValue), plural: "kinds of rows")
    }
    return (norm.flatMap(Trace.Lens.Norm.init) ?? .final, rows.flatMap(TraceRequest.Rows.init) ?? .blocks)
  }

  /// `style`: venue, span, width, height and whether the venue's rules are enforced.
  package mutating func style(_ node: Node) -> FigureStyle {
    let fields = mapping(node, called: "style", known: ["venue", "span", "width", "height", "strict"])
    return FigureStyle(
      venue: fields["venue"].flatMap {
        word($0.value, called: "venue", among: vocabulary.venues, plural: "venues")
      },
      span: fields["span"].flatMap { word($0.value, called: "span", among: vocabulary.spans, plural: "spans") },
      width: fields["width"].flatMap { number($0.value, called: "width", in: 72...2000) },
      height: fields["height"].flatMap { number($0.value, called: "height", in: 72...2000) },
      strict: fields["strict"].flatMap { flag($0.value, called: "strict") } ?? false)
  }

}
