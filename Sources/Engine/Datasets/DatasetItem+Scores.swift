import Traces

extension Tracer {
  /// Runs the items of a dataset and keeps the numbers of each.
  ///
  /// - Throws: As `summary`.
  public func items(
    of request: DatasetRequest, progress: (@Sendable (TraceProgress) -> Void)? = nil
  ) throws -> [DatasetItem] {
    let scores = try scores(of: request, progress: progress)
    let (model, lens) = (Trace.Model(model), Trace.Lens.of(lens, norm: request.norm))
    return request.items.enumerated().map { index, item in
      DatasetItem(
        model: model, lens: lens, compute: "f32", prompt: item.prompt, target: item.target, foil: item.foil,
        rows: scores.rows, logprob: scores.logprob.map { $0[index] }, rank: scores.rank.map { Int($0[index]) },
        difference: scores.difference.map { $0.map { $0[index] } },
        attribution: scores.attributions.indices.contains(index) ? scores.attributions[index] : nil,
        patching: scores.pairs.indices.contains(index) ? scores.pairs[index].stored : nil,
        source: scores.pairs.indices.contains(index) ? item.source : nil, pair: item.pair,
        passage: scores.passages.indices.contains(index) ? scores.passages[index] : nil,
        words: scores.words.indices.contains(index) ? scores.words[index] : nil)
    }
  }
}

extension DatasetSummary {
  /// The summary of a dataset whose items were run one by one or in parts, in the order of the request.
  ///
  /// Returns nil when they are not as many as the request has, or not of one model, one lens and one question.
  ///
  /// The bootstrap runs once, over all of them.
  ///
  public init?(_ request: DatasetRequest, items: [DatasetItem]) {
    guard let first = items.first, items.count == request.items.count, items.allSatisfy({ $0.isLike(first) }),
      (first.passage != nil) == (request.form == .corpus), (first.words != nil) == (request.words == true)
    else {
      return nil
    }
    self.init(request, scores: DatasetScores(items, rows: first.rows), model: first.model, lens: first.lens)
  }
}

extension DatasetItem {
  /// Whether it has the same kinds of numbers of the same model.
  fileprivate func isLike(_ other: DatasetItem) -> Bool {
    model == other.model && lens == other.lens && compute == other.compute && rows == other.rows
      && (difference == nil) == (other.difference == nil)
      && attribution?.parts.map(\.kind) == other.attribution?.parts.map(\.kind)
      && patching?.means.map(\.kind) == other.patching?.means.map(\.kind)
      && (passage == nil) == (other.passage == nil) && (words == nil) == (other.words == nil)
  }
}

extension Trace.Attribution.Part {
  fileprivate var kind: [String] { [part.rawValue, "\(layer ?? -1)", lens == nil ? "" : "lens"] }
}

extension DatasetItem.Effects.Means {
  fileprivate var kind: [String] { [place.rawValue, role.rawValue, "\(effect.count)"] }
}

extension PairEffects {
  /// The numbers as they travel.
  var stored: DatasetItem.Effects {
    DatasetItem.Effects(
      sourceDifference: differences.source, baseDifference: differences.base, isDefined: isDefined,
      means: Trace.Patching.Place.allCases.flatMap { place in
        Role.allCases.compactMap { role in
          effects[place]?[role].map { DatasetItem.Effects.Means(place: place, role: role, effect: $0) }
        }
      })
  }

  /// From the numbers as they travel.
  init(_ stored: DatasetItem.Effects) {
    var effects: [Trace.Patching.Place: [Role: [Double?]]] = [:]
    for means in stored.means { effects[means.place, default: [:]][means.role] = means.effect }
    self.init(
      differences: (stored.sourceDifference, stored.baseDifference), isDefined: stored.isDefined, effects: effects)
  }
}
