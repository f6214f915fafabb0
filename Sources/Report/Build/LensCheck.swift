import Engine
import Figures
import Foundation
import Models
import Spec
import Traces
import Words

/// How far a fitted lens and the logit lens are from a model's output, layer by layer: mean KL(output || lens) in nats.
public struct LensCheck: Equatable, Sendable, Encodable {
  /// A row below the last that both lenses read.
  public struct Row: Equatable, Sendable, Encodable {
    /// The point of the network.
    public var row: Trace.Row
    /// Mean divergence under the logit lens, nats.
    public var logit: Double
    /// Mean divergence under the fitted lens, nats.
    public var fitted: Double
    /// Whether the fitted lens is farther from the output.
    public var isWorse: Bool { fitted > logit }

    enum CodingKeys: String, CodingKey { case layer, point, logit, fitted, worse }

    /// Writes the point's parts and the two numbers.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(row.layer, forKey: .layer)
      try container.encode(row.point, forKey: .point)
      try container.encode(logit, forKey: .logit)
      try container.encode(fitted, forKey: .fitted)
      try container.encode(isWorse, forKey: .worse)
    }
  }

  /// "strata.lens-check/1".
  public var schema = "strata.lens-check/1"
  /// The model's name.
  public var model: String
  /// The fitted lens.
  public var lens: Trace.Lens
  /// Number of positions that the means are of.
  public var positions: Int
  /// From the bottom of the network to the top.
  public var rows: [Row]

  enum CodingKeys: String, CodingKey { case schema, model, lens, positions, rows, worse, suspect }

  /// Writes the parts, and the verdict.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(model, forKey: .model)
    try container.encode(lens, forKey: .lens)
    try container.encode(positions, forKey: .positions)
    try container.encode(rows, forKey: .rows)
    try container.encode(worse, forKey: .worse)
    try container.encode(isSuspect, forKey: .suspect)
  }

  /// Number of rows in which the fitted lens is farther from the output.
  public var worse: Int { rows.count(where: \.isWorse) }

  /// Whether it is farther from the output in most rows.
  public var isSuspect: Bool { worse * 2 > rows.count }

  /// Compares traces of the same texts, through the logit lens and through a fitted one; nil where they share no row.
  package init?(_ pairs: [(logit: Trace, fitted: Trace)]) {
    let pairs = pairs.filter { $0.logit.rows == $0.fitted.rows && $0.logit.columns == $0.fitted.columns }
    guard let first = pairs.first else { return nil }
    func mean(_ traces: [Trace], _ row: Int) -> Double? {
      let values = traces.flatMap { $0.kl[row] }.compactMap { $0.map(Double.init) }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    rows = first.fitted.rows.indices.dropLast().compactMap { row in
      guard let logit = mean(pairs.map(\.logit), row), let fitted = mean(pairs.map(\.fitted), row) else { return nil }
      return Row(row: first.fitted.rows[row], logit: logit, fitted: fitted)
    }
    guard !rows.isEmpty else { return nil }
    model = first.fitted.model.name
    lens = first.fitted.lens
    positions = pairs.reduce(0) { $0 + $1.fitted.columns.count }
  }

  /// What users should know about a lens that is farther from the output in most rows; nil for any other.
  public var warning: String? {
    guard isSuspect else { return nil }
    return
      "the \(Wording.lensNoun(lens.kind)) is farther from the model's output than the logit lens after \(worse) of "
      + "\(Wording.count(rows.count, "layer")) (mean KL over \(Wording.count(positions, "position"))): it may have been fitted "
      + "to another model, or by a program that runs this model differently"
  }

  /// A table for the terminal, with a final newline.
  public var text: String {
    let noun = Wording.lensNoun(lens.kind)
    let heads = ["layer", "logit lens", noun, ""]
    let cells = rows.map { row in
      [row.row.name, Self.decimal(row.logit), Self.decimal(row.fitted), row.isWorse ? "farther" : ""]
    }
    let widths = heads.indices.map { column in ([heads] + cells).map { $0[column].count }.max() ?? 0 }
    let lines = ([heads] + cells).map { line in
      [
        DisplayWidth.padded(line[0], to: widths[0]), DisplayWidth.aligned(line[1], to: widths[1]),
        DisplayWidth.aligned(line[2], to: widths[2]),
      ].joined(separator: "  ") + (line[3].isEmpty ? "" : "  \(line[3])")
    }
    let nearer = rows.count { $0.fitted < $0.logit }
    let verdict =
      isSuspect
      ? "The \(noun) is farther from the model's output than the logit lens after \(worse) of \(rows.count) layers."
      : nearer == 0
        ? "The \(noun) is as far from the model's output as the logit lens after every layer."
        : "The \(noun) is nearer to the model's output than the logit lens after \(nearer) of \(rows.count) layers."
    return "\(model): \(Wording.lensPhrase(lens)), mean KL of the model's output from each lens, nats, "
      + "over \(Wording.count(positions, "position"))\n\n" + lines.joined(separator: "\n") + "\n\n\(verdict)\n"
  }

  private static func decimal(_ value: Double) -> String { Decimals.fixed(value, 3) }

  /// The numbers as JSON, with a final newline.
  ///
  /// - Throws: What encoding throws.
  public func jsonData() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Texts for a check without any of the user's: English prose longer than the first positions, which no lens is fitted on.
  public static let texts = [
    "The bridge across the old river was closed in spring, because the water had risen above the road and the ferry had to stop.",
    "To make bread, mix flour, water, salt and a little yeast, knead the dough until it is smooth, and bake it in a hot oven.",
    "The capital of France is Paris, and the capital of Italy is Rome; in both cities visitors find museums and narrow streets.",
  ]
}

