import Traces

/// Texts of a dataset whose tokens are scored one by one: answers of several tokens, sentences, corpora.
///
/// Every token is predicted from the ones before it in its own text (teacher forcing). Texts with a common beginning run in one
/// batch, which computes the beginning once.
extension Tracer {
  /// The scores of a request with a form or a score.
  func textScores(
    of request: DatasetRequest, progress: (@Sendable (TraceProgress) -> Void)?
  ) throws -> DatasetScores {
    let texts = try prepareTexts(request)
    let prepared = texts.map(\.prepared)
    let total = prepared.reduce(0) { $0 + $1.capacity }
    var done = 0
    let rows = LensView(norm: request.norm, rows: .blocks).points(model.network)
      .filter { lens?.reads($0, layers: model.layers) ?? true }
    var sums = [TextSums?](repeating: nil, count: texts.count)
    for batch in batches(prepared) {
      let run = BatchRun(batch.map { prepared[$0] }, model: model, lens: lens, pool: pool) { positions in
        done += positions
        progress?(TraceProgress(done: done, total: total))
      }
      for (text, columns) in zip(batch, try run.columns()) {
        sums[text] = TextSums(columns, of: prepared[text], model: model)
      }
    }
    var scores = DatasetScores(rows: rows, items: request.items.count, hasFoils: request.items.first?.foil != nil)
    var byItem: [Int: [TextSums]] = [:]
    for (text, sum) in zip(texts, sums) { if let sum { byItem[text.item, default: []].append(sum) } }
    for item in request.items.indices { scores.put(byItem[item] ?? [], item: item, request) }
    return scores
  }

  /// A text of an item: that of its target, or that of its foil.
  private struct Text {
    var item: Int
    var prepared: PreparedRequest
  }

  /// - Throws: `DatasetError` with every item that cannot be run.
  private func prepareTexts(_ request: DatasetRequest) throws -> [Text] {
    if let lacking = model.partsLacking {
      let what = request.form?.rawValue ?? "score"
      throw RunError.partsOfModel(model: model.identity.name, what: what, found: lacking)
    }
    var faults: [DatasetError.Fault] = []
    var texts: [Text] = []
    var shorter: String?
    let marks = request.words == true ? TextWords.ends(model.tokenizer, count: model.counted(request.norm)) : nil
    for (index, item) in request.items.enumerated() {
      do {
        let own = try request.form == nil ? answers(item, request.norm) : sentences(item, request)
        if own.count == 2, own[0].known == own[1].known {
          let what = request.form == nil ? "target and foil" : "both sentences"
          faults.append(.init(line: item.line, message: "\(what) are the same tokens", hints: ["remove the line"]))
          continue
        }
        for var prepared in own {
          prepared.marks = marks
          texts.append(Text(item: index, prepared: prepared))
        }
      } catch let fault as ItemFault {
        faults.append(.init(line: item.line, message: fault.message(model.identity.name), hints: fault.hints))
      } catch let error as RunError {
        var hints = error.hints
        if case .tooLong = error, request.form == .corpus {
          let hint = try shorter ?? PassageLength(model: model).hint(request)
          (shorter, hints) = (hint, [hint])
        }
        faults.append(.init(line: item.line, message: error.message, hints: hints))
      }
    }
    guard faults.isEmpty else { throw DatasetError(faults: faults) }
    return texts
  }

  /// The prompt with its target, and with its foil: their tokens follow those of the prompt.
  private func answers(_ item: DatasetRequest.Item, _ norm: Trace.Lens.Norm) throws -> [PreparedRequest] {
    let words = WordTokens(tokenizer: model.tokenizer, model: model.identity.name)
    return try [("target", item.target), ("foil", item.foil)].compactMap { name, word in
      guard let word else { return nil }
      let ids: [Int]
      do {
        ids = try words.pieces(of: word)
        try words.requireRows(of: ids, counted: model.counted(norm))
      } catch let error as RunError {
        throw ItemFault(error: error, name: name)
      }
      let traced = TraceRequest(prompt: item.prompt, topK: 1, norm: norm)
      return try PreparedRequest(traced, model: model, lens: lens, watch: [], following: ids)
    }
  }

  /// The sentence, and the one that it is compared with.
  private func sentences(_ item: DatasetRequest.Item, _ request: DatasetRequest) throws -> [PreparedRequest] {
    try [item.prompt, item.foil].compactMap { text in
      guard let text else { return nil }
      let traced = TraceRequest(prompt: text, topK: 1, columns: .all, norm: request.norm)
      let prepared = try PreparedRequest(traced, model: model, lens: lens, watch: [])
      guard prepared.known.count > 1 else {
        throw RunError.textOfOneToken(model: model.identity.name, text: TokenDisplay.line(text))
      }
      let counted = model.counted(request.norm)
      if let position = prepared.known.dropFirst().firstIndex(where: { $0 >= counted }) {
        let id = prepared.known[position]
        throw RunError.tokenWithoutRow(
          model: model.identity.name, id: id, text: model.label(id), position: position, rows: counted)
      }
      return prepared
    }
  }
}

