import Traces
import Words

extension CheckSummary {
  /// Workflow commands of GitHub Actions: an error for each cause at the file that changed, and for each condition that does not hold.
  ///
  /// GitHub shows ten of a step.
  public var annotations: [String] {
    requirementAnnotations
      + results.flatMap { result in
        result.failures.map {
          Self.command(file: result.spec, title: "not made: \($0.model), \($0.prompt)", $0.message)
        }.uniqued.prefix(Self.mostAnnotations)
          + result.causes.prefix(Self.mostAnnotations).map { cause in
            let lines = (cause.affects.isEmpty ? [] : ["affects \(cause.affects)"]) + cause.notes
            return Self.command(
              file: cause.place, title: "strata check",
              ([cause.headline] + lines).joined(separator: "; "))
          }
      }
  }

  private static let mostAnnotations = 9

  /// An error for each condition and spec in which it does not hold.
  private var requirementAnnotations: [String] {
    requirements.flatMap { requirement in
      requirement.failures.map(\.spec).uniqued.map { spec in
        let found = requirement.failures.filter { $0.spec == spec }.map(\.found)
        let rest = found.count > 3 ? "; and \(found.count - 3) more" : ""
        return Self.command(
          file: spec, title: "does not hold: \(requirement.condition)", found.prefix(3).joined(separator: "; ") + rest)
      }
    }
  }

  private static func command(file: String, title: String, _ message: String) -> String {
    func data(_ text: String) -> String {
      VisibleText.inline(text).replacingScalars(["%": "%25"])
    }
    func property(_ text: String) -> String { data(text).replacingScalars([":": "%3A", ",": "%2C"]) }
    return "::error file=\(property(file)),title=\(property(title))::\(data(message))"
  }
}
