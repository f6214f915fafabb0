import Plot
import Words

/// A manifest put in order for reading: a section for each subject, its comparisons, and in each comparison a panel per model.
///
/// Both the HTML pages and the PDF report are made from it.
struct GalleryLayout {
  /// Prompts, then datasets, each in the order of the manifest.
  var sections: [Section]
  /// Failures of prompts the manifest does not list.
  var stray: [GalleryManifest.Failure]

  /// A subject and what is shown of it.
  struct Section {
    var subject: Subject
    /// Its place among the prompts, or among the datasets, from 1.
    var number: Int
    /// How many of these there are.
    var total: Int
    /// What each model said, in the order of the models; empty for a dataset.
    var outputs: [(model: String, text: String)]
    var comparisons: [Comparison]

    /// The figures of all comparisons.
    var figures: [GalleryManifest.Figure] { comparisons.flatMap(\.panels).compactMap(\.figure) }
    /// Unique among all sections.
    var id: String { subject.id }
    /// What it is called: the author's title of a prompt, or the id.
    var title: String { subject.title }
    /// "prompt keys", "dataset agreement".
    var name: String { "\(subject.word) \(title)" }
  }

  /// What a section is about.
  enum Subject {
    case prompt(GalleryManifest.Prompt)
    case dataset(GalleryManifest.Dataset)

    var id: String {
      switch self {
      case .prompt(let prompt): prompt.id
      case .dataset(let dataset): dataset.id
      }
    }

    /// The author's title of a prompt, or the id.
    var title: String {
      switch self {
      case .prompt(let prompt): prompt.name
      case .dataset(let dataset): dataset.id
      }
    }

    /// "prompt" or "dataset".
    var word: String {
      switch self {
      case .prompt: "prompt"
      case .dataset: "dataset"
      }
    }

    /// Words to filter by; a dataset has none.
    var tags: [String] { if case .prompt(let prompt) = self { prompt.tags } else { [] } }

    /// How many prompts a dataset has, and its file.
    static func described(_ dataset: GalleryManifest.Dataset) -> String {
      "\(Wording.count(dataset.items, dataset.item ?? "prompt")) from \(dataset.file)"
    }
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

    let subjects: [[Subject]] = [manifest.prompts.map { .prompt($0) }, manifest.datasets.map { .dataset($0) }]
    sections = subjects.flatMap { subjects in
      subjects.enumerated().map { index, subject in
        let own = figures[subject.id] ?? []
        return Section(
          subject: subject, number: index + 1, total: subjects.count, outputs: Self.outputs(own, rank: rank),
          comparisons: Self.comparisons(subject.id, figures: own, failures: failures[subject.id] ?? [], rank: rank))
      }
    }
    let known = Set(sections.map(\.id))
    stray = manifest.failures.filter { !known.contains($0.prompt) }
  }

  /// What each model said, in the order of the models.
  private static func outputs(
    _ figures: [GalleryManifest.Figure], rank: [String: Int]
  ) -> [(model: String, text: String)] {
    var outputs: [(model: String, text: String)] = []
    for figure in figures {
      guard let text = figure.output, !text.isEmpty, !outputs.contains(where: { $0.model == figure.model }) else {
        continue
      }
      outputs.append((figure.model, text))
    }
    return outputs.sorted { (rank[$0.model] ?? .max, $0.model) < (rank[$1.model] ?? .max, $1.model) }
  }

  /// Figures of a subject in their groups, with what is said in place of those that failed.
  private static func comparisons(
    _ id: String, figures: [GalleryManifest.Figure], failures: [GalleryManifest.Failure], rank: [String: Int]
  ) -> [Comparison] {
    var order: [String] = []
    var groups: [String: Comparison] = [:]
    for figure in figures {
      if groups[figure.group] == nil {
        order.append(figure.group)
        groups[figure.group] = Comparison(group: figure.group, title: figure.fullTitle, panels: [])
      }
      groups[figure.group]?.panels.append(.figure(figure))
    }
    // A failed cell leaves a gap in every comparison of its prompt, a failed figure only in its own comparison.
    for failure in failures {
      let gaps = failure.group.map { [$0] } ?? (order.isEmpty ? ["\(Slug.make(id))-not-made"] : order)
      for group in gaps {
        if groups[group] == nil {
          order.append(group)
          groups[group] = Comparison(
            group: group, title: failure.isAbsent == true ? "Not given" : "Not made", panels: [])
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

extension GalleryManifest.Figure {
  /// The heading with what tells the figure from others of its kind: "Most probable tokens after every layer (position: last)".
  var fullTitle: String { title + (variant.map { " (\($0))" } ?? "") }
}

extension GalleryManifest.Failure {
  /// What stands above the message in place of the figure.
  var heading: String { isAbsent == true ? "This figure is left empty." : "This figure could not be made." }
}
