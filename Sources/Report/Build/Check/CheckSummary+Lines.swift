import Words

extension CheckSummary {
  /// The result for people: causes, findings that changed, what to commit, and a verdict on every gallery.
  ///
  /// - Parameter files: Whether to list the files of each cause.
  public func lines(files: Bool) -> String {
    requirementLines + results.map { lines($0, files: files) }.joined()
  }

  private func lines(_ result: CheckJob.Result, files: Bool) -> String {
    var lines: [String] = []
    let differing = Dictionary(result.differing.map { ($0.name, $0) }) { first, _ in first }
    for cause in files ? result.causes[...] : result.causes.prefix(Self.mostCauses) {
      lines.append(cause.headline)
      if !cause.affects.isEmpty { lines.append("  affects \(cause.affects)") }
      lines += cause.notes.map { "  \($0)" }
      guard files else { continue }
      for name in cause.files {
        lines.append("  \(name)")
        lines += (differing[name]?.lines ?? []).map { "    \($0)" }
      }
    }
    if !files, result.causes.count > Self.mostCauses {
      lines.append("and \(result.causes.count - Self.mostCauses) more")
    }
    for change in result.changedFindings.prefix(Self.mostFindings) {
      lines.append("finding of \(change.subject), \(change.model)")
      lines += ["  before: \(change.before ?? "none")", "  after: \(change.after ?? "none")"]
    }
    if result.changedFindings.count > Self.mostFindings {
      lines.append("and \(result.changedFindings.count - Self.mostFindings) more findings")
    }
    // A cell fails once for each of its figures.
    lines += result.failures.map { "not made: \($0.model), \($0.prompt): \($0.message)" }.uniqued
    lines += advice(result) ?? []
    if result.isCompared {
      lines.append("\(result.gallery): \(result.findings.count) compared, \(result.differing.count) differ")
    }
    return lines.map { VisibleText.inline($0) + "\n" }.joined()
  }

  /// How to bring a gallery up to date; nil where it is, or where a build cannot.
  func advice(_ result: CheckJob.Result) -> [String]? {
    guard result.isCompared, !result.isGood else { return nil }
    guard result.failures.isEmpty else { return ["nothing to commit as long as cells fail"] }
    let traces = result.traces.map { " and \($0)" } ?? ""
    guard let saved = result.saved, let folder else {
      let out = result.gallery.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      return [
        "to bring it up to date: strata build \(result.spec) --out \(out.isEmpty ? "." : out), then commit \(result.gallery)\(traces)"
      ]
    }
    var lines = [
      "to commit: \(Wording.count(saved.files.count, "file")) in \(folder), in the places where they belong"
    ]
    if !saved.removed.isEmpty { lines.append("to remove: \(CheckCause.list(saved.removed, most: 20))") }
    return lines
  }
}
