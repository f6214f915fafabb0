import Engine
import Files
import Foundation
import Models
import Spec
import Traces
import Words

/// Everything that a plan asks of one model, in the order in which shards divide it: prompts, then the items of datasets.
struct ShardUnits {
  /// One cell of a shard.
  enum Unit: Hashable {
    /// A text on which a Jacobian lens is compared with the logit lens, for a model without prompts.
    case sample(TraceRequest)
    /// Index in the spec's prompts.
    case prompt(Int)
    /// Indices in the spec's datasets and in the items of one.
    case item(dataset: Int, index: Int)

    /// The prompt or the dataset that it is part of; nil for a text of the lens check.
    var subject: Subject? {
      switch self {
      case .sample: nil
      case .prompt(let index): .prompt(index)
      case .item(let dataset, _): .dataset(dataset)
      }
    }

    /// Whether it is an item of a dataset.
    var isItem: Bool { if case .item = self { true } else { false } }
  }

  let spec: ReportSpec
  let jobs: [DatasetJob]
  /// Index of the model in the spec.
  let model: Int
  let units: [Unit]

  init(_ plan: Plan, _ spec: ReportSpec, _ jobs: [DatasetJob], model: Int) {
    (self.spec, self.jobs, self.model) = (spec, jobs, model)
    let subjects = plan.cells(ofModel: model).map { plan.cells[$0].subject }
    var units = subjects.flatMap { subject -> [Unit] in
      switch subject {
      case .prompt(let index): [.prompt(index)]
      case .dataset(let index): jobs[index].request.items.indices.map { .item(dataset: index, index: $0) }
      }
    }
    if spec.models[model].lens?.kind == .jacobian, subjects.allSatisfy(\.isDataset) {
      let datasets = subjects.compactMap { if case .dataset(let index) = $0 { jobs[index] } else { nil } }
      units = ModelRun.lensSample(of: datasets).map { .sample($0) } + units
    }
    self.units = units
  }

  /// What is asked; that of an item is a dataset of one.
  func question(of unit: Unit) -> Question {
    switch unit {
    case .sample(let request): .trace(request)
    case .prompt(let index): .trace(spec.request(forPrompt: index, of: model))
    case .item(let dataset, let index): .summary(jobs[dataset].part([index]))
    }
  }

  /// The digest of the model and of what is asked, the same on every machine and in every build of the program.
  ///
  /// Groups and settings of the bootstrap are no part of it, since numbers of items do not depend on them.
  func key(of unit: Unit, _ model: ResolvedModel) -> String {
    guard case .summary(var job) = question(of: unit) else {
      return NumbersCache.key(model, question(of: unit), program: nil)
    }
    job.request.bootstrap = Bootstrap()
    job.request.groupColumns = []
    job.request.keepsItems = nil
    for index in job.request.items.indices { job.request.items[index].groups = [] }
    return NumbersCache.key(model, .summary(job), program: nil)
  }

  /// What a cell has otherwise than the unit whose key it carries; nil where they agree.
  func fault(of cell: ShardCell, for unit: Unit, _ model: ResolvedModel) -> String? {
    func other(_ found: String, _ sha256: String) -> String? {
      sha256 == model.sha256 ? nil : "\(found) of the model with sha256 \(sha256.prefix(12))…"
    }
    switch question(of: unit) {
    case .trace(let request):
      guard let trace = cell.trace else { return nil }
      if let fault = other("a trace", trace.model.sha256) { return fault }
      if case .sample = unit { return nil }
      if request.chat == nil, ExactText(trace.prompt) != ExactText(request.prompt) {
        return "a trace of the text '\(VisibleText.excerpt(of: trace.prompt, count: 60))'"
      }
      if let fault = GivenAnswer(trace, to: request).faults.first { return fault }
      return TraceCheck.diagnostic(of: trace, at: "", hints: [])?.message
    case .summary(let job):
      guard let numbers = cell.numbers, let item = job.request.items.first else { return nil }
      if let fault = other("an item", numbers.model.sha256) { return fault }
      let isSame =
        ExactText(numbers.prompt) == ExactText(item.prompt) && ExactText(numbers.target) == ExactText(item.target)
        && numbers.foil.map(ExactText.init) == item.foil.map(ExactText.init)
        && (numbers.source == nil || numbers.source.map(ExactText.init) == item.source.map(ExactText.init))
      return isSame ? nil : "an item of the text '\(VisibleText.excerpt(of: numbers.prompt, count: 60))'"
    }
  }

  /// A cell without an answer.
  func cell(of unit: Unit, key: String) -> ShardCell {
    switch unit {
    case .sample: ShardCell(key: key, subject: nil)
    case .prompt(let index): ShardCell(key: key, subject: spec.prompts[index].id)
    case .item(let dataset, let index):
      ShardCell(
        key: key, subject: spec.datasets[dataset].id, item: index, groups: jobs[dataset].request.items[index].groups)
    }
  }

  /// "heathrow", "item 12 of pairs", for messages.
  func name(of unit: Unit) -> String {
    switch unit {
    case .sample: "a text of the lens check"
    case .prompt(let index): spec.prompts[index].id
    case .item(let dataset, let index): "\(spec.datasets[dataset].id), line \(jobs[dataset].request.items[index].line)"
    }
  }
}

extension DatasetJob {
  /// The same about some of the items.
  func part(_ indices: [Int]) -> DatasetJob {
    var part = self
    part.request.items = indices.map { request.items[$0] }
    return part
  }
}
