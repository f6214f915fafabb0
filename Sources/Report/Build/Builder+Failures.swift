import Files
import Foundation
import Spec
import Words

/// What a build says of cells without numbers.
extension Builder {
  /// Reports which cells failed.
  ///
  /// - Throws: `DiagnosticList` when all failed, because an empty gallery must not replace a good one.
  func report(
    _ answers: [Result<ModelRun.Answer, Diagnostic>], of plan: Plan, spec: ReportSpec, progress: ProgressHandler?
  ) throws {
    var failures: [(what: String, problem: Diagnostic)] = []
    for (cell, answer) in zip(plan.cells, answers) {
      guard case .failure(let problem) = answer else { continue }
      failures.append((spec.name(of: cell), problem.namingItsFile(besides: spec.models[cell.model].name)))
    }
    guard failures.count < answers.count else {
      throw DiagnosticList(
        failures.map { what, problem in
          var problem = problem
          if problem.isOfSpec { problem.message = "\(what): \(problem.message)" } else { problem.place = what }
          return problem
        })
    }
    for (what, problem) in failures {
      progress?(
        .failed(
          what: what,
          message: (problem.isOfSpec ? problem.place.map { "\($0): " } ?? "" : "") + problem.explanation))
    }
    let lacking = answers.indices.filter { (try? answers[$0].get())?.unwatched != nil }
    let shown = lacking.isEmpty ? [:] : plan.figuresOfWatched(spec)
    for index in lacking {
      guard var problem = (try? answers[index].get())?.unwatched else { continue }
      if case .prompt(let prompt) = plan.cells[index].subject {
        problem.message = "\(spec.prompts[prompt].place): \(problem.message)"
      }
      if let figures = shown[index] { problem.message += "; left out of \(Wording.enumeration(figures))" }
      progress?(.failed(what: spec.name(of: plan.cells[index]), message: problem.explanation))
    }
  }
}

extension ReportSpec {
  /// "model, subject", for messages.
  func name(of cell: Plan.Cell) -> String { "\(models[cell.model].name), \(id(of: cell.subject))" }
}

extension Diagnostic {
  /// The same at the entry of the spec whose path leads nowhere.
  func named(by model: ReportSpec.Model, base: URL) -> Diagnostic {
    guard case .path(let path) = model.reference, place == path,
      FileState(path: URL(fileURLWithPath: path, relativeTo: base).path) == nil
    else { return self }
    var problem = self
    (problem.place, problem.message) = (model.place, "\(path): \(message)")
    return problem
  }

  /// The same with the file of a model in its words, since the cell takes its place.
  fileprivate func namingItsFile(besides model: String) -> Diagnostic {
    guard let place, !isOfSpec, !isOfAbsence, place.hasSlash, place != model, !message.contains(place)
    else { return self }
    var problem = self
    problem.message = "\(place): \(message)"
    return problem
  }

  /// Whether its place is where a spec or its data ask for something, not a model.
  fileprivate var isOfSpec: Bool { isOfConversation || category == .badSpec && place != nil }
}
