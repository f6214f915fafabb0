import Traces
import Words

extension TraceFindings {
  /// The finding in one sentence, without the model's name; nil when there is none.
  ///
  /// It tells the order of watched words, or else what was predicted and where it is settled.
  package var sentence: String? { watchedSentence ?? allSentence }

  /// The order of watched words; nil without two of them.
  package var watchedSentence: String? { told(watched?.sentence(lastRow: lastRow)) }

  /// What an attribution and patched runs show, a sentence for each sort of question that was asked; empty without such questions.
  package var causes: [String] {
    ([attribution?.sentence(byHead: false)] + Trace.Patching.Place.allCases.map { patching?.sentence(of: $0) })
      .compactMap(\.self)
  }

  /// Everything that the prompt's row in tables of findings says; nil when there is nothing to say.
  package var all: String? {
    let sentences = [sentence].compactMap(\.self) + causes + [vocabulary?.sentence].compactMap(\.self)
    return sentences.isEmpty ? nil : sentences.joined(separator: " ")
  }

  /// What the tokens after the prompt show, or the prediction where there are none.
  package var allSentence: String? { outputSentence ?? predictionSentence }

  /// The most probable next token, and where it is settled.
  package var predictionSentence: String? { told(prediction.map { predictionSentence($0) }) }

  /// The same beside a figure of another layer: it says when the token has its probability.
  package var finalPredictionSentence: String? {
    told(prediction.map { predictionSentence($0, when: " after the last layer") })
  }

  /// What the tokens after the prompt show; nil without such tokens.
  package var outputSentence: String? { told(settledSentence) }

  /// The sentence of a run, which names a changed one.
  private func told(_ sentence: String?) -> String? {
    changes.isEmpty ? sentence : sentence.map { "In the changed run: \($0)" }
  }

  private var settledSentence: String? {
    guard let settled, let first = output.first else { return nil }
    if output.count == 1 { return single(first) }
    let noun = isGiven ? "given tokens" : "output tokens"
    guard let earliest = settled.earliest, let latest = settled.latest else {
      return "None of the \(settled.count) \(noun) has rank 1 after the last layer."
    }
    let all = settled.never == 0 ? "The \(settled.count)" : "\(settled.count - settled.never) of the \(settled.count)"
    let holding = settled.count - settled.never
    var text = "\(all) \(noun) \(holding == 1 ? "has" : "have") rank 1 for good "
    if earliest == latest {
      text += "from \(place(earliest)) on"
    } else {
      text += "from \(earliest.phrase) (earliest) to \(place(latest)) (latest)"
      if let median = settled.median { text += ", \(median.phrase) as median" }
    }
    if let contrast = classContrast { text += "; \(contrast)" }
    if settled.never > 0 {
      text +=
        settled.never == 1
        ? "; the other does not have rank 1 after the last layer"
        : "; the others do not have rank 1 after the last layer"
    }
    return text + "."
  }

  /// Medians of the classes with two tokens or more, when there are two such classes: "medians: line breaks layer 20".
  private var classContrast: String? {
    let shown = classes.compactMap { entry -> (Trace.Row, String)? in
      guard entry.settled.count >= 2, let median = entry.settled.median else { return nil }
      return (median, entry.tokenClass.plural)
    }
    .sorted { $0.0.layerNumber < $1.0.layerNumber }
    guard shown.count >= 2 else { return nil }
    return "medians by class: " + shown.map { "\($0.1) \($0.0.phrase)" }.joined(separator: ", ")
  }

  private func single(_ token: OutputToken) -> String {
    let share = token.logprob.map { " (\(Percent.phrase(logprob: $0)))" } ?? ""
    guard let settled = token.settling.settled else {
      let rank = token.settling.lastRank.map { "rank \(Wording.grouped($0))" } ?? "no rank"
      let best =
        prediction.map { "; the most probable is “\($0.label)” (\(Percent.phrase(logprob: $0.logprob)))" } ?? ""
      return "“\(token.label)”\(share) has \(rank) after the last layer\(best)."
    }
    return
      "“\(token.label)”\(share) is the most probable \(predicted) and has rank 1 for good from \(place(settled)) on"
      + before(token.settling) + "."
  }

  private func predictionSentence(_ prediction: Prediction, when: String = "") -> String {
    let share = Percent.phrase(logprob: prediction.logprob) + when
    let from = prediction.settling.settled.map { " and has rank 1 for good from \(place($0)) on" } ?? ""
    return "“\(prediction.label)” (\(share)) is the most probable \(predicted)\(from)\(before(prediction.settling))."
  }

  private var predicted: String { isMasked ? "masked token" : "next token" }

  /// The rank before, and an earlier first time.
  private func before(_ settling: Settling) -> String {
    var parts: [String] = []
    if let rank = settling.rankBefore { parts.append("rank \(Wording.grouped(rank)) just before") }
    if let first = settling.first, first != settling.settled { parts.append("first at all at \(first.phrase)") }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
  }

