import Foundation
import Traces
import Words

extension GalleryFindings {
  /// The strongest findings in sentences, at most `most` and at most one of each sort.
  ///
  /// Sorts are: where the tokens of two classes are settled in one model, two models on one prompt, watched words,
  /// datasets, the output of a whole model, and the checkpoints of a training run; of a run the other sorts see the last one.
  /// Sorts are ordered by their largest distance as a share of what is possible
  /// (a share of the layers, or of probability). Each gives, of its findings with at least half of that distance, the
  /// largest of those that are about the fewest prompts and models of sentences before.
  package func strongest(_ most: Int = 3) -> [String] {
    let sorts = [classes, depths, order, dataset, paired, overall, moves].map(Self.ordered).filter { !$0.isEmpty }
    let places = sorts.indices.sorted { (-sorts[$0][0].size, $0) < (-sorts[$1][0].size, $1) }
    var seen: Set<About> = []
    return places.prefix(most).compactMap { place in
      let candidates = sorts[place].filter { $0.size >= sorts[place][0].size / 2 }
      let known = candidates.map { seen.intersection($0.about).count }
      guard let chosen = candidates.indices.min(by: { (known[$0], $0) < (known[$1], $1) }) else { return nil }
      seen.formUnion(candidates[chosen].about)
      return candidates[chosen].text
    }
  }

  /// What a sentence is about.
  private enum About: Hashable {
    case subject(String)
    case model(String)
  }

  private typealias Candidate = (size: Double, about: Set<About>, text: String)

  /// The largest first, of equal ones that which comes first.
  private static func ordered(_ candidates: [Candidate]) -> [Candidate] {
    candidates.indices.sorted { (-candidates[$0].size, $0) < (-candidates[$1].size, $1) }.map { candidates[$0] }
  }

  /// Two classes of at least three tokens in one model.
  private var classes: [Candidate] {
    models.filter { !early.contains($0.model) }.compactMap { model in
      let shown = model.classes.filter { $0.settled.count >= 3 }.compactMap { entry in
        entry.settled.median.map { (entry, $0) }
      }
      guard let early = shown.map(\.1).min(by: { $0.layerNumber < $1.layerNumber }),
        let late = shown.map(\.1).max(by: { $0.layerNumber < $1.layerNumber }), early != late
      else { return nil }
      func names(_ row: Trace.Row) -> String {
        Wording.enumeration(shown.filter { $0.1 == row }.map { "\($0.0.tokenClass.plural) (\($0.0.settled.count))" })
      }
      let distance = Double(late.layerNumber - early.layerNumber) / Double(model.lastRow.layerNumber + 1)
      return (
        distance, [.model(model.model)],
        "In \(model.model), \(names(early)) have rank 1 for good from \(early.phrase(of: model.lastRow)) on and "
          + "\(names(late)) from \(late.phrase(of: model.lastRow)) on (medians; number of tokens in brackets)."
      )
    }
  }

  /// Two models on one prompt: where each is settled.
  private var depths: [Candidate] {
    let places = FindingPlaces(rows)
    return contrasts.compactMap { subject, contrast in
      let found = contrast.names.compactMap { name in places.row(of: subject, model: name).flatMap { rows[$0].trace } }
      let depths = found.filter(\.changes.isEmpty).compactMap(\.settledDepth)
      guard depths.count == 2, depths[0] != depths[1] else { return nil }
      let places = found.compactMap { $0.settled?.median?.phrase(of: $0.lastRow) }
      guard places.count == 2 else { return nil }
      let medians = found.contains { ($0.settled?.count ?? 0) > 1 } ? " (medians)" : ""
      return (
        abs(depths[0] - depths[1]), [.subject(subject), .model(contrast.names[0]), .model(contrast.names[1])],
        "On \(quoted(subject)), the output has rank 1 for good from \(places[0]) on in "
          + "\(contrast.names[0]) and from \(places[1]) on in \(contrast.names[1])\(medians)."
      )
    }
  }

  /// Watched words.
  private var order: [Candidate] {
    rows.compactMap { row in
      guard !early.contains(row.model), let findings = row.trace, findings.changes.isEmpty,
        let watched = findings.watched,
        let leader = watched.leader
      else { return nil }
      let shares = [leader, watched.second].map { exp(Double(watched.entries[$0].logprob)) }
      return (
        shares[0] - shares[1], [.subject(row.subject), .model(row.model)],
        "On \(quoted(row.subject)), in \(row.model): \(watched.sentence(lastRow: findings.lastRow))"
      )
    }
  }

  /// A dataset: the largest difference of groups, else the share of all.
  private var dataset: [Candidate] {
    rows.compactMap { row in
      guard case .dataset(let findings, group: 0) = row.finding, !early.contains(row.model) else { return nil }
      let whole = findings.groups[0].final
      // Of few prompts that all agree, only the lower end is sure.
      let all = (whole.isWilson ? whole.low : whole.value) - findings.measure.chance
      let gaps = findings.differing.map { findings.groups[$0[0]].final.value - findings.groups[$0[1]].final.value }
      return (
        max(all, gaps.max() ?? 0), [.subject(row.subject), .model(row.model)],
        "\(row.model) on \(quoted(row.subject)): \(findings.sentence)"
      )
    }
  }

  /// A training: how far the settled layer moves.
  private var moves: [Candidate] {
    training.compactMap { subject, training in
      guard !training.isChanged, let movement = training.movement, movement.distance != 0, let text = training.sentence
      else {
        return nil
      }
      let size = Double(abs(movement.distance)) / Double(training.lastRow.layerNumber + 1)
      return (
        size, [.subject(subject), .model(training.run)],
        "During the training of \(training.run), on \(quoted(subject)): \(text)"
      )
    }
  }

  /// Two models or groups that differ on the same items.
  private var paired: [Candidate] {
    comparisons.compactMap { subject, comparison in
      guard let last = comparison.last, let share = last.share, (last.holm ?? 1) < PairedComparison.alpha else {
        return nil
      }
      let models = comparison.model.map { [$0] } ?? comparison.names
      return (
        abs(share.value), Set([.subject(subject)] + models.map { .model($0) }),
        (comparison.model.map { "In \($0), " } ?? "") + "on \(quoted(subject)): \(comparison.sentence)"
      )
    }
  }

  /// All output of one model: how late it is settled.
  private var overall: [Candidate] {
    models.filter { !early.contains($0.model) }.compactMap { model in
      guard let settled = model.settled, let median = settled.median, settled.count >= 2 else { return nil }
      return (
        Double(median.layerNumber + 1) / Double(model.lastRow.layerNumber + 1) / 8, [.model(model.model)],
        "Over all prompts, half of the \(settled.count) output tokens of \(model.model) have rank 1 for good by "
          + "\(median.phrase(of: model.lastRow))."
      )
    }
  }
}