/// The sums over the tokens of one text.
struct TextSums {
  /// Tokens that are predicted.
  private(set) var tokens = 0
  /// UTF-8 bytes of these tokens.
  private(set) var bytes = 0
  /// Sum of log-probabilities. [row]
  private(set) var logprob: [Double]
  /// The largest rank. [row]
  private(set) var rank: [Int]
  /// Tokens of rank 1. [row]
  private(set) var first: [Int]
  /// Sum of divergences from the last row. [row]
  private(set) var kl: [Double]
  /// Sum of entropies. [row]
  private(set) var entropy: [Double]
  /// Tokens before which a row and the last one have the same best token. [row]
  private(set) var agreement: [Int]
  /// The surprisal of its words; nil where nobody asked.
  private(set) var words: DatasetItem.Words?

  /// The columns of a text in the order of their positions; a column without a target is that of the last token.
  init(_ columns: [LensCapture.Column], of request: PreparedRequest, model: LanguageModel) {
    let rows = columns.first?.readings.compactMap(\.self).count ?? 0
    logprob = Array(repeating: 0, count: rows)
    (kl, entropy) = (logprob, logprob)
    rank = Array(repeating: 1, count: rows)
    first = Array(repeating: 0, count: rows)
    agreement = first
    // By position of the token that is predicted, and by that of the token before.
    var scores: [Int: [Double]] = [:]
    var ends: [Int: [Double]] = [:]
    for column in columns {
      let readings = column.readings.compactMap(\.self)
      if request.marks != nil { ends[column.position] = readings.map { $0.marked ?? 0 } }
      guard let target = column.target, let last = readings.last else { continue }
      tokens += 1
      bytes += model.tokenizer.bytes(of: target)?.count ?? 0
      let own = readings.map { Double($0.logits[0]) - $0.logSumExp }
      if request.marks != nil { scores[column.position + 1] = own }
      for (row, reading) in readings.enumerated() {
        logprob[row] += own[row]
        rank[row] = max(rank[row], reading.ranks[0])
        first[row] += reading.ranks[0] == 1 ? 1 : 0
        kl[row] += reading.divergence
        entropy[row] += reading.entropy
        agreement[row] += reading.topIDs.first == last.topIDs.first ? 1 : 0
      }
    }
    if request.marks != nil { words = Self.words(request.known, scores, ends, rows: rows, model: model) }
  }

  /// The words of a text: sums over their tokens, and the same with the probability that each word ends where it does.
  private static func words(
    _ ids: [Int], _ scores: [Int: [Double]], _ ends: [Int: [Double]], rows: Int, model: LanguageModel
  ) -> DatasetItem.Words {
    let found = TextWords(ids.map { model.tokenizer.isSpecial($0) ? nil : model.tokenizer.bytes(of: $0) }).words
    var (surprisal, corrected) = ([[Float?]](), [[Float?]]())
    for row in 0..<rows {
      var (plain, whole) = ([Float?](), [Float?]())
      for (index, word) in found.enumerated() {
        let own = word.tokens.compactMap { scores[$0]?[row] }
        guard own.count == word.tokens.count else {
          plain.append(nil)
          whole.append(nil)
          continue
        }
        let sum = own.reduce(0, +)
        plain.append(Float(-sum))
        // The space before a word says that the word before has ended; it is counted there.
        let before = index == 0 ? 0 : ends[word.tokens.lowerBound - 1]?[row] ?? 0
        whole.append(ends[word.tokens.upperBound - 1].map { Float(-(sum - before + $0[row])) })
      }
      surprisal.append(plain)
      corrected.append(whole)
    }
    return DatasetItem.Words(
      texts: found.map(\.text), tokens: found.map(\.tokens.count), surprisal: surprisal, corrected: corrected)
  }
}

extension DatasetScores {
  /// Stores the sums of an item's texts: those of its target or sentence, then those of its foil.
  fileprivate mutating func put(_ sums: [TextSums], item: Int, _ request: DatasetRequest) {
    guard let own = sums.first else { return }
    func score(_ sums: TextSums, _ row: Int) -> Double {
      request.score == .mean ? sums.logprob[row] / Double(max(1, sums.tokens)) : sums.logprob[row]
    }
    put(
      logprob: rows.indices.map { Float(score(own, $0)) }, rank: own.rank.map { Int32(clamping: $0) },
      difference: sums.count < 2 ? nil : rows.indices.map { Float(score(own, $0) - score(sums[1], $0)) }, item: item)
    if request.form == .corpus {
      put(
        DatasetItem.Passage(
          tokens: own.tokens, bytes: own.bytes, kl: own.kl.map { Float($0) }, entropy: own.entropy.map { Float($0) },
          agreement: own.agreement, first: own.first))
    }
    if let words = own.words { put(words) }
  }
}
