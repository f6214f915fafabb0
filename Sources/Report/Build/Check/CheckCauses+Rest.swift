import Foundation
import Spec
import Words

/// What is neither a number nor a figure: committed traces, files that only one folder has, the spec, pages.
extension CheckCauses {
  /// Committed traces that differ although the gallery's numbers do not.
  mutating func findTraces() {
    let prefix = "\(spec.name).traces/"
    let names = take(rest.filter { $0.hasPrefix(prefix) && differing[$0]?.presence != .first })
    guard let first = names.first else { return }
    let edited = names.filter { editedTraces.contains(String($0.dropFirst(prefix.count))) }
    guard !specChanged || !edited.isEmpty else {
      ofSpec.files += names
      ofSpec.notes.append("committed traces to write again: \(CheckCause.list(names))")
      return
    }
    let one = names.count == 1
    let headline =
      edited.count == names.count
      ? "\(Wording.count(names.count, "committed trace")) changed after the build that wrote \(one ? "it" : "them")"
      : "\(Wording.count(names.count, "file")) of the committed traces \(one ? "is" : "are") not what a build writes"
    causes.append(
      CheckCause(
        kind: .traces, headline: headline,
        notes: names.prefix(10).map { "\($0): \(differing[$0]?.lines.joined(separator: "; ") ?? "")" }, files: names,
        place: "\(tracesPath)/\(first.dropFirst(prefix.count))"))
  }

  /// Files that only one of both folders has.
  mutating func findLone() {
    for (kind, presence) in [(CheckCause.Kind.missing, DiffFinding.Presence.second), (.extra, .first)] {
      let names = take(rest.filter { differing[$0]?.presence == presence })
      guard let first = names.first else { continue }
      let noun = Wording.count(names.count, "file")
      let headline =
        kind == .missing
        ? "\(noun) \(names.count == 1 ? "is" : "are") missing from the gallery: "
        : "\(noun) that a build does not write: "
      causes.append(
        CheckCause(
          kind: kind, headline: headline + CheckCause.list(names),
          notes: kind == .extra
            ? [
              "a build keeps files of yours: remove \(names.count == 1 ? "it" : "them") or move \(names.count == 1 ? "it" : "them") elsewhere"
            ]
            : [],
          files: names,
          place: kind == .missing ? specPath : place(ofExtra: first)))
    }
  }

  /// The path of a file that a build does not write, in the gallery or beside the committed traces.
  private func place(ofExtra name: String) -> String {
    let prefix = "\(spec.name).traces/"
    return name.hasPrefix(prefix)
      ? "\(tracesPath)/\(name.dropFirst(prefix.count))" : "\(folders.gallery.relativePath)/\(name)"
  }

  mutating func addSpec() {
    var parts: [String] = []
    if !ofSpec.asked.isEmpty { parts.append("it asks something else (\(CheckCause.list(ofSpec.asked)))") }
    let figures = ofSpec.figures.uniqued
    for (ids, word) in [(ofSpec.added, "new"), (ofSpec.removed, "removed"), (figures, "changed")] where !ids.isEmpty {
      parts.append("\(Wording.count(ids.count, "figure")) \(word) (\(CheckCause.list(ids)))")
    }
    var cause = CheckCause(
      kind: .spec,
      headline: "the spec changed since the gallery was built"
        + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")),
      notes: ofSpec.notes + programNote, figures: figures, files: ofSpec.files.uniqued, place: specPath)
    cause.affects = figures.isEmpty ? "" : words(new.figures.filter { figures.contains($0.id) })
    causes.append(cause)
  }

  /// Pages follow from changed numbers, figures and specs, or else are a cause of their own.
  mutating func addPages() {
    let pages = take(rest)
    guard let first = pages.first else { return }
    let areas = pages.map(area).uniqued.joined(separator: ", ")
    let makers = causes.indices.filter {
      [.numbers, .spec, .drawn].contains(causes[$0].kind)
        && !(causes[$0].kind == .numbers && isEdited(causes[$0].files[0]))
    }
    for (number, index) in makers.enumerated() {
      causes[index].affects = [causes[index].affects, areas].filter { !$0.isEmpty }.joined(separator: ", ")
      if number == 0 { causes[index].files += pages }
    }
    guard makers.isEmpty else { return }
    let note = old?.tool == new.tool ? ["another template, other libraries, or a change by hand"] : programNote
    causes.append(
      CheckCause(
        kind: .pages, headline: "pages changed, but no number and no figure: \(CheckCause.list(pages))", notes: note,
        files: pages, place: "\(folders.gallery.relativePath)/\(first)"))
  }

  /// What a page belongs to: "gallery", "report".
  private func area(_ path: String) -> String {
    if path == "report.pdf" { return "report" }
    if path.hasPrefix("findings.") { return "findings" }
    if let latex = spec.output.latex, path.hasPrefix(latex + "/") { return "LaTeX folder" }
    let isGallery =
      ["index.html", "gallery.html", "manifest.json"].contains(path)
      || ["assets/", "prompts/", "strips/"].contains { path.hasPrefix($0) }
    return isGallery ? "gallery" : path
  }
}
