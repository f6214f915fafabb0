import Figures
import Spec

/// What tells figures of one kind for one subject apart.
struct FigureVariants {
  /// By the figure's index in the spec, for every subject.
  private var words: [Subject: [Int: String]] = [:]

  /// The differences between the figures of a plan.
  ///
  /// A figure is described by those of its options that a sibling does not have or has with another value. Figures that this
  /// leaves alike, such as two of the same options, are numbered in the order of the spec.
  init(_ plan: Plan, _ spec: ReportSpec) {
    var siblings: [Subject: [String: [Int]]] = [:]
    for figure in plan.figures {
      let kind = spec.figures[figure.figure].kind
      if siblings[figure.subject]?[kind]?.contains(figure.figure) != true {
        siblings[figure.subject, default: [:]][kind, default: []].append(figure.figure)
      }
    }
    words = siblings.mapValues { kinds in
      var words: [Int: String] = [:]
      for (_, figures) in kinds where figures.count > 1 {
        words.merge(
          Self.differences(
            figures.map { index in
              // The layers that a figure shows tell it apart like an option.
              let layers = spec.figures[index].layers.map { ["layers": OptionValue.text($0.written)] } ?? [:]
              return (index, spec.figures[index].options.merging(layers) { $1 })
            })
        ) { $1 }
      }
      return words
    }
  }

  /// The words for a figure; nil where its kind is enough.
  func of(_ figure: Plan.Figure) -> String? { words[figure.subject]?[figure.figure] }

  private static func differences(_ figures: [(index: Int, options: [String: OptionValue])]) -> [Int: String] {
    let names = Set(figures.flatMap(\.options.keys)).sorted()
    let differing = names.filter { name in Set(figures.map { $0.options[name] }).count > 1 }
    let texts = figures.map { figure in
      differing.compactMap { name in figure.options[name].map { "\(name): \($0.plain)" } }.joined(separator: ", ")
    }
    var words: [Int: String] = [:]
    for (place, figure) in figures.enumerated() {
      let alike = texts.indices.filter { texts[$0] == texts[place] }
      let number = alike.count > 1 ? "\((alike.firstIndex(of: place) ?? 0) + 1) of \(alike.count)" : nil
      let parts = [texts[place].isEmpty ? nil : texts[place], number].compactMap(\.self)
      words[figure.index] = parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
    return words
  }
}

extension OptionValue {
  /// As a reader sees it: a word without quotes.
  fileprivate var plain: String {
    switch self {
    case .text(let text): text
    case .list(let values): values.map(\.plain).joined(separator: ", ")
    case .integer, .number, .flag, .sets: spelled
    }
  }
}
