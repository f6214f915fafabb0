import Files
import Foundation
import Models
import Spec
import Traces
import Words

extension Builder {
  /// Tells of models whose files are here and are others than those of their committed traces.
  ///
  /// - Throws: `DiagnosticList` in a check, whose figures would be those of another model.
  func lookForChangedFiles(
    _ committed: CommittedTraces, _ frozen: [Int: Numbers], _ plan: Plan, _ spec: ReportSpec, base: URL,
    purpose: Purpose,
    progress: ProgressHandler?
  ) throws {
    var problems: [Diagnostic] = []
    for index in Set(frozen.keys.map { plan.cells[$0].model }).sorted() {
      let model = spec.models[index]
      guard let file = try committed.changedFile(of: model, base: base, store.digests) else { continue }
      problems.append(
        Diagnostic(
          place: model.name, "'\(VisibleText.inline(file))' is another file than when its committed traces were made",
          hints: ["put the file of before back, or write all traces anew with strata build --refresh"],
          category: .badInput)
      )
    }
    if purpose == .check, !problems.isEmpty { throw DiagnosticList(problems) }
    guard purpose == .gallery else { return }
    for problem in problems {
      progress?(.note("warning: \(problem.place ?? ""): \(problem.explanation)"))
    }
  }
}
