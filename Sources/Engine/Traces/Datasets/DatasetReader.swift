/// The parts of a summary in its JSON, as docs/dataset-format.md describes them.
extension FieldReader {
  /// A summary whose numbers have not been compared with one another.
  func summary(_ root: JSONValue) throws(JSONError) -> DatasetSummary {
    let fields = try Fields(root)
    return DatasetSummary(
      schema: try fields.string("schema"), model: try model(try fields.value("model")),
      lens: try lens(try fields.value("lens")), compute: try fields.string("compute"),
      dataset: try source(try fields.value("dataset")), bootstrap: try bootstrap(try fields.value("bootstrap")),
      rows: try list(try fields.value("rows"), row), groups: try list(try fields.value("groups"), group),
      items: try fields.optional("items", itemNumbers),
      words: try fields.optional("words") { words throws(JSONError) in try list(words, itemWords) })
  }

  private func source(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Source {
    let fields = try Fields(value)
    return DatasetSummary.Source(
      name: try fields.string("name"), items: try fields.whole("items"),
      firstToken: try fields.value("first_token").requireBool(),
      form: try fields.optional("form", word), score: try fields.optional("score", word))
  }

  private func bootstrap(_ value: JSONValue) throws(JSONError) -> Bootstrap {
    let fields = try Fields(value)
    let seed = try fields.value("seed")
    guard let number = seed.unsigned else { throw seed.wrongKind(expected: "a whole number from 0 to 2^64 - 1") }
    return Bootstrap(
      resamples: try fields.whole("resamples"), seed: number, level: try double(try fields.value("level")))
  }

  /// The numbers of one group.
  func group(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Group {
    let fields = try Fields(value)
    return DatasetSummary.Group(
      column: try fields.optional("column", string), value: try fields.optional("value", string),
      items: try fields.whole("items"), logprob: try curve(try fields.value("logprob")),
      rank: try fields.optional("rank", curve), medianRank: try fields.optional("median_rank", curve),
      top1: try fields.optional("top1", curve), accuracy: try fields.optional("accuracy", curve),
      difference: try fields.optional("difference", curve), firstTop1: try fields.optional("first_top1", histogram),
      settled: try fields.optional("settled", histogram),
      attribution: try fields.optional("attribution", meanAttribution),
      patching: try fields.optional("patching", meanPatching), corpus: try fields.optional("corpus", corpus),
      itemsSHA256: try fields.optional("items_sha256", string))
  }

  private func corpus(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Corpus {
    let fields = try Fields(value)
    return DatasetSummary.Corpus(
      tokens: try fields.whole("tokens"), bytes: try fields.whole("bytes"),
      bitsPerByte: try curve(try fields.value("bits_per_byte")), kl: try curve(try fields.value("kl")),
      entropy: try curve(try fields.value("entropy")), agreement: try curve(try fields.value("agreement")))
  }

  private func itemNumbers(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Items {
    let fields = try Fields(value)
    return DatasetSummary.Items(
      sha256: try fields.string("sha256"),
      groups: try list(try fields.value("groups")) { item throws(JSONError) in try list(item, string) },
      pairs: try fields.optional("pairs") { pairs throws(JSONError) in try list(pairs, string) },
      right: try fields.optional("right") { right throws(JSONError) in
        try list(right) { row throws(JSONError) in try list(row, double) }
      },
      logprob: try list(try fields.value("logprob")) { row throws(JSONError) in try list(row, float) },
      bytes: try fields.optional("bytes") { bytes throws(JSONError) in try list(bytes, whole) })
  }

  /// The words of an item.
  func itemWords(_ value: JSONValue) throws(JSONError) -> DatasetItem.Words {
    let fields = try Fields(value)
    func lines(_ key: String) throws(JSONError) -> [[Float?]] {
      try list(try fields.value(key)) { row throws(JSONError) in
        try list(row) { number throws(JSONError) in number.isNull ? nil : try float(number) }
      }
    }
    return DatasetItem.Words(
      texts: try list(try fields.value("texts"), string), tokens: try list(try fields.value("tokens"), whole),
      surprisal: try lines("surprisal"), corrected: try lines("corrected"))
  }

  /// The sums of an item.
  func passage(_ value: JSONValue) throws(JSONError) -> DatasetItem.Passage {
    let fields = try Fields(value)
    return DatasetItem.Passage(
      tokens: try fields.whole("tokens"), bytes: try fields.whole("bytes"), kl: try list(try fields.value("kl"), float),
      entropy: try list(try fields.value("entropy"), float), agreement: try list(try fields.value("agreement"), whole),
      first: try list(try fields.value("first"), whole))
  }

  private func mean(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Mean {
    let fields = try Fields(value)
    return DatasetSummary.Mean(
      value: try double(try fields.value("value")), low: try double(try fields.value("low")),
      high: try double(try fields.value("high")))
  }

  private func meanAttribution(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Attribution {
    let fields = try Fields(value)
    return DatasetSummary.Attribution(
      difference: try mean(try fields.value("difference")), softcap: try fields.optional("softcap", float),
      parts: try list(try fields.value("parts"), meanPart))
  }

  private func meanPart(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Attribution.Part {
    let fields = try Fields(value)
    return DatasetSummary.Attribution.Part(
      part: try fields.word("part"), layer: try fields.optional("layer", whole),
      adds: try mean(try fields.value("adds")), sum: try mean(try fields.value("sum")),
      lens: try fields.optional("lens", mean))
  }

  private func meanPatching(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Patching {
    let fields = try Fields(value)
    return DatasetSummary.Patching(
      items: try fields.whole("items"), undefined: try fields.whole("undefined"),
      sourceRight: try fields.whole("source_right"), baseRight: try fields.whole("base_right"),
      bothRight: try fields.whole("both_right"), means: try list(try fields.value("means"), meanEffects))
  }

  private func meanEffects(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Patching.Means {
    let fields = try Fields(value)
    return DatasetSummary.Patching.Means(
      place: try fields.word("place"), role: try fields.word("role"), baselines: try fields.word("baselines"),
      items: try fields.whole("items"), layers: try list(try fields.value("layers"), whole),
      effect: try curve(try fields.value("effect")))
  }

  private func curve(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Curve {
    let fields = try Fields(value)
    return DatasetSummary.Curve(
      value: try list(try fields.value("value"), double), low: try list(try fields.value("low"), double),
      high: try list(try fields.value("high"), double))
  }

  private func histogram(_ value: JSONValue) throws(JSONError) -> DatasetSummary.Histogram {
    let fields = try Fields(value)
    return DatasetSummary.Histogram(rows: try list(try fields.value("rows"), whole), never: try fields.whole("never"))
  }
}
