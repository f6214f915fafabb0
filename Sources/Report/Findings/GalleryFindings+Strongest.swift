import Foundation
import Traces
import Words

extension GalleryFindings {
  /// The strongest findings in sentences, at most `most` and at most one of each sort.
  ///
  /// Sorts are: where the tokens of two classes are settled in one model, two models on one prompt, watched words,
  /// datasets, and the output of a whole model. Each sort gives the finding with the largest distance as a share of what
  /// is possible (a share of the layers, or of probability); sorts are ordered by that share.
  package func strongest(_ most: Int = 3) -> [String] {
    let candidates = [classes, depths, order, dataset, overall].compactMap(\.self)
    let places = candidates.indices.sorted { (-candidates[$0].size, $0) < (-candidates[$1].size, $1) }
    return places.prefix(most).map { candidates[$0].text }
  }

  private typealias Candidate = (size: Double, text: String)

  private func largest(_ candidates: [Candidate]) -> Candidate? {
    candidates.enumerated().min { (-$0.element.size, $0.offset) < (-$1.element.size, $1.offset) }?.element
  }

  /// Two classes of at least three tokens in one model.
  private var classes: Candidate? {
    largest(
      models.compactMap { model in
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
          distance,
          "In \(model.model), \(names(early)) have rank 1 for good from \(early.phrase(of: model.lastRow)) on and "
            + "\(names(late)) from \(late.phrase(of: model.lastRow)) on (medians; number of tokens in brackets)."
        )
      })
  }

  /// Two models on one prompt: where each is settled.
  private var depths: Candidate? {
    largest(
      contrasts.compactMap { subject, contrast in
        let found = contrast.names.compactMap { name in rows.first { $0.subject == subject && $0.model == name }?.trace
        }
        let depths = found.compactMap(\.settledDepth)
        guard depths.count == 2, depths[0] != depths[1] else { return nil }
        let places = found.compactMap { $0.settled?.median?.phrase(of: $0.lastRow) }
        guard places.count == 2 else { return nil }
        return (
          abs(depths[0] - depths[1]),
          "On \(quoted(subject)), the output has rank 1 for good from \(places[0]) on in "
            + "\(contrast.names[0]) and from \(places[1]) on in \(contrast.names[1]) (medians)."
        )
      })
  }

  /// Watched words.
  private var order: Candidate? {
    largest(
      rows.compactMap { row in
        guard let findings = row.trace, let watched = findings.watched, let leader = watched.leader else { return nil }
        let shares = [leader, watched.second].map { exp(Double(watched.entries[$0].logprob)) }
        return (
          shares[0] - shares[1],
          "On \(quoted(row.subject)), in \(row.model): \(watched.sentence(lastRow: findings.lastRow))"
        )
      })
  }

  /// A dataset: the largest difference of groups, else the share of all.
  private var dataset: Candidate? {
    largest(
      rows.compactMap { row in
        guard case .dataset(let findings, group: 0) = row.finding else { return nil }
        let whole = findings.groups[0].final
        // Of few prompts that all agree, only the lower end is sure.
        let all = (whole.isWilson ? whole.low : whole.value) - findings.measure.chance
        let gaps = findings.differing.map { findings.groups[$0[0]].final.value - findings.groups[$0[1]].final.value }
        return (
          max(all, gaps.max() ?? 0), "\(row.model) on \(quoted(row.subject)): \(findings.sentence)"
        )
      })
  }

  /// All output of one model: how late it is settled.
  private var overall: Candidate? {
    largest(
      models.compactMap { model in
        guard let settled = model.settled, let median = settled.median, settled.count >= 2 else { return nil }
        return (
          Double(median.layerNumber + 1) / Double(model.lastRow.layerNumber + 1) / 8,
          "Over all prompts, half of the \(settled.count) output tokens of \(model.model) have rank 1 for good by "
            + "\(median.phrase(of: model.lastRow))."
        )
      })
  }
}
