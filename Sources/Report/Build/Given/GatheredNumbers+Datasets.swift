import Figures
import Plot
import Words

extension GatheredNumbers {
  /// The figures of the datasets in a gallery.
  struct DatasetFigures {
    /// Entries of `figures`; none where no dataset is shown.
    var entries: [Any] = []
    /// What is told about them.
    var notes: [String] = []
  }

  /// Whether a kind shows the datasets of a gallery: their entries say neither what was attributed nor what was patched.
  static func showsDatasets(_ kind: String) -> Bool {
    FigureKind.all.contains { $0.name == kind && $0.needs == .dataset }
  }

  /// Figures whose lines are the models with numbers of a dataset, in parts where they are more than readers distinguish.
  ///
  /// - Parameter kinds: Those that are asked for; nil for the usual ones.
  /// - Throws: `Diagnostic` where datasets alone were gathered, and no kind shows one.
  func figuresOfDatasets(_ kinds: [String]?) throws(Diagnostic) -> DatasetFigures {
    var figures = DatasetFigures()
    guard !datasets.isEmpty else { return figures }
    let asked = (kinds ?? [DatasetProfile.name]).filter(Self.showsDatasets)
    guard !asked.isEmpty else {
      let others = Wording.list((kinds ?? []).uniqued, most: 5)
      guard !prompts.isEmpty else {
        throw Diagnostic(
          "expected traces of prompts for \(others), found summaries of datasets alone",
          hints: ["--kind \(DatasetProfile.name) shows datasets, as does no --kind at all"], category: .badInput)
      }
      figures.notes.append(
        "\(Wording.count(datasets.count, "dataset")) left out, as \(others) shows prompts alone; "
          + "--kind \(DatasetProfile.name) shows datasets")
      return figures
    }
    var shown: Set<String> = []
    for kind in asked {
      add(kind, to: &figures, &shown)
    }
    // A spec adds the profile of a dataset that it does not show.
    let rest = datasets.filter { !shown.contains($0.id) }
    if !asked.contains(DatasetProfile.name), !rest.isEmpty { add(DatasetProfile.name, to: &figures, &shown, of: rest) }
    return figures
  }

  private func add(
    _ kind: String, to figures: inout DatasetFigures, _ shown: inout Set<String>,
    of some: [(id: String, name: String, subject: Int)]? = nil
  ) {
    // The first model of a comparison has no line.
    let isComparison = kind == DatasetComparison.name
    let most = LineMarks.mostSeries + (isComparison ? 1 : 0)
    guard models.count > most else {
      if let some {
        figures.entries.append(["kind": kind, "prompts": some.map(\.id)] as [String: Any])
      } else {
        figures.entries.append(kind)
      }
      shown.formUnion((some ?? datasets).map(\.id))
      return
    }
    for dataset in some ?? datasets {
      let names = self.names(of: dataset.subject)
      guard !isComparison || (2...most).contains(names.count) else {
        figures.notes.append(
          "\(kind) of '\(dataset.id)' left out: it compares 2 to \(most) models, found \(Wording.grouped(names.count)) with numbers; "
            + "\(DatasetProfile.name) shows them")
        continue
      }
      let parts = Self.parts(names, most: most)
      if parts.count > 1 {
        figures.notes.append(
          "\(kind) of '\(dataset.id)' is drawn in \(parts.count) parts: \(Wording.count(names.count, "model")) have numbers of it, and "
            + "a figure shows \(most) at most")
      }
      for (number, part) in parts.enumerated() {
        var entry: [String: Any] = ["kind": kind, "prompts": [dataset.id], "models": part]
        if parts.count > 1 { entry["id"] = Slug.make("\(dataset.id)-\(kind)-\(number + 1)") }
        figures.entries.append(entry)
      }
      shown.insert(dataset.id)
    }
  }

  /// As few parts as there can be, whose lengths differ by one at most.
  private static func parts(_ names: [String], most: Int) -> [[String]] {
    let count = (names.count + most - 1) / most
    return (0..<count).map { Array(names[names.count * $0 / count..<names.count * ($0 + 1) / count]) }
  }
}
