import Traces
import Yams

// `datasets`: files of prompts with targets.

extension SpecReader {
  /// `datasets`: a list of mappings.
  mutating func datasets(_ nodes: [Node], prompts: [ReportSpec.Prompt]) -> [ReportSpec.Dataset] {
    typealias Key = SpecSection.Dataset
    var taken = Set(prompts.map(\.id))
    return nodes.compactMap { element in
      guard case .mapping = element else {
        report(element.mark, "a dataset must be a mapping with id and file, found \(element.described)")
        return nil
      }
      var fields = fields(element, of: .dataset, called: "a dataset")
      let id = read(Key.id, in: fields)
      var isRepeated = false
      if id == nil, let written = fields[Key.id]?.value.scalar?.string { broken.subjects.insert(written) }
      if let id {
        isRepeated = !taken.insert(id).inserted
        if isRepeated {
          report(fields[Key.id]?.value.mark, "id '\(id)' is given twice", ["give every prompt and dataset its own id"])
        }
        fields.called = "dataset '\(id)'"
      }
      let file = read(Key.file, in: fields)
      var columns = DatasetColumns()
      if let prompt = read(Key.prompt, in: fields) { columns.prompt = prompt }
      if let target = read(Key.target, in: fields) { columns.target = target }
      columns.foil = read(Key.foil, in: fields)
      columns.source = read(Key.source, in: fields)
      let places = read(Key.of, in: fields)?.compactMap { Trace.Patching.Place(rawValue: $0) }
      let attribute = read(Key.attribute, in: fields) ?? false
      if let given = fields[Key.of], fields[Key.source] == nil {
        report(
          given, "\(fields.called) has of without source, so no states are put in",
          ["name the column of the texts from which states are taken: source: source"])
      }
      for given in [fields[Key.source], attribute ? fields[Key.attribute] : nil].compactMap(\.self)
      where fields[Key.foil] == nil {
        report(
          given, "\(fields.called) has \(given.key) without foil, so there is no difference of logits",
          ["name the column of the words that targets are compared with: foil: foil"])
      }
      columns.groups = read(Key.group, in: fields) ?? []
      let firstToken = read(Key.firstToken, in: fields)
      let resamples = read(Key.resamples, in: fields)
      let seed = read(Key.seed, in: fields)
      let by = read(Key.by, in: fields)
      guard let id, !isRepeated else { return nil }
      guard let file else {
        broken.subjects.insert(id)
        return nil
      }
      var dataset = ReportSpec.Dataset(
        id: id, file: file, columns: columns, firstToken: firstToken ?? false,
        bootstrap: Bootstrap(resamples: resamples ?? 1000, seed: UInt64(seed ?? 1)),
        by: by ?? (columns.groups.isEmpty ? .model : .group), place: source.place(element.mark?.place),
        filePlace: source.place(fields[Key.file]?.value.mark?.place))
      dataset.patch = columns.source == nil ? nil : places ?? Trace.Patching.Place.allCases
      dataset.attribute = attribute
      return dataset
    }
  }
}
