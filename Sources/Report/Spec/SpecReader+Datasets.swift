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
      let before = problems.count
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
      let corpus = read(Key.corpus, in: fields)
      var columns = DatasetColumns()
      let sentence = read(Key.sentence, in: fields)
      if let prompt = read(Key.prompt, in: fields) { columns.prompt = prompt }
      if let sentence { (columns.prompt, columns.target) = (sentence, nil) }
      if let target = read(Key.target, in: fields) { columns.target = target }
      columns.foil = read(Key.foil, in: fields)
      columns.source = read(Key.source, in: fields)
      let places = read(Key.of, in: fields)?.compactMap { Trace.Patching.Place(rawValue: $0) }
      let attribute = read(Key.attribute, in: fields) ?? false
      columns.groups = read(Key.group, in: fields) ?? []
      columns.pair = read(Key.pair, in: fields)
      let firstToken = read(Key.firstToken, in: fields)
      let score = read(Key.score, in: fields)
      let passage = read(Key.passage, in: fields)
      let words = read(Key.words, in: fields) ?? false
      let items = read(Key.items, in: fields) ?? false
      let resamples = read(Key.resamples, in: fields)
      let seed = read(Key.seed, in: fields)
      let by = read(Key.by, in: fields)
      requireTogether(fields)
      if let id, problems.count > before { broken.subjects.insert(id) }
      guard let id, !isRepeated else { return nil }
      guard let path = corpus ?? file else {
        if fields[Key.file] == nil, fields[Key.corpus] == nil, fields.misspelt.isDisjoint(with: ["file", "corpus"]) {
          report(
            element.mark, "'file' is missing in \(fields.called)",
            ["name a .csv or .jsonl file: file: data/agreement.csv; or a text: corpus: data/stories.txt"])
        }
        broken.subjects.insert(id)
        return nil
      }
      var dataset = ReportSpec.Dataset(
        id: id, file: path, columns: columns, firstToken: firstToken ?? false,
        bootstrap: Bootstrap(resamples: resamples ?? 1000, seed: UInt64(seed ?? 1)),
        by: by ?? (columns.groups.isEmpty ? .model : .group), place: source.place(element.mark?.place),
        filePlace: source.place(fields[corpus == nil ? Key.file : Key.corpus]?.value.mark?.place))
      dataset.patch = columns.source == nil ? nil : places ?? Trace.Patching.Place.allCases
      dataset.attribute = attribute
      dataset.passage = corpus == nil ? nil : passage ?? DatasetReader.passage
      dataset.form = DatasetReader.form(isCorpus: corpus != nil, columns)
      dataset.score = dataset.form == .sentences ? score ?? .sum : score
      (dataset.words, dataset.keepsItems) = (words, items)
      return dataset
    }
  }
}
