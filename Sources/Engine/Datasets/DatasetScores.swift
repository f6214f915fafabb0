import Traces

/// The lens's numbers for a dataset: three for each row and item.
struct DatasetScores: Sendable {
  /// Captured points, top of the network last.
  let rows: [Trace.Row]
  /// Natural logarithm of the target's probability. [row][item]
  private(set) var logprob: [[Float]]
  /// 1 + the number of strictly greater logits, of the target. [row][item]
  private(set) var rank: [[Int32]]
  /// Logit of the target less that of the foil, nil without foils. [row][item]
  ///
  /// It equals the difference of their log-probabilities, and is 0 only for equal logits.
  private(set) var difference: [[Float]]?
  /// What the parts of the model add to the difference; empty where nobody asked. [item]
  private(set) var attributions: [Trace.Attribution] = []
  /// What becomes of the difference by patches; empty where nobody asked. [item]
  private(set) var pairs: [PairEffects] = []
  /// Sums over the tokens of each text; empty for what is no corpus. [item]
  private(set) var passages: [DatasetItem.Passage] = []
  /// The words of each text; empty where nobody asked. [item]
  private(set) var words: [DatasetItem.Words] = []

  /// Space for the numbers of the given items.
  init(rows: [Trace.Row], items: Int, hasFoils: Bool) {
    self.rows = rows
    logprob = rows.map { _ in Array(repeating: 0, count: items) }
    rank = rows.map { _ in Array(repeating: 0, count: items) }
    difference = hasFoils ? rows.map { _ in Array(repeating: 0, count: items) } : nil
  }

  /// The numbers of items that were run one by one or in parts.
  init(_ items: [DatasetItem], rows: [Trace.Row]) {
    self.rows = rows
    logprob = rows.indices.map { row in items.map { $0.logprob[row] } }
    rank = rows.indices.map { row in items.map { Int32(clamping: $0.rank[row]) } }
    let differences = items.compactMap(\.difference)
    difference = differences.count == items.count ? rows.indices.map { row in differences.map { $0[row] } } : nil
    attributions = items.compactMap(\.attribution)
    pairs = items.compactMap(\.patching).map(PairEffects.init)
    passages = items.compactMap(\.passage)
    words = items.compactMap(\.words)
  }

  /// Stores what was attributed of all items.
  mutating func put(_ attributions: [Trace.Attribution]) { self.attributions = attributions }

  /// Stores what was patched of all items.
  mutating func put(_ pairs: [PairEffects]) { self.pairs = pairs }

  /// Stores the sums of the next item's text.
  mutating func put(_ passage: DatasetItem.Passage) { passages.append(passage) }

  /// Stores the words of the next item's text.
  mutating func put(_ words: DatasetItem.Words) { self.words.append(words) }

  /// Stores the numbers of an item, one for each row that is read.
  mutating func put(logprob: [Float], rank: [Int32], difference: [Float]?, item: Int) {
    for row in rows.indices {
      self.logprob[row][item] = logprob[row]
      self.rank[row][item] = rank[row]
      if let difference { self.difference?[row][item] = difference[row] }
    }
  }

  /// Stores the column of an item, whose readings are one per row that is read and begin with the target and the foil.
  mutating func put(_ column: LensCapture.Column, item: Int) {
    // The model's own choice at a mask stands before the watched tokens.
    let first = column.target == nil ? 0 : 1
    for (row, reading) in column.readings.compactMap({ $0 }).enumerated() {
      logprob[row][item] = reading.logProbability(reading.logits[first])
      rank[row][item] = Int32(clamping: reading.ranks[first])
      difference?[row][item] = reading.logits[first] - reading.logits[first + 1]
    }
  }
}

extension Tracer {
  /// Runs a dataset and sums it up.
  ///
  /// Prompts are run in batches whose caches fit a budget; only the numbers of target and foil are kept.
  /// - Throws: `DatasetError` with every item that cannot be run, before any is run; errors of `trace`.
  public func summary(
    of request: DatasetRequest, progress: (@Sendable (TraceProgress) -> Void)? = nil
  ) throws -> DatasetSummary {
    let scores = try scores(of: request, progress: progress)
    return DatasetSummary(
      request, scores: scores, model: Trace.Model(model), lens: Trace.Lens.of(lens, norm: request.norm))
  }