  private func place(_ row: Trace.Row) -> String { row.phrase(of: lastRow) }
}

extension WatchedOrder {
  /// The order in one sentence, such as “␣are” (16 %) is more probable than “␣is” (0.52 %) for good from layer 26 of 29 on.
  package func sentence(lastRow: Trace.Row) -> String {
    guard let leader, let ahead else {
      let equal = entries.filter { $0.logprob == entries[second].logprob }
      return
        "\(Wording.enumeration(equal.map { "“\($0.label)”" })) are equally probable after the last layer "
        + "(\(Percent.phrase(logprob: entries[second].logprob)))."
    }
    let (first, other) = (entries[leader], entries[second])
    let rest = entries.count == 2 ? "" : " and the \(entries.count - 2 == 1 ? "other word" : "other words")"
    return
      "“\(first.label)” (\(Percent.phrase(logprob: first.logprob))) is more probable than “\(other.label)” "
      + "(\(Percent.phrase(logprob: other.logprob)))\(rest) for good from \(ahead.phrase(of: lastRow)) on."
  }
}

extension ModelContrast {
  /// Where the two differ most; nil when nothing can be compared.
  package var sentence: String? {
    guard let widest else { return nil }
    return
      "\(names[0]) and \(names[1]) differ most at \(widest.row.phrase), where “\(widest.label)” has "
      + "\(Percent.phrase(logprob: widest.logprobs[0])) and \(Percent.phrase(logprob: widest.logprobs[1]))."
  }
}

extension Trace.Row {
  /// "layer 26 of 29", where 29 is the last layer, counted from 0.
  package func phrase(of last: Trace.Row) -> String {
    point == .embedding ? phrase : "\(phrase) of \(last.layer)"
  }
}

extension DatasetFindings {
  /// What attributions and patched runs of all prompts show; empty where nobody asked.
  package var causes: [String] {
    let (attribution, patching) = (groups[0].attribution, groups[0].patching)
    return [attribution?.sentence, patching?.baselines].compactMap(\.self)
      + Trace.Patching.Place.allCases.compactMap { patching?.sentence(of: $0) }
  }

  /// Everything that the row of all prompts says.
  package var all: String { ([sentence] + causes).joined(separator: " ") }

  /// The finding in one sentence, without the model's name.
  package var sentence: String {
    let all = groups[0]
    var text: String
    switch (form, measure) {
    case (.sentences, _): text = "The sentence is more probable than its foil in "
    case (.corpus, _): text = "The next token has rank 1 in "
    case (nil, .accuracy): text = "The target is more probable than the foil in "
    case (nil, .top1): text = "The target has rank 1 in "
    }
    // Of a pair, the target is what the source should say.
    if all.patching != nil { text = "After the bases, t" + text.dropFirst() }
    let items =
      all.corpus.map { Wording.count($0.tokens, "token") }
      ?? Wording.count(all.items, DatasetWording(form, hasFoils: measure == .accuracy).item)
    text += "\(share(all.final)) of \(items) after the last layer"
    if let half = all.half {
      let chance = measure.chance > 0 ? "from chance (\(Percent.share(measure.chance))) to this" : "to this"
      text += "; the share is half-way \(chance) from \(half.phrase(of: lastRow)) on"
    }
    if let corpus = all.corpus { text += ". " + sentence(of: corpus) }
    return text + "." + (groupsSentence.map { " " + $0 } ?? "")
  }

  private func sentence(of corpus: Corpus) -> String {
    let nats = [corpus.crossEntropy.value, corpus.crossEntropy.low, corpus.crossEntropy.high].map {
      Decimals.fixed($0, 2)
    }
    return "Its cross-entropy is \(nats[0]) nats [\(nats[1]), \(nats[2])] for a token, "
      + "\(Decimals.fixed(corpus.bitsPerByte, 2)) bits for a byte; before half of the tokens the layer’s best token is the model’s "
      + "own from \(corpus.agrees.phrase(of: lastRow)) on"
  }

  /// Which groups differ; nil when none do.
  package var groupsSentence: String? {
    let level = Decimals.fixed(level * 100, 0)
    guard let pair = differing.max(by: { gap($0) < gap($1) }) else { return nil }
    let (high, low) = (groups[pair[0]], groups[pair[1]])
    let more = differing.count == 1 ? "" : " (the largest of \(differing.count) such differences)"
    return
      "“\(high.name)” (\(share(high.final))) lies above “\(low.name)” (\(share(low.final))): "
      + "their \(level) % intervals do not overlap\(more)."
  }

  private func gap(_ pair: [Int]) -> Double { groups[pair[0]].final.value - groups[pair[1]].final.value }

  private func share(_ share: Share) -> String {
    let ends = [share.low, share.high].map { Decimals.fixed($0 * 100, 1) }
    return "\(Percent.share(share.value)) [\(ends[0]), \(ends[1])\(share.isWilson ? "; Wilson" : "")]"
  }
}
