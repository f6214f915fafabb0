import Words

extension CheckSummary {
  /// What became of each condition; empty without conditions.
  var requirementsTable: String {
    guard !requirements.isEmpty else { return "" }
    let failed = requirements.count { !$0.holds }
    let (noun, one) = (Wording.count(requirements.count, "condition"), requirements.count == 1)
    let verdict =
      failed == 0
      ? "\(noun) \(one ? "holds" : "hold")."
      : "**\(Wording.grouped(failed))** of \(noun) \(failed == 1 ? "does" : "do") not hold."
    var text = "## Conditions\n\n\(verdict)\n\n"
    text += "| condition | holds | where it does not |\n|---|---|---|\n"
    for requirement in requirements {
      let found = requirement.failures.map { place($0) }
      let shown = found.prefix(Self.mostPlaces).map(Self.cell).joined(separator: "<br>")
      let rest = found.count > Self.mostPlaces ? "<br>and \(found.count - Self.mostPlaces) more" : ""
      let holds = requirement.holds ? "yes (\(Wording.count(requirement.compared, "value")))" : "**no**"
      text += "| \(Self.cell(requirement.condition)) | \(holds) | \(shown)\(rest) |\n"
    }
    return text + "\n"
  }

  private static let mostPlaces = 20

  /// Where a condition does not hold, with the spec when there are several.
  private func place(_ failure: CheckRequirement.Failure) -> String {
    results.count > 1 ? "\(failure.spec): \(failure.found)" : failure.found
  }

  /// Conditions for people, a line for each and for each place where one does not hold.
  public var requirementLines: String {
    requirements.map { requirement in
      let condition = VisibleText.inline(requirement.condition)
      guard !requirement.holds else {
        return "holds: \(condition) (\(Wording.count(requirement.compared, "value")))\n"
      }
      return "does not hold: \(condition)\n"
        + requirement.failures.map { "  \(VisibleText.inline(place($0)))\n" }.joined()
    }.joined()
  }
}
