import Figures
import Words

/// What a model runs on: a prompt or a dataset of a spec.
public enum Subject: Hashable, Sendable {
  /// Index in the spec's prompts.
  case prompt(Int)
  /// Index in the spec's datasets.
  case dataset(Int)

  /// Whether it is a dataset.
  package var isDataset: Bool { if case .dataset = self { true } else { false } }
}

extension ReportSpec {
  /// Every subject: prompts, then datasets, each in the order of the file.
  package var subjects: [Subject] {
    prompts.indices.map { .prompt($0) } + datasets.indices.map { .dataset($0) }
  }

  /// What a subject is called: the title of a prompt, or the id.
  package func title(of subject: Subject) -> String {
    if case .prompt(let index) = subject, let title = prompts[index].title { return title }
    return id(of: subject)
  }

  /// How a figure looks: the spec's style with the figure's own size and layers.
  package func style(of figure: Figure) -> FigureStyle {
    var style = style
    // A span of its own takes the place of the style's span and width.
    style.width = figure.width ?? (figure.span == nil ? style.width : nil)
    style.span = figure.span ?? style.span
    style.height = figure.height ?? style.height
    style.layers = figure.layers
    return style
  }

  /// How a figure of these models looks: with their training steps as an axis where all are checkpoints of one run.
  package func style(of figure: Figure, models shown: [Int]) -> FigureStyle {
    var style = style(of: figure)
    let steps = shown.compactMap { models[$0].step }
    if steps.count == shown.count, steps.isOneRun { style.steps = steps }
    return style
  }

  /// The id of a subject, unique among all.
  package func id(of subject: Subject) -> String {
    switch subject {
    case .prompt(let index): prompts[index].id
    case .dataset(let index): datasets[index].id
    }
  }
}
