import Plot
import Words

/// A manifest in reading order: prompts, their comparisons, and in each comparison a panel per model.
///
/// Both the HTML pages and the PDF report are made from it.
struct GalleryLayout {
  var prompts: [PromptSection]
  var datasets: [DatasetSection]
  /// Failures of prompts that the manifest does not list.
  var stray: [GalleryManifest.Failure]

  /// Prompts, then datasets, by what they have in common.
  var sections: [(id: String, comparisons: [Comparison])] {
    prompts.map { ($0.prompt.id, $0.comparisons) } + datasets.map { ($0.dataset.id, $0.comparisons) }
  }

  /// A prompt and what is shown for it.
  struct PromptSection {
    var prompt: GalleryManifest.Prompt
    /// Each model's output, in the order of the models.
    var outputs: [(model: String, text: String)]
    var comparisons: [Comparison]
  }

  /// A dataset and its figures.
  struct DatasetSection {
    var dataset: GalleryManifest.Dataset
    var comparisons: [Comparison]
  }

  /// Figures of one kind for one prompt, side by side.
  struct Comparison {
    /// The group's slug.
    var group: String
    var title: String
    var panels: [Panel]
    /// The widest figure, PDF units.
    var width: Double { panels.compactMap(\.figure?.width).max() ?? 0 }
  }

  /// A figure, or the message in its place.
  enum Panel {
    case figure(GalleryManifest.Figure)
    case failure(GalleryManifest.Failure)

    var model: String {
      switch self {
      case .figure(let figure): figure.model
      case .failure(let failure): failure.model
      }
    }
    var figure: GalleryManifest.Figure? {
      if case .figure(let figure) = self { figure } else { nil }
    }
  }

  /// The layout of `manifest`.
  init(_ manifest: GalleryManifest) {
    var rank: [String: Int] = [:]
    for (index, model) in manifest.models.enumerated() where rank[model.name] == nil { rank[model.name] = index }
    let figures = Dictionary(grouping: manifest.figures, by: \.prompt)
    let failures = Dictionary(grouping: manifest.failures, by: \.prompt)

    prompts = manifest.prompts.map { prompt in
      Self.section(prompt, figures: figures[prompt.id] ?? [], failures: failures[prompt.id] ?? [], rank: rank)
    }
    datasets = manifest.datasets.map { dataset in
      let comparisons = Self.comparisons(
        dataset.id, figures: figures[dataset.id] ?? [], failures: failures[dataset.id] ?? [], rank: rank)
      return DatasetSection(dataset: dataset, comparisons: comparisons)
    }
    let known = Set(manifest.prompts.map(\.id) + manifest.datasets.map(\.id))
    stray = manifest.failures.filter { !known.contains($0.prompt) }
  }

  private static func section(
    _ prompt: GalleryManifest.Prompt, figures: [GalleryManifest.Figure], failures: [GalleryManifest.Failure],
    rank: [String: Int]
  ) -> PromptSection {
    let comparisons = comparisons(prompt.id, figures: figures, failures: failures, rank: rank)
    var outputs: [(model: String, text: String)] = []
    for figure in figures {
      guard let text = figure.output, !text.isEmpty, !outputs.contains(where: { $0.model == figure.model }) else {
        continue
      }
      outputs.append((figure.model, text))
    }
    outputs.sort { (rank[$0.model] ?? .max, $0.model) < (rank[$1.model] ?? .max, $1.model) }
    return PromptSection(prompt: prompt, outputs: outputs, comparisons: comparisons)
  }

  /// Figures of a prompt or a dataset in their groups, with messages in place of failed ones.
  private static func comparisons(
    _ id: String, figures: [GalleryManifest.Figure], failures: [GalleryManifest.Failure], rank: [String: Int]
  ) -> [Comparison] {
    var order: [String] = []
    var groups: [String: Comparison] = [:]
    for figure in figures {
      if groups[figure.group] == nil {
        order.append(figure.group)
        groups[figure.group] = Comparison(group: figure.group, title: figure.title, panels: [])
      }
      groups[figure.group]?.panels.append(.figure(figure))
    }
    // A failed cell leaves a gap in every comparison of its prompt, a failed figure only in its own comparison.
    for failure in failures {
      let gaps = failure.group.map { [$0] } ?? (order.isEmpty ? ["\(Slug.make(id))-not-made"] : order)
      for group in gaps {
        if groups[group] == nil {
          order.append(group)
          groups[group] = Comparison(group: group, title: "Not made", panels: [])
        }
        groups[group]?.panels.append(.failure(failure))
      }
    }
    return order.compactMap { groups[$0] }.map { comparison in
      var sorted = comparison
      // A stable sort: panels of one model keep their order.
      sorted.panels = comparison.panels.enumerated()
        .sorted { (rank[$0.element.model] ?? .max, $0.offset) < (rank[$1.element.model] ?? .max, $1.offset) }
        .map(\.element)
      return sorted
    }
  }
}
