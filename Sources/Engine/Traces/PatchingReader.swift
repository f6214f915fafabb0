/// The patched runs of a trace in its JSON.
extension FieldReader {
  func patching(_ value: JSONValue) throws(JSONError) -> Trace.Patching {
    let fields = try Fields(value)
    return Trace.Patching(
      source: try fields.string("source"), sourceTokens: try list(try fields.value("source_tokens"), token),
      target: try fields.whole("target"), foil: try fields.whole("foil"),
      chosen: try list(try fields.value("chosen")) { choice throws(JSONError) in try word(choice) },
      sourceDifference: try float(try fields.value("source_difference")),
      baseDifference: try float(try fields.value("base_difference")),
      differences: try list(try fields.value("differences"), differences))
  }

  private func differences(_ value: JSONValue) throws(JSONError) -> Trace.Patching.Differences {
    let fields = try Fields(value)
    return Trace.Patching.Differences(
      place: try fields.word("place"), values: try matrix(try fields.value("values"), floatOrNull))
  }
}
