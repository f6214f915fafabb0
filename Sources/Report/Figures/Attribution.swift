import Plot
import Traces
import Words

/// Options of the kind `attribution`.
private struct AttributionOptions: OptionKeys {
  let by = OptionKey.shares
  let limit = OptionKey(
    "limit", .number(0.001...100_000),
    doc:
      "The end of the scale on both sides, in logits; not set, it follows the data. Use one value in figures to be compared."
  )
  let orientation = OptionKey.orientation
}

/// What a difference of logits is split into.
package enum AttributionShares: String, CaseIterable, Sendable {
  /// Embedding, attention and MLP of every layer.
  case part
  /// The heads of every layer.
  case head

  /// Whether these options split attention into heads.
  static func isByHead(_ options: [String: OptionValue]) -> Bool { options[OptionKey.shares] == .head }
}

extension OptionKey where Value == AttributionShares {
  /// What the difference is split into.
  static var shares: OptionKey {
    OptionKey(
      "by", .word(of: AttributionShares.self), standard: .part,
      doc: "Bars of the embedding, each attention and each MLP, or a heatmap of the heads of every layer.")
  }
}

extension FigureKind {
  /// What each part of the model adds to the difference of two logits.
  package static let attribution = FigureKind(
    name: "attribution",
    summary: "what each part of the model, or each head, adds to the logit of one token minus that of another",
    options: AttributionOptions(), needs: .attribution
  ) { trace, options in
    try trace.checkShape()
    guard let attribution = trace.attribution else {
      throw FigureError.nothingToShow(
        kind: "attribution", model: trace.model.name, needs: "attribution",
        hint: "ask for it: attribute: {target: \" are\", foil: \" is\"} in a spec, or --attribute auto")
    }
    let words = AttributionWords(trace, attribution)
    switch options.by {
    case .part:
      return AttributionBars(
        attribution.asMeans, layers: trace.heldLayers, limit: options.limit, hasIntervals: false
      ).described(words)
    case .head:
      return try AttributionHeads(words, limit: options.limit).described(options.orientation.direction())
    }
  } ofDataset: { summary, options in
    guard let attribution = summary.groups.first?.attribution else {
      throw FigureError.nothingToShow(
        kind: "attribution", model: summary.model.name, needs: "attribution",
        hint: "ask for it: attribute: true of a dataset in a spec, or strata dataset --attribute")
    }
    guard options.by == .part else {
      throw FigureError.badValue(
        .text(options.by.rawValue), option: "by", kind: "attribution",
        expected: "'part' for a dataset, whose summary has no heads (prompts: of an entry leaves datasets out)")
    }
    return AttributionBars(attribution, layers: summary.heldLayers, limit: options.limit).described(summary)
  }
}

/// What is said of an attribution in captions and on axes.
struct AttributionWords {
  let trace: Trace
  let attribution: Trace.Attribution

  init(_ trace: Trace, _ attribution: Trace.Attribution) { (self.trace, self.attribution) = (trace, attribution) }

  var target: String { "“\(trace.tokenLabel(id: attribution.target).text)”" }
  var foil: String { "“\(trace.tokenLabel(id: attribution.foil).text)”" }

  /// "the logit of “ are” minus that of “ is” as the next token of “The keys ____”".
  var difference: String {
    "the logit of \(target) minus that of \(foil) as the next token of “\(before) ____”"
  }

  /// ", before the softcap at 30"; empty for models without one.
  var softcap: String { Self.softcap(attribution.softcap) }

  /// The same of any softcap.
  static func softcap(_ softcap: Float?) -> String {
    softcap.map { ", before the softcap at \(NumberStyle.decimals.text(Double($0)))" } ?? ""
  }

  /// Who chose the two tokens; empty where the author did.
  var chosen: String {
    switch (attribution.chosen.contains(.target), attribution.chosen.contains(.foil)) {
    case (true, true): "\(target) is the model's first choice and \(foil) its second."
    case (true, false): "\(target) is the model's first choice besides \(foil)."
    case (false, true): "\(foil) is the model's first choice besides \(target)."
    case (false, false): ""
    }
  }

  /// The text up to the position.
  var before: String {
    if attribution.position == trace.promptLength - 1 { return trace.promptExcerpt() }
    let text = trace.tokens.indices.prefix(attribution.position + 1).map { trace.tokenLabel(at: $0).text }.joined()
    return text.count <= 90 ? text : "…" + VisibleText.tail(of: text, count: 89)
  }

  /// The number as figures write it: "+3.41".
  static func signed(_ value: Double) -> String {
    let text = Decimals.fixed(abs(value), 2)
    return text == "0.00" ? text : (value < 0 ? "\u{2212}" : "+") + text
  }
}