  func scores(
    of request: DatasetRequest, progress: (@Sendable (TraceProgress) -> Void)? = nil
  ) throws -> DatasetScores {
    if request.form != nil || request.score != nil { return try textScores(of: request, progress: progress) }
    let prepared = try prepare(request)
    let total = prepared.reduce(0) { $0 + $1.capacity + ($1.patch?.base.count ?? 0) }
    var done = 0
    // A summary has the rows that the lens reads.
    let rows = LensView(norm: request.norm, rows: .blocks).points(model.network)
      .filter { lens?.reads($0, layers: model.layers) ?? true }
    var scores = DatasetScores(rows: rows, items: prepared.count, hasFoils: request.items.first?.foil != nil)
    var attributions: [Int: Trace.Attribution] = [:]
    for batch in batches(prepared) {
      let run = BatchRun(batch.map { prepared[$0] }, model: model, lens: lens, pool: pool) { positions in
        done += positions
        progress?(TraceProgress(done: done, total: total))
      }
      for (item, columns) in zip(batch, try run.columns()) { scores.put(columns[0], item: item) }
      for (place, attribution) in run.attributions { attributions[batch[place]] = attribution }
    }
    scores.put(prepared.indices.compactMap { attributions[$0] })
    scores.put(
      try prepared.compactMap(\.patch).map { patch in
        let answer = try patch.answer(model, pool: pool) { Trace.Token(id: $0, text: nil, bytes: nil) }
        done += patch.base.count
        progress?(TraceProgress(done: done, total: total))
        return PairEffects(answer, base: patch.base, source: patch.source)
      })
    return scores
  }

  private func prepare(_ request: DatasetRequest) throws -> [PreparedRequest] {
    var faults: [DatasetError.Fault] = []
    var prepared: [PreparedRequest] = []
    for item in request.items {
      let words = [item.target] + (item.foil.map { [$0] } ?? [])
      let names = ["target", "foil"]
      do {
        let traced = TraceRequest(prompt: item.prompt, topK: 1, columns: .last, norm: request.norm)
        let series = try zip(words, names).map { word, name in
          let members = request.firstToken ? WatchSet.Members.firstTokens(of: [word]) : .tokens([word])
          do {
            return try PreparedRequest.look(up: .set(WatchSet(name: name, members: members)), traced.norm, model: model)
          } catch let error as RunError {
            throw ItemFault(error: error, name: name)
          }
        }
        if series.count == 2, series[0].ids == series[1].ids {
          faults.append(
            .init(
              line: item.line, message: "target '\(words[0])' and foil '\(words[1])' are the same token",
              hints: request.firstToken ? ["they begin alike; choose words that differ in their first token"] : []))
          continue
        }
        var one = try PreparedRequest(traced, model: model, lens: lens, watch: series)
        if let masks = one.masks, masks.count != 1 {
          throw RunError.severalMasks(model: model.identity.name, mask: model.mask ?? "", found: masks.count)
        }
        try ask(&one, of: item, request, series.map { $0.ids[0] })
        prepared.append(one)
      } catch let fault as ItemFault {
        faults.append(.init(line: item.line, message: fault.message(model.identity.name), hints: fault.hints))
      } catch let error as RunError {
        faults.append(.init(line: item.line, message: error.message, hints: error.hints))
      }
    }
    guard faults.isEmpty else { throw DatasetError(faults: faults) }
    return prepared
  }

  /// Adds the questions of a dataset beside the lens, about the two tokens of an item.
  private func ask(
    _ prepared: inout PreparedRequest, of item: DatasetRequest.Item, _ request: DatasetRequest, _ pair: [Int]
  ) throws {
    guard request.attribute == true || request.patch != nil, pair.count == 2 else { return }
    if let lacking = model.partsLacking {
      throw RunError.partsOfModel(
        model: model.identity.name, what: request.patch == nil ? "attribute" : "source", found: lacking)
    }
    if request.attribute == true {
      prepared.attribution = PreparedAttribution(target: pair[0], foil: pair[1], position: prepared.promptLength - 1)
    }
    if let places = request.patch, let source = item.source {
      prepared.patch = try PreparedPatch(
        PatchRequest(source: source, of: places), base: prepared.known, target: pair[0], foil: pair[1], model: model)
    }
  }
}

/// A target or foil that cannot be looked up.
struct ItemFault: Error {
  let error: RunError
  let name: String

  func message(_ model: String) -> String { WordProblem(error).message(name, of: model) }

  var hints: [String] {
    switch error {
    case .watchIsSeveralTokens:
      [
        "score: sum (--score sum) takes all of its tokens, first_token: true (--first-token) the first of each; mind the leading space"
      ]
    default: []
    }
  }
}
