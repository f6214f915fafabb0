import Findings
import Spec
import Words

/// A condition on the findings of all specs of a check, and what became of it.
public struct CheckRequirement: Equatable, Sendable {
  /// As it was written.
  public var condition: String
  /// How many values were compared.
  public var compared: Int
  /// Where it does not hold.
  public var failures: [Failure]

  /// Whether it holds wherever it applies.
  public var holds: Bool { failures.isEmpty }

  /// A place where a condition does not hold.
  public struct Failure: Equatable, Sendable {
    /// Path of the spec.
    public var spec: String
    /// Prompt, model and what was found: "heathrow, Tiny: settled is 28".
    public var found: String
  }
}

extension CheckRequirement {
  /// What a condition looks at in one spec.
  struct Site {
    /// Path of the spec.
    var path: String
    /// What it plans to make.
    var plan: Plan
    /// The spec.
    var spec: ReportSpec
  }

  /// Refuses conditions whose names no spec has, before any model is opened.
  ///
  /// - Throws: `DiagnosticList` with the problems of all conditions.
  static func check(_ conditions: [FindingCondition], against sites: [Site]) throws {
    func ids(_ isDataset: Bool) -> [String] {
      sites.flatMap { site in
        site.plan.cells.filter { $0.subject.isDataset == isDataset }.map { site.spec.id(of: $0.subject) }
      }.uniqued
    }
    let (prompts, datasets) = (ids(false), ids(true))
    let models = sites.flatMap { site in site.plan.cells.map { site.spec.models[$0.model].name } }.uniqued
    var problems: [Diagnostic] = []
    for condition in conditions {
      do {
        try condition.checkNames(prompts: prompts, datasets: datasets, models: models)
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }

  /// What became of each condition; those that were written as one, joined by `and`, are one.
  ///
  /// - Throws: `Diagnostic` when no build has the field of a condition.
  static func all(_ conditions: [FindingCondition], sites: [Site], findings: [GalleryFindings], failed: [Bool]) throws
    -> [Self]
  {
    try conditions.map { try CheckRequirement($0, sites: sites, findings: findings, failed: failed) }.reduce(into: []) {
      all, next in
      guard let last = all.indices.last, all[last].condition == next.condition else { return all.append(next) }
      all[last].compared += next.compared
      all[last].failures += next.failures
    }
  }

  /// Compares a condition with the findings of builds, one for each site.
  ///
  /// A cell without numbers does not fulfil a condition that names it. Where a build has failures, a field may be missing
  /// because of them.
  /// - Throws: `Diagnostic` when no build has the field that it names.
  private init(
    _ condition: FindingCondition, sites: [Site], findings: [GalleryFindings], failed: [Bool]
  ) throws {
    self.init(condition: condition.text, compared: 0, failures: [])
    for (site, findings) in zip(sites, findings) {
      let outcome = condition.compare(findings)
      compared += outcome.compared
      failures += outcome.failures.map { Failure(spec: site.path, found: $0) }
      for cell in site.plan.cells {
        let (subject, model) = (site.spec.id(of: cell.subject), site.spec.models[cell.model].name)
        guard condition.names(subject: subject, isDataset: cell.subject.isDataset, model: model),
          !findings.rows.contains(where: { $0.subject == subject && $0.model == model })
        else { continue }
        failures.append(Failure(spec: site.path, found: "\(subject), \(model): there are no numbers"))
      }
    }
    if compared == 0, failures.isEmpty {
      failures = zip(sites, failed).filter(\.1).map {
        Failure(spec: $0.0.path, found: "nothing has \(condition.field), and something could not be made")
      }
    }
    guard compared > 0 || !failures.isEmpty else { throw condition.nothing(among: findings.flatMap(\.rows)) }
  }
}
