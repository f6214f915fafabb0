/// The attribution of a trace in its JSON.
extension FieldReader {
  func attribution(_ value: JSONValue) throws(JSONError) -> Trace.Attribution {
    let fields = try Fields(value)
    return Trace.Attribution(
      position: try fields.whole("position"), target: try fields.whole("target"), foil: try fields.whole("foil"),
      chosen: try list(try fields.value("chosen")) { choice throws(JSONError) in try word(choice) },
      targetLogit: try float(try fields.value("target_logit")), foilLogit: try float(try fields.value("foil_logit")),
      softcap: try fields.optional("softcap", float), parts: try list(try fields.value("parts"), part))
  }

  private func part(_ value: JSONValue) throws(JSONError) -> Trace.Attribution.Part {
    let fields = try Fields(value)
    return Trace.Attribution.Part(
      try fields.word("part"), layer: try fields.optional("layer", whole), value: try float(try fields.value("value")),
      lens: try fields.optional("lens", float),
      heads: try fields.optional("heads") { heads throws(JSONError) in try list(heads, float) })
  }
}
