/// The parts of a trace in its JSON, as docs/trace-format.md describes them.
extension FieldReader {
  /// A trace whose numbers have not been compared with one another.
  func trace(_ root: JSONValue) throws(JSONError) -> Trace {
    let fields = try Fields(root)
    var trace = Trace(
      model: try model(try fields.value("model")), lens: try lens(try fields.value("lens")),
      prompt: try fields.string("prompt"), promptLength: try fields.whole("prompt_length"),
      method: try method(try fields.value("method")), tokens: try list(try fields.value("tokens"), token),
      rows: try list(try fields.value("rows"), row), columns: try list(try fields.value("columns"), column),
      rank: try matrix(try fields.value("rank"), wholeOrNull),
      logprob: try matrix(try fields.value("logprob"), floatOrNull), top: try top(try fields.value("top")),
      watch: try list(try fields.value("watch"), watch), entropy: try matrix(try fields.value("entropy"), floatOrNull),
      kl: try matrix(try fields.value("kl"), floatOrNull), texts: try texts(try fields.value("texts")),
      chat: try fields.optional("chat", conversation), encoder: try fields.optional("encoder", encoder),
      masks: try fields.optional("masks") { masks throws(JSONError) in try list(masks, whole) })
    trace.schema = try fields.string("schema")
    trace.compute = try fields.string("compute")
    trace.automatic = try fields.optional("watch_auto", automatic)
    trace.attribution = try fields.optional("attribution", attribution)
    trace.patching = try fields.optional("patching", patching)
    trace.changes = try fields.optional("changes") { changes throws(JSONError) in try list(changes, change) }
    return trace
  }

  /// The model, of a trace or a summary.
  func model(_ value: JSONValue) throws(JSONError) -> Trace.Model {
    let fields = try Fields(value)
    return Trace.Model(
      name: try fields.string("name"), architecture: try fields.string("architecture"),
      layers: try fields.whole("layers"), width: try fields.whole("width"), vocabulary: try fields.whole("vocabulary"),
      padding: try fields.optional("padding", whole), weights: try fields.string("weights"),
      sha256: try fields.string("sha256"), license: try fields.optional("license", string),
      source: try fields.optional("source", string),
      acceptedSettings: try fields.optional("accepted_settings") { settings throws(JSONError) in
        try list(settings, acceptedSetting)
      }, bos: try fields.optional("bos", word), adapter: try fields.optional("adapter", adapter))
  }

  private func acceptedSetting(_ value: JSONValue) throws(JSONError) -> Trace.Model.AcceptedSetting {
    let fields = try Fields(value)
    return Trace.Model.AcceptedSetting(
      name: try fields.string("name"), value: try fields.string("value"), file: try fields.string("file"))
  }

  private func adapter(_ value: JSONValue) throws(JSONError) -> Trace.Adapter {
    let fields = try Fields(value)
    return Trace.Adapter(
      name: try fields.string("name"), sha256: try fields.string("sha256"), rank: try fields.whole("rank"),
      alpha: try double(try fields.value("alpha")), baseModel: try fields.optional("base_model", string),
      source: try fields.optional("source", string))
  }

  /// The lens, of a trace or a summary.
  func lens(_ value: JSONValue) throws(JSONError) -> Trace.Lens {
    let fields = try Fields(value)
    return Trace.Lens(
      kind: try fields.word("kind"), norm: try fields.word("norm"),
      baseModel: try fields.optional("base_model", string),
      sha256: try fields.optional("sha256", string), prompts: try fields.optional("n_prompts", whole),
      width: try fields.optional("d_model", whole),
      sourceLayers: try fields.optional("source_layers") { layers throws(JSONError) in try list(layers, whole) })
  }

  private func method(_ value: JSONValue) throws(JSONError) -> Trace.Method {
    let fields = try Fields(value)
    switch (try fields.optional("generate", whole), try fields.optional("continuation", string)) {
    case (let count?, nil):
      // Other programs may leave out how tokens were chosen; it was greedily then.
      let decoding = try fields.optional("decoding", decoding) ?? .greedy
      let sampling = try fields.optional("sample", sampling)
      switch (decoding, sampling) {
      case (.greedy, nil): return .generate(count)
      case (.sample, let sampling?): return .sample(count, sampling)
      default:
        throw .wrongKind(
          path: value.path, location: value.location,
          expected: "'sample' where 'decoding' is \"sample\", and nowhere else",
          found: "decoding \"\(decoding.rawValue)\" \(sampling == nil ? "without" : "with") 'sample'")
      }
    case (nil, let text?): return .continuation(text)
    case (let count, _):
      throw .wrongKind(
        path: value.path, location: value.location, expected: "either 'generate' or 'continuation'",
        found: count == nil ? "neither" : "both")
    }
  }

