import Engine
import Figures
import Traces
import Yams

// `datasets`: files of prompts with targets.

extension SpecReader {
  /// Bounds of the bootstrap.
  static let resampleRange = 100...100_000

  /// `datasets`: a list of mappings.
  package mutating func datasets(_ node: Node, prompts: [ReportSpec.Prompt]) -> [ReportSpec.Dataset] {
    var taken = Set(prompts.map(\.id))
    return (list(node, called: "datasets") ?? []).compactMap { element in
      guard case .mapping = element else {
        report(element.mark, "a dataset must be a mapping with id and file, found \(element.described)")
        return nil
      }
      let fields = mapping(
        element, called: "a dataset",
        known: ["id", "file", "prompt", "target", "foil", "group", "first_token", "resamples", "seed", "by"])
      let id = required(fields, "id", in: element, called: "a dataset").flatMap { slug($0, of: "a dataset") }
      if let id, !taken.insert(id).inserted {
        report(fields["id"]?.value.mark, "id '\(id)' is given twice", ["give every prompt and dataset its own id"])
      }
      let name = id.map { "dataset '\($0)'" } ?? "a dataset"
      let file = required(fields, "file", in: element, called: name).flatMap { text($0, called: "file of \(name)") }
      var columns = DatasetColumns()
      if let field = fields["prompt"] { columns.prompt = text(field.value, called: "prompt of \(name)") ?? "" }
      if let field = fields["target"] { columns.target = text(field.value, called: "target of \(name)") ?? "" }
      columns.foil = fields["foil"].flatMap { text($0.value, called: "foil of \(name)") }
      columns.groups = fields["group"].map { groups($0.value, of: name) } ?? []
      let firstToken = fields["first_token"].flatMap { flag($0.value, called: "first_token of \(name)") } ?? false
      let resamples = fields["resamples"].flatMap {
        integer($0.value, called: "resamples of \(name)", in: SpecReader.resampleRange)
      }
      let seed = fields["seed"].flatMap { integer($0.value, called: "seed of \(name)", in: 0...Int.max) }
      let by = fields["by"].flatMap {
        word($0.value, called: "by of \(name)", among: DatasetProfile.By.allCases.map(\.rawValue), plural: "values")
      }
      guard let id, let file else { return nil }
      return ReportSpec.Dataset(
        id: id, file: file, columns: columns, firstToken: firstToken,
        bootstrap: Bootstrap(resamples: resamples ?? 1000, seed: UInt64(seed ?? 1)),
        by: by.flatMap(DatasetProfile.By.init) ?? (columns.groups.isEmpty ? .model : .group),
        place: source.place(element.mark?.place))
    }
  }

  private mutating func groups(_ node: Node, of name: String) -> [String] {
    var nodes = [node]
    if case .sequence = node { nodes = list(node, called: "group of \(name)") ?? [] }
    var found: [String] = []
    for node in nodes {
      guard let column = text(node, called: "a group column of \(name)") else { continue }
      if found.contains(column) { report(node.mark, "column '\(column)' is given twice in group of \(name)") }
      found.append(column)
    }
    return found
  }
}
