/// The changes of a trace's run in its JSON.
extension FieldReader {
  func change(_ value: JSONValue) throws(JSONError) -> Trace.Change {
    let fields = try Fields(value)
    let effect: Trace.Change.Effect
    switch (try fields.optional("patch", text), try fields.optional("steer", direction)) {
    case (let text?, nil): effect = .patch(text)
    case (nil, let direction?): effect = .steer(direction)
    case (let patch, _): throw Self.notOne(value, "patch", "steer", both: patch != nil)
    }
    return Trace.Change(
      place: try fields.word("place"), layer: try fields.optional("layer", whole),
      positions: try list(try fields.value("positions"), whole), effect: effect)
  }

  private func text(_ value: JSONValue) throws(JSONError) -> Trace.Change.Text {
    let fields = try Fields(value)
    return Trace.Change.Text(
      text: try fields.string("text"), tokens: try list(try fields.value("tokens"), token))
  }

  private func direction(_ value: JSONValue) throws(JSONError) -> Trace.Change.Direction {
    let fields = try Fields(value)
    return Trace.Change.Direction(
      by: try double(try fields.value("by")), norm: try double(try fields.value("norm")),
      origin: try origin(try fields.value("origin")))
  }

  private func origin(_ value: JSONValue) throws(JSONError) -> Trace.Change.Origin {
    let fields = try Fields(value)
    let (plus, minus) = (try fields.optional("plus", state), try fields.optional("minus", state))
    switch (plus, minus, try fields.optional("file", file)) {
    case (let plus?, let minus?, nil): return .difference(plus: plus, minus: minus)
    case (nil, nil, let file?): return .file(file)
    case (_, _, let file): throw Self.notOne(value, "plus' and 'minus", "file", both: file != nil)
    }
  }

  private func state(_ value: JSONValue) throws(JSONError) -> Trace.Change.State {
    let fields = try Fields(value)
    return Trace.Change.State(
      text: try text(try fields.value("text")), layer: try fields.optional("layer", whole),
      position: try fields.whole("position"))
  }

  private func file(_ value: JSONValue) throws(JSONError) -> Trace.Change.VectorFile {
    let fields = try Fields(value)
    return Trace.Change.VectorFile(
      name: try fields.string("name"), sha256: try fields.string("sha256"), tensor: try fields.string("tensor"),
      row: try fields.optional("row", whole))
  }

  private static func notOne(_ value: JSONValue, _ one: String, _ other: String, both: Bool) -> JSONError {
    .wrongKind(
      path: value.path, location: value.location, expected: "either '\(one)' or '\(other)'",
      found: both ? "both" : "neither")
  }
}