  private enum Decoding: String, CaseIterable { case greedy, sample }

  private func decoding(_ value: JSONValue) throws(JSONError) -> Decoding {
    try word(value)
  }

  private func sampling(_ value: JSONValue) throws(JSONError) -> Sampling {
    let fields = try Fields(value)
    let sampling = Sampling(
      temperature: try double(try fields.value("temperature")), topK: try fields.optional("top_k", whole),
      topP: try fields.optional("top_p", double), seed: try fields.whole("seed"))
    if let problem = sampling.problem {
      throw .wrongKind(
        path: value.path, location: value.location, expected: "\(problem.key): \(problem.expected)",
        found: problem.found)
    }
    return sampling
  }

  private func encoder(_ value: JSONValue) throws(JSONError) -> Trace.EncoderText {
    let fields = try Fields(value)
    return Trace.EncoderText(
      tokens: try list(try fields.value("tokens"), token), decoder: try fields.optional("decoder", string))
  }

  func token(_ value: JSONValue) throws(JSONError) -> Trace.Token {
    let fields = try Fields(value)
    return Trace.Token(
      id: try fields.whole("id"), text: try fields.optional("text", string),
      bytes: try fields.optional("bytes", string))
  }

  /// A captured point, of a trace or a summary.
  func row(_ value: JSONValue) throws(JSONError) -> Trace.Row {
    let fields = try Fields(value)
    return Trace.Row(layer: try fields.whole("layer"), point: try fields.word("point"))
  }

  private func column(_ value: JSONValue) throws(JSONError) -> Trace.Column {
    let fields = try Fields(value)
    return Trace.Column(position: try fields.whole("position"), target: try fields.optional("target", whole))
  }

  private func top(_ value: JSONValue) throws(JSONError) -> Trace.Top {
    let fields = try Fields(value)
    return Trace.Top(
      k: try fields.whole("k"),
      ids: try list(try fields.value("ids")) { row throws(JSONError) in try matrix(row, whole) },
      logprobs: try list(try fields.value("logprobs")) { row throws(JSONError) in try matrix(row, float) })
  }

  private func watch(_ value: JSONValue) throws(JSONError) -> Trace.Watch {
    let fields = try Fields(value)
    var watch = Trace.Watch(
      id: 0, text: try fields.string("text"), rank: try matrix(try fields.value("rank"), wholeOrNull),
      logprob: try matrix(try fields.value("logprob"), floatOrNull))
    watch.id = try fields.optional("id", whole)
    watch.ids = try fields.optional("ids") { ids throws(JSONError) in try list(ids, whole) }
    watch.texts = try fields.optional("texts") { texts throws(JSONError) in try list(texts, text) }
    watch.firstOf = try fields.optional("first_of") { words throws(JSONError) in try matrix(words, string) }
    return watch
  }

  private func automatic(_ value: JSONValue) throws(JSONError) -> Trace.Automatic {
    let fields = try Fields(value)
    return Trace.Automatic(
      asked: try fields.string("asked"), ids: try list(try fields.value("ids"), whole),
      cells: try list(try fields.value("cells"), whole))
  }

  private func texts(_ value: JSONValue) throws(JSONError) -> [Int: Trace.TokenText] {
    guard let members = value.members else { throw value.wrongKind(expected: "an object") }
    var texts: [Int: Trace.TokenText] = [:]
    texts.reserveCapacity(value.count ?? 0)
    for member in members {
      guard let id = Int(member.key) else {
        throw .wrongKind(
          path: value.path, location: value.location, expected: "ids as keys", found: "the key '\(member.key)'")
      }
      guard texts.updateValue(try text(member.value), forKey: id) == nil else {
        throw .duplicateKey(path: value.path, location: value.location, key: "\(id)")
      }
    }
    return texts
  }

  private func text(_ value: JSONValue) throws(JSONError) -> Trace.TokenText {
    if let text = value.string { return .text(text) }
    guard value.kind == .object else { throw value.wrongKind(expected: "a string or an object with 'bytes'") }
    return .bytes(try Fields(value).string("bytes"))
  }
}
