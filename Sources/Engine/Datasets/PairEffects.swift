import Traces

/// What the patched runs of one pair of texts say, by place, layer and role.
struct PairEffects: Sendable {
  typealias Role = DatasetSummary.Patching.Role

  /// The difference of logits after the source and after the base.
  let differences: (source: Float, base: Float)
  /// Whether source and base differ enough for effects to have a meaning.
  let isDefined: Bool
  /// The mean effect over the positions of a role; nil where a block has no such part, or no position has the role.
  let effects: [Trace.Patching.Place: [Role: [Double?]]]

  /// From its parts.
  init(differences: (source: Float, base: Float), isDefined: Bool, effects: [Trace.Patching.Place: [Role: [Double?]]]) {
    self.differences = differences
    self.isDefined = isDefined
    self.effects = effects
  }

  /// Sums up the patched runs of texts given as tokens.
  init(_ patching: Trace.Patching, base: [Int], source: [Int]) {
    differences = (patching.sourceDifference, patching.baseDifference)
    isDefined = patching.isDefined
    let roles = Self.roles(base: base, source: source)
    effects = Dictionary(
      uniqueKeysWithValues: patching.differences.map(\.place).map { place in
        let rows = patching.effects(at: place) ?? []
        let byRole = Role.allCases.map { role in
          let positions = roles.indices.filter { roles[$0] == role }
          return (
            role,
            rows.map { row -> Double? in
              let found = positions.compactMap { row[$0] }
              return found.isEmpty ? nil : found.reduce(0, +) / Double(found.count)
            }
          )
        }
        return (place, Dictionary(uniqueKeysWithValues: byRole))
      })
  }

  /// What each position is; nil before the first token that differs, where states are the same in both texts.
  static func roles(base: [Int], source: [Int]) -> [Role?] {
    let first = zip(base, source).prefix { $0 == $1 }.count
    return base.indices.map { position in
      if position == base.count - 1 { return .last }
      if base[position] != source[position] { return .differing }
      return position < first ? nil : .between
    }
  }

  /// Whether the source prefers the target.
  var sourceIsRight: Bool { differences.source > 0 }
  /// Whether the base prefers the foil.
  var baseIsRight: Bool { differences.base < 0 }
  /// Whether both prefer what they should.
  var bothAreRight: Bool { sourceIsRight && baseIsRight }

  /// The effects at a place and role by row; nil where no position has the role.
  func effects(at place: Trace.Patching.Place, _ role: Role) -> [Double?]? {
    guard isDefined, let rows = effects[place]?[role], rows.contains(where: { $0 != nil }) else { return nil }
    return rows
  }
}

extension DatasetSummary.Patching {
  /// Means over pairs; nil without any.
  init?(_ pairs: [PairEffects], of places: [Trace.Patching.Place], settings: Bootstrap) {
    guard !pairs.isEmpty else { return nil }
    var means: [Means] = []
    for place in places {
      for role in Role.allCases {
        for baselines in Baselines.allCases {
          let lines = pairs.filter { baselines == .all || $0.bothAreRight }.compactMap { $0.effects(at: place, role) }
          guard let first = lines.first else { continue }
          // All pairs run on one model, so the same blocks have the part.
          let rows = first.indices.filter { row in lines.allSatisfy { $0[row] != nil } }
          let resampling = Resampling(
            rows.map { row in lines.map { $0[row] ?? 0 } }, medians: [], settings: settings)
          let estimates = rows.indices.map { resampling.mean($0) }
          means.append(
            Means(
              place: place, role: role, baselines: baselines, items: lines.count,
              layers: rows.map { place == .stream ? $0 - 1 : $0 },
              effect: DatasetSummary.Curve(
                value: estimates.map(\.value), low: estimates.map(\.low), high: estimates.map(\.high))))
        }
      }
    }
    self.init(
      items: pairs.count { $0.isDefined }, undefined: pairs.count { !$0.isDefined },
      sourceRight: pairs.count { $0.sourceIsRight }, baseRight: pairs.count { $0.baseIsRight },
      bothRight: pairs.count { $0.bothAreRight }, means: means)
  }
}

extension DatasetSummary.Attribution {
  /// Means over prompts of one model; nil without any.
  init?(_ attributions: [Trace.Attribution], settings: Bootstrap) {
    guard let first = attributions.first else { return nil }
    let parts = first.parts.indices
    let adds = parts.map { part in attributions.map { Double($0.parts[part].value) } }
    var sums: [[Double]] = []
    for values in adds { sums.append(zip(sums.last ?? values.map { _ in 0 }, values).map(+)) }
    let lenses = parts.filter { first.parts[$0].lens != nil }
    let lens = lenses.map { part in attributions.map { Double($0.parts[part].lens ?? 0) } }
    let resampling = Resampling(
      adds + sums + lens + [attributions.map { Double($0.difference) }], medians: [], settings: settings)
    func mean(_ statistic: Int) -> DatasetSummary.Mean {
      let found = resampling.mean(statistic)
      return DatasetSummary.Mean(value: found.value, low: found.low, high: found.high)
    }
    self.init(
      difference: mean(2 * parts.count + lenses.count), softcap: first.softcap,
      parts: parts.map { part in
        Part(
          part: first.parts[part].part, layer: first.parts[part].layer, adds: mean(part), sum: mean(parts.count + part),
          lens: lenses.firstIndex(of: part).map { mean(2 * parts.count + $0) })
      })
  }
}
