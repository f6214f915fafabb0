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
      lines.append("finding of \(change.whose)")
      if change.isSentence { lines += ["  before: \(change.before ?? "none")", "  after: \(change.after ?? "none")"] }
      lines += change.values.prefix(Self.mostValues).map { "  \($0.what): \($0.before) → \($0.after)" }
      if change.values.count > Self.mostValues {
        lines.append("  and \(change.values.count - Self.mostValues) more values")
      }
    }
    if result.changedFindings.count > Self.mostFindings {
      lines.append("and \(result.changedFindings.count - Self.mostFindings) more findings")
    }
    // A cell fails once for each of its figures.
    lines += result.failures.map { "not made: \($0.model), \($0.prompt): \($0.message)" }.uniqued
    lines += advice(result) ?? []
    lines += unjudged(result).map { [$0] } ?? []
    if result.isCompared {
      lines.append("\(result.gallery): \(result.findings.count) compared, \(result.differing.count) differ")
    }
    return lines.map { VisibleText.inline($0) + "\n" }.joined()
  }

  /// The files that nothing is said of; nil where there are none.
  func unjudged(_ result: CheckJob.Result) -> String? {
    let names = result.unjudged.map(\.name)
    guard !names.isEmpty else { return nil }
    return "not compared, because their bytes differ and a tolerance does not apply to them: \(CheckCause.list(names))"
  }

  /// How to bring a gallery up to date; nil where it is, or where a build cannot.
  func advice(_ result: CheckJob.Result) -> [String]? {
    guard result.isCompared, !result.isGood else { return nil }
    let path = result.gallery.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let build = "strata build \(ShellWord.path(result.spec)) --out \(ShellWord.path(path.isEmpty ? "." : path))"
    if let traces = result.traces, !result.edited.isEmpty {
      // A build refuses these: it would pass the edit on to every figure.
      let names = CheckCause.list(result.edited.map { "\(traces)/\($0)" })
      return [
        "nothing to commit yet: restore \(names) from version control, or run \(build) --refresh, "
          + "which writes all traces anew"
      ]
    }
    guard result.failures.isEmpty else { return ["nothing to commit as long as cells fail"] }
    // A build keeps them, so building again changes nothing.
    let extra = result.causes.filter { $0.kind == .extra }.flatMap(\.files)
    if !extra.isEmpty, result.causes.allSatisfy({ $0.kind == .extra }) {
      return ["nothing to build: remove or move \(CheckCause.list(extra))"]
    }
    guard let saved = result.saved, let folder else {
      let after = extra.isEmpty ? "" : "remove or move \(CheckCause.list(extra)), "
      return ["to bring it up to date: \(build), \(after)then commit \(Wording.enumeration(folders(of: result)))"]
    }
    var lines = [
      "to commit: \(Wording.count(saved.files.count, "file")) in \(folder), in the places where they belong"
    ]
    if !saved.removed.isEmpty { lines.append("to remove: \(CheckCause.list(saved.removed, most: 20))") }
    return lines
  }

  /// The folders whose files differ: the gallery, and that of the committed traces.
  private func folders(of result: CheckJob.Result) -> [String] {
    guard let traces = result.traces, let name = traces.split(separator: "/").last else { return [result.gallery] }
    let kept = result.differing.count { $0.name.hasPrefix(name + "/") }
    return (kept < result.differing.count ? [result.gallery] : []) + (kept > 0 ? [traces] : [])
  }
}