extension ModelRun {
  /// Compares the lens of a model with the logit lens on questions that it has answered.
  ///
  /// The answers through the logit lens come from the cache, or from one run. Returns nil without answers, or where the run fails,
  /// which the answers through the fitted lens report.
  func lensCheck(of model: ResolvedModel, _ answered: [(question: Question, trace: Trace)]) -> LensCheck? {
    guard model.lens != nil, !answered.isEmpty else { return nil }
    var plain = model
    plain.lens = nil
    let outcome = outcome(of: plain, answered.map(\.question))
    return LensCheck(
      zip(answered, outcome.answers).compactMap { asked, answer in
        (try? answer.get().numbers.read())?.trace.map { (logit: $0, fitted: asked.trace) }
      })
  }
}

extension ModelRun {
  /// The same on the first prompts of datasets, for a model that reads no other prompts.
  func lensCheck(of model: ResolvedModel, sampling jobs: [DatasetJob]) -> LensCheck? {
    let questions = Self.lensSample(of: jobs).map { Question.trace($0) }
    guard model.lens != nil, !questions.isEmpty else { return nil }
    let outcome = outcome(of: model, questions)
    return lensCheck(
      of: model,
      zip(questions, outcome.answers).compactMap { question, answer in
        (try? answer.get().numbers.read())?.trace.map { (question: question, trace: $0) }
      })
  }

  /// The requests of that comparison.
  static func lensSample(of jobs: [DatasetJob]) -> [TraceRequest] {
    jobs.flatMap { $0.request.items }.prefix(sampled).map {
      TraceRequest(prompt: $0.prompt, topK: 1, columns: .last)
    }
  }

  /// Prompts of datasets on which lenses are compared.
  private static let sampled = 16
}

extension NumbersRunner {
  /// Compares a lens of a model with the logit lens on texts.
  ///
  /// - Throws: `DiagnosticList` with the problems of the texts, or the reason why the model cannot run.
  public func lensCheck(
    of model: String, lens: LensReference, _ requests: [TraceRequest], options: ModelOptions = ModelOptions(),
    adapter: String? = nil, base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> LensCheck {
    let resolved = try store.resolve(
      written: model, lens: lens, options: options, adapter: adapter, base: base, offline: offline, progress: progress)
    let run = ModelRun(
      source: source, cache: NumbersCache(store.cache), chats: Chats(store, source), threads: 1, progress: progress)
    let outcome = run.outcome(of: resolved, requests.map { .trace($0) })
    if let fault = outcome.fault { throw fault }
    let problems = outcome.answers.flatMap { answer -> [Diagnostic] in
      if case .failure(let list) = answer { list.diagnostics } else { [] }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    let answered = zip(requests, outcome.answers).compactMap { request, answer in
      (try? answer.get().numbers.read())?.trace.map { (question: Question.trace(request), trace: $0) }
    }
    guard let check = run.lensCheck(of: resolved, answered) else {
      throw Diagnostic(
        place: lens.text, "the lens reads no layer below the last one: there is nothing to compare", category: .badInput
      )
    }
    return check
  }
}

extension Builder {
  /// Warnings about Jacobian lenses that are farther from the output than the logit lens, by the index of the model.
  func lensWarnings(
    _ models: [ResolvedModel?], plan: Plan, spec: ReportSpec, jobs: [DatasetJob],
    _ answers: [Result<ModelRun.Answer, Diagnostic>], settled: SettledCells, run: ModelRun
  ) -> [Int: String] {
    var warnings: [Int: String] = [:]
    for (index, model) in models.enumerated() {
      if let known = settled.recorded[index] {
        warnings[index] = known.warning
        continue
      }
      let cells = plan.cells(ofModel: index)
      // A model whose traces are all committed may be absent; its warning is committed with them.
      guard let model, let lens = model.lens, lens.kind == .jacobian, !model.isGiven,
        cells.contains(where: settled.needsRun)
      else { continue }
      let answered = cells.compactMap { cell -> (question: Question, trace: Trace)? in
        guard let trace = (try? answers[cell].get().numbers.read())?.trace else { return nil }
        return (spec.question(about: plan.cells[cell].subject, of: index, jobs), trace)
      }
      let asked = answered.isEmpty ? cells.filter { (try? answers[$0].get()) != nil } : []
      let datasets = asked.compactMap { cell -> DatasetJob? in
        if case .dataset(let index) = plan.cells[cell].subject { jobs[index] } else { nil }
      }
      let check = run.lensCheck(of: model, answered) ?? run.lensCheck(of: model, sampling: datasets)
      guard let warning = check?.warning else { continue }
      warnings[index] = "\(lens.url.lastPathComponent): \(warning)"
    }
    return warnings
  }
}
