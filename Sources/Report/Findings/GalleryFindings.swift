import Foundation
import Traces
import Words

/// What a whole set of prompts, datasets and models shows.
public struct GalleryFindings: Sendable {
  /// A row for every prompt and model, then for every dataset, group and model.
  public var rows: [FindingRow]
  /// Where two models differ most, by prompt, in the order of the prompts.
  public var contrasts: [(subject: String, contrast: ModelContrast)]
  /// What the checkpoints of a training run show, by prompt, then by run, in the order of the prompts.
  public var training: [(subject: String, training: TrainingFindings)]
  /// Models that are checkpoints of a run, but not its last one.
  private(set) var early: Set<String>
  /// The first model against each other one on each dataset whose items are kept, and groups whose items belong together.
  public var comparisons: [(subject: String, comparison: PairedComparison)]
  /// By model, over all prompts, in the order in which models first occur.
  public var models: [ModelOverview]
  /// What prompts and datasets are called in sentences, by id, where it is not the id.
  var titles: [String: String]
  /// The texts of prompts by id.
  private var texts: [String: String] = [:]

  /// What a model shows over all prompts.
  public struct ModelOverview: Sendable {
    /// Its name.
    public var model: String
    /// The last row.
    public var lastRow: Trace.Row
    /// Where the tokens after all prompts are settled.
    public var settled: SettledSpread?
    /// The same by class.
    public var classes: [TraceFindings.ClassSpread]
  }

  /// One model's numbers on one subject.
  public struct Source: Sendable {
    /// Id of the prompt or dataset.
    public var subject: String
    /// The model's name in the gallery.
    public var model: String
    /// What is known, read anew whenever it is asked for.
    package var read: @Sendable () throws -> Numbers
    /// Which tokens the layers of a trace list most often, where a figure counts them.
    package var countsWords: @Sendable (Trace) -> VocabularyFindings? = { _ in nil }
    /// How far the model's training had come; nil for a model that is no checkpoint of a run.
    package var step: TrainingStep?

    /// From its parts.
    public init(subject: String, model: String, numbers: Numbers, vocabulary: VocabularyFindings? = nil) {
      self.init(subject: subject, model: model) { numbers }
      countsWords = { _ in vocabulary }
    }

    /// Numbers that lie elsewhere.
    package init(subject: String, model: String, read: @escaping @Sendable () throws -> Numbers) {
      (self.subject, self.model, self.read) = (subject, model, read)
    }
  }

  /// Reads everything and keeps the order of `sources`; `titles` name prompts and datasets in sentences.
  public init(_ sources: [Source], titles: [String: String] = [:]) {
    // Numbers in memory are always there.
    self = (try? Self(reading: sources, titles: titles)) ?? Self()
  }

  private init() {
    (rows, contrasts, training, comparisons, models) = ([], [], [], [], [])
    (early, titles) = ([], [:])
  }

  /// The same of numbers that lie elsewhere; those of one subject at a time are in memory.
  ///
  /// - Throws: What reading them throws.
  package init(reading sources: [Source], titles: [String: String] = [:]) throws {
    self.init()
    self.titles = titles
    /// Those of traces, with the rows that say what they show.
    var traces: [(source: Source, row: Int)] = []
    var datasets: [Source] = []
    for source in sources {
      switch try source.read() {
      case .trace(let trace):
        if texts[source.subject] == nil { texts[source.subject] = trace.prompt }
        guard var found = TraceFindings(trace) else { continue }
        found.vocabulary = source.countsWords(trace)
        traces.append((source, rows.count))
        rows.append(FindingRow(source, .trace(found)))
      case .summary(let summary):
        if summary.items != nil { datasets.append(source) }
        guard let findings = DatasetFindings(summary) else { continue }
        rows += findings.groups.indices.map { FindingRow(source, .dataset(findings, group: $0)) }
      }
    }
    let bySubject = Dictionary(grouping: traces, by: \.source.subject)
    let subjects = traces.map(\.source.subject).uniqued
    contrasts = try subjects.compactMap { subject in
      guard let own = bySubject[subject], own.count >= 2 else { return nil }
      // Checkpoints of one run are no two models.
      if let run = own[0].source.step?.run, own[1].source.step?.run == run { return nil }
      guard let one = try own[0].source.read().trace, let other = try own[1].source.read().trace else { return nil }
      return (subject, ModelContrast(one, other, names: own.prefix(2).map(\.source.model)))
    }
    training = subjects.flatMap { subject in
      let own = bySubject[subject] ?? []
      return own.compactMap(\.source.step?.run).uniqued.compactMap { run in
        let found = own.compactMap { one in
          one.source.step.flatMap { step in
            step.run == run ? rows[one.row].trace.map { (step: step, model: one.source.model, findings: $0) } : nil
          }
        }
        return TrainingFindings(found.sorted { $0.step.number < $1.step.number }).map { (subject, $0) }
      }
    }
    let steps = sources.compactMap { source in source.step.map { (source.model, $0) } }
    let last = Dictionary(steps.map { ($0.1.run, $0.1.number) }) { max($0, $1) }
    early = Set(steps.filter { $0.1.number < last[$0.1.run] ?? 0 }.map(\.0))
    comparisons = try Self.comparisons(datasets)
    // A changed run is no finding about its model.
    let unchanged = traces.map(\.row).filter { rows[$0].trace?.changes.isEmpty == true }
    let byModel = Dictionary(grouping: unchanged) { rows[$0].model }
    models = unchanged.map { rows[$0].model }.uniqued.compactMap { model in
      guard let own = byModel[model], let last = own.first.flatMap({ rows[$0].trace?.lastRow }) else { return nil }
      let tokens = own.flatMap { rows[$0].trace?.output ?? [] }
      return ModelOverview(
        model: model, lastRow: last, settled: SettledSpread(tokens.map(\.settling)),
        classes: TraceFindings.ClassSpread.all(of: tokens))
    }
  }

