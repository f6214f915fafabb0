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

  /// The id of a subject, unique among all.
  package func id(of subject: Subject) -> String {
    switch subject {
    case .prompt(let index): prompts[index].id
    case .dataset(let index): datasets[index].id
    }
  }
}
