import Engine
import Figures
import Files
import Foundation
import Models
import Spec
import Traces
import Words

/// Traces and summaries put in order: by model and lens, and by prompt or dataset.
struct GatheredNumbers: Sendable {
  /// In the order of their names in the gallery; `source` is its number among all.
  private(set) var models: [(name: String, source: Int)] = []
  private(set) var prompts: [(id: String, key: NumbersFolder.Entry.PromptKey, subject: Int)] = []
  private(set) var datasets: [(id: String, name: String, subject: Int)] = []
  private var cells: [Cell: Known] = [:]
  /// Each as the first of its numbers describes it, by source.
  private let described: [Trace.Model]

  private typealias PromptKey = NumbersFolder.Entry.PromptKey

  /// A model through a lens and a subject, by their numbers: thousands of cells share a few of them.
  private struct Cell: Hashable {
    var source: Int
    var subject: Int
  }

  /// What is kept of an entry.
  private struct Known {
    var numbers: CellNumbers
    var watched: [NumbersFolder.Entry.Head.Watched]
  }

  /// - Parameter spool: Where numbers wait that two files have together.
  /// - Throws: `DiagnosticList` of cells for which two files have different numbers.
  init(_ entries: [NumbersFolder.Entry], _ spool: ByteSpool) throws(DiagnosticList) {
    var problems: [Diagnostic] = []
    var sources: [NumbersFolder.Entry.Source: Int] = [:]
    var subjects: [NumbersFolder.Entry.Head.Subject: Int] = [:]
    var first: [NumbersFolder.Entry] = []
    var known: [Cell: NumbersFolder.Entry] = [:]
    for entry in entries {
      if entry.head.isChanged {
        problems.append(
          Diagnostic(
            place: entry.place, "expected traces of models' own runs, found one of a changed run",
            hints: ["write a spec with these changes, and give the model its folder: traces: DIR"],
            category: .badInput))
        continue
      }
      let cell = Cell(
        source: sources[entry.source] ?? sources.count, subject: subjects[entry.head.subject] ?? subjects.count)
      if cell.source == sources.count {
        sources[entry.source] = cell.source
        first.append(entry)
      }
      subjects[entry.head.subject] = cell.subject
      guard let other = known[cell] else {
        known[cell] = entry
        continue
      }
      do throws(Diagnostic) { known[cell] = try Self.united(other, entry, spool) } catch { problems.append(error) }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    cells = known.mapValues { Known(numbers: $0.numbers, watched: $0.head.watched) }
    models = Self.named(first)
    described = first.map(\.head.model)
    let sets = subjects.compactMap { key, number in if case .dataset(let name) = key { (name, number) } else { nil } }
      .sorted { $0.0 < $1.0 }
    datasets = zip(Slug.unique(sets.map(\.0)), sets).map { ($0, $1.0, $1.1) }
    prompts = Self.identified(
      subjects.compactMap { key, number in if case .prompt(let key) = key { (key, number) } else { nil } })
  }

  /// Everything that two answers to one question say, under the name that the model of the first has.
  ///
  /// - Throws: `Diagnostic` where they contradict.
  private static func united(
    _ known: NumbersFolder.Entry, _ entry: NumbersFolder.Entry, _ spool: ByteSpool
  ) throws(Diagnostic) -> NumbersFolder.Entry {
    let one = try known.numbers.read()
    var other = try entry.numbers.read()
    other.model.name = one.model.name
    guard let united = one.united(with: other) else {
      throw Diagnostic(
        place: entry.place,
        "expected the numbers of \(known.place), which answers the same question to \(known.described), found others"
          + (one.difference(from: other).map { "; \($0)" } ?? ""),
        hints: [GivenRefusals.difference(known.place, entry.place)], category: .badInput)
    }
    guard united != one else { return known }
    var both = known
    both.head = NumbersFolder.Entry.Head(united, of: known.head.origin)
    both.numbers = try CellNumbers(united, in: spool)
    return both
  }

  /// Names of models; those that two have in common get their lens, or the beginning of their SHA-256.
  private static func named(_ known: [NumbersFolder.Entry]) -> [(name: String, source: Int)] {
    func plain(_ entry: NumbersFolder.Entry) -> String {
      entry.head.model.name + (entry.head.model.adapter.map { " + \($0.name)" } ?? "")
    }
    func detailed(_ entry: NumbersFolder.Entry) -> String {
      let lens = entry.source.lens
      return
        "\(plain(entry)) (\(lens) lens, \(entry.source.weights), \((entry.source.lensSHA256 ?? entry.source.sha256).prefix(8)))"
    }
    let counts = Dictionary(grouping: known, by: plain).mapValues(\.count)
    let named = known.enumerated().map { source, entry in
      (name: counts[plain(entry), default: 1] > 1 ? detailed(entry) : plain(entry), source: source)
    }.sorted { ($0.name, known[$0.source].source.key) < ($1.name, known[$1.source].source.key) }
    // Models that differ in their norm or their adapter alone have one detailed name, which is numbered; no numbered name is that of another.
    var taken = Set(named.map(\.name))
    var numbers: [String: Int] = [:]
    return named.map { name, source in
      guard let last = numbers[name] else {
        numbers[name] = 1
        return (name: name, source: source)
      }
      var number = last + 1
      while !taken.insert("\(name), \(number)").inserted { number += 1 }
      numbers[name] = number
      return (name: "\(name), \(number)", source: source)
    }
  }

  /// Ids of prompts from their texts, which do not depend on what else is gathered unless two would be the same.
  private static func identified(
    _ keys: [(key: PromptKey, subject: Int)]
  ) -> [(id: String, key: PromptKey, subject: Int)] {
    func plain(_ key: PromptKey) -> String {
      Slug.make(String(key.text.split { $0.isWhitespace }.suffix(6).joined(separator: " ").suffix(40)))
    }
    let slugs = keys.map { plain($0.key) }
    let counts = Dictionary(grouping: slugs, by: \.self).mapValues(\.count)
    func ids(_ length: Int) -> [(id: String, key: PromptKey, subject: Int)] {
      zip(keys, slugs).map { entry, slug in
        let key = entry.key
        guard counts[slug, default: 1] > 1 else { return (slug, key, entry.subject) }
        let digest = SHA256.hex(of: "\(key.method) \(key.decoder ?? "") \(key.text)".utf8)
        return ("\(slug)-\(digest.prefix(length))", key, entry.subject)
      }
    }
    // Six digits are enough for all but thousands of prompts with one end.
    let length = [6, 12].first { Set(ids($0).map(\.id)).count == keys.count } ?? 64
    return ids(length).sorted { $0.id < $1.id }
  }

  /// The cells of a plan of the gallery's spec; those that nothing was gathered for stay empty.
  func settled(_ plan: Plan, _ spec: ReportSpec) -> SettledCells {
    var settled = SettledCells()
    let sources = Dictionary(models.map { ($0.name, $0.source) }) { first, _ in first }
    for (index, cell) in plan.cells.enumerated() {
      let subject =
        switch cell.subject {
        case .prompt(let number): prompts[number].subject
        case .dataset(let number): datasets[number].subject
        }
      let name = spec.models[cell.model].name
      if let numbers = sources[name].flatMap({ cells[Cell(source: $0, subject: subject)] })?.numbers {
        settled.numbers[index] = numbers.named(name)
      } else {
        settled.absent[index] = Self.gap(place: "\(name), \(spec.id(of: cell.subject))", cell.subject)
      }
    }
    for (index, model) in spec.models.enumerated() {
      guard let described = sources[model.name].map({ described[$0] }) else { continue }
      settled.given[index] = ResolvedModel(
        given: model.name, reference: "traces", url: URL(fileURLWithPath: "."), license: described.license,
        source: described.source, files: [], sha256: described.sha256)
    }
    return settled
  }

  /// The datasets as jobs without items, which nobody runs.
  func jobs(_ spec: ReportSpec) -> [DatasetJob] {
    spec.datasets.map { dataset in
      DatasetJob(
        file: dataset.file,
        request: DatasetRequest(
          name: dataset.id, items: [], groupColumns: [], firstToken: dataset.firstToken, norm: spec.norm,
          bootstrap: dataset.bootstrap))
    }
  }

  /// Models whose names are those of checkpoints ("first (step 2000)"), by their names, where a run has at least two.
  private var runs: [String: TrainingStep] {
    let steps = models.compactMap { model in TrainingStep(name: model.name).map { (model.name, $0) } }
    let names = Set(models.map(\.name))
    let counts = Dictionary(grouping: steps, by: \.1.run).mapValues(\.count)
    return Dictionary(steps.filter { counts[$0.1.run, default: 0] > 1 && !names.contains($0.1.run) }) { first, _ in
      first
    }
  }

  /// Names of the models that have numbers of a subject: checkpoints of a run by their steps.
  func names(of subject: Int) -> [String] {
    let runs = runs
    return models.filter { cells[Cell(source: $0.source, subject: subject)] != nil }.map(\.name).enumerated()
      .sorted { one, other in
        func key(_ entry: (offset: Int, element: String)) -> (String, Int, Int) {
          (runs[entry.element]?.run ?? entry.element, runs[entry.element]?.number ?? 0, entry.offset)
        }
        return key(one) < key(other)
      }.map(\.element)
  }

  /// What stands in place of a cell that no folder has numbers of.
  private static func gap(place: String, _ subject: Subject) -> Diagnostic {
    var gap = Diagnostic(place: place, gapMessages[subject.isDataset ? 1 : 0], category: .badInput)
    gap.isOfAbsence = true
    return gap
  }

  /// Of a prompt, and of a dataset.
  static let gapMessages = ["no trace was given for it", "no summary was given for it"]

  /// How many cells stay empty.
  var gaps: Int { models.count * (prompts.count + datasets.count) - cells.count }

  /// Whether there are few enough prompts for a report.
  var hasReport: Bool { prompts.count <= GatherJob.mostInReport }

  /// The gallery's spec, of which YAML has JSON as a part, and what is told about its figures.
  ///
  /// - Throws: `Diagnostic` where no kind of the request shows anything.
  func spec(_ request: GatherJob.Request) throws -> (data: Data, notes: [String]) {
    var root: [String: Any] = ["title": request.title]
    let runs = runs
    root["models"] = Dictionary(
      uniqueKeysWithValues: models.filter { runs[$0.name] == nil }.map { ($0.name, ["traces": "."] as [String: Any]) }
        + runs.values.map(\.run).sorted().uniqued.map { run -> (String, [String: Any]) in
          let steps = runs.values.filter { $0.run == run }.map(\.number).sorted()
          return (run, ["checkpoints": steps.map { ["step": $0, "traces": "."] as [String: Any] }])
        })
    var watches = false
    let entries = prompts.map { id, key, subject -> [String: Any] in
      var prompt: [String: Any] = ["id": id, "text": key.text]
      if let decoder = key.decoder { prompt["decoder"] = decoder }
      switch key.method {
      case .generate(let count): prompt["generate"] = count
      case .sample(let count, let sampling):
        prompt["generate"] = count
        var sample: [String: Any] = ["temperature": sampling.temperature, "seed": sampling.seed]
        if let k = sampling.topK { sample["top_k"] = k }
        if let p = sampling.topP { sample["top_p"] = p }
        prompt["sample"] = sample
      case .continuation(let text): prompt["continuation"] = text
      }
      let watched = models.compactMap { cells[Cell(source: $0.source, subject: subject)]?.watched }
      let common = (watched.first ?? []).filter { word in
        !word.isSet && watched.allSatisfy { $0.contains { $0.text == word.text } }
      }
      if !common.isEmpty {
        prompt["watch"] = common.map(\.text)
        watches = true
      }
      return prompt
    }
    // A gallery of datasets alone has no prompts.
    if !entries.isEmpty || datasets.isEmpty { root["prompts"] = entries }
    let ofDatasets = try figuresOfDatasets(request.kinds)
    if !ofDatasets.entries.isEmpty {
      // Nobody reads these files: the summaries are there.
      root["datasets"] = try datasets.map { dataset -> [String: Any] in
        let first = models.lazy.compactMap { cells[Cell(source: $0.source, subject: dataset.subject)] }.first
        return try first?.numbers.read().summary?.entry(dataset.id) ?? ["id": dataset.id, "file": "\(dataset.id).csv"]
      }
    }
    let hasText = prompts.contains { $0.key.method.generated != 0 }
    let usual =
      (prompts.isEmpty ? [] : (hasText ? ["rank-heatmap"] : []) + ["top-tokens"] + (watches ? ["token-ranks"] : []))
    let joined = ["rank-heatmap", "trajectory", "profile"].filter { $0 != "rank-heatmap" || hasText }
    let isOfRuns = !runs.isEmpty && !prompts.isEmpty
    let ofPrompts =
      request.kinds?.filter { datasets.isEmpty || !Self.showsDatasets($0) }
      ?? (isOfRuns ? usual.filter { $0 != "rank-heatmap" } + joined : usual)
    let shown = ofPrompts.map { kind -> Any in
      isOfRuns && joined.contains(kind) ? ["kind": kind, "together": true] as [String: Any] : kind
    }
    root["figures"] = shown + ofDatasets.entries
    var output: [String: Any] = [:]
    if !hasReport { output["report"] = "none" }
    if let formats = request.formats { output["figures"] = formats }
    if !output.isEmpty { root["output"] = output }
    return (try JSONSerialization.data(withJSONObject: root, options: [.sortedKeys]), ofDatasets.notes)
  }
}

extension DatasetSummary {
  /// An entry of `datasets` that describes what the summary is of.
  fileprivate func entry(_ id: String) -> [String: Any] {
    var entry: [String: Any] = ["id": id]
    switch dataset.form {
    case nil: entry["file"] = "\(id).csv"
    case .sentences:
      (entry["file"], entry["sentence"], entry["foil"]) = ("\(id).csv", "sentence", "foil")
    case .corpus: entry["corpus"] = "\(id).txt"
    }
    if let score = dataset.score { entry["score"] = score.rawValue }
    return entry
  }
}