  /// - Parameter sources: Summaries whose items are kept.
  private static func comparisons(_ sources: [Source]) throws -> [(subject: String, comparison: PairedComparison)] {
    let bySubject = Dictionary(grouping: sources, by: \.subject)
    return try sources.map(\.subject).uniqued.flatMap {
      subject throws -> [(subject: String, comparison: PairedComparison)] in
      let own = try (bySubject[subject] ?? []).compactMap { source in
        try source.read().summary.map { (source: source, summary: $0) }
      }
      guard let first = own.first else { return [] }
      let models = own.dropFirst().compactMap { other in
        PairedComparison(first.summary, other.summary, names: [first.source.model, other.source.model])
      }
      let groups = own.flatMap { entry in
        PairedComparison.groups(of: entry.summary).map { comparison in
          var comparison = comparison
          comparison.model = entry.source.model
          return comparison
        }
      }
      return (models + groups).map { (subject, $0) }
    }
  }

  /// Whether the share of a whole dataset has Wilson's interval.
  package var hasWilson: Bool {
    rows.contains {
      if case .dataset(let found, group: 0) = $0.finding { found.groups[0].final.isWilson } else { false }
    }
  }

  /// What a prompt or dataset is called, on one line.
  package func title(of subject: String) -> String { TokenDisplay.line(titles[subject] ?? subject) }

  /// What a sentence calls a prompt or dataset, in quotation marks: its title, else the text of a prompt, else the id.
  ///
  /// A long text is cut at its beginning, because what follows it is what the numbers are about.
  package func quoted(_ subject: String) -> String {
    guard titles[subject] == nil, let text = texts[subject] else { return "“\(title(of: subject))”" }
    let line = VisibleText.inline(text)
    guard line.count > Self.longestText else { return "“\(line)”" }
    let end = VisibleText.tail(of: line, count: Self.longestText - 1)
    let words = end.firstIndex(of: " ").map { end[end.index(after: $0)...] } ?? end
    return "“…\(words.isEmpty ? end : words)”"
  }

  /// Characters of a prompt's text in a sentence.
  private static let longestText = 60
}

/// What is known of one model on one prompt, or on one group of a dataset: a row of tables.
public struct FindingRow: Sendable {
  /// Id of the prompt or dataset.
  public var subject: String
  /// The model's name in the gallery.
  public var model: String
  /// What it shows.
  public var finding: Finding

  /// The finding of a prompt, or of one group of a dataset.
  public enum Finding: Sendable {
    /// Of a prompt.
    case trace(TraceFindings)
    /// Of a group.
    case dataset(DatasetFindings, group: Int)
  }

  init(_ source: GalleryFindings.Source, _ finding: Finding) {
    subject = source.subject
    model = source.model
    self.finding = finding
  }

  /// In one sentence, without the model's name, followed by one for each cause that was asked for and for counted words; nil when there is nothing to say, or for a
  /// group of a dataset.
  public var sentence: String? {
    switch finding {
    case .trace(let findings): findings.all
    case .dataset(let findings, group: 0): findings.all
    case .dataset: nil
    }
  }

  /// What a prompt shows; nil for a dataset.
  public var trace: TraceFindings? { if case .trace(let findings) = finding { findings } else { nil } }
}
