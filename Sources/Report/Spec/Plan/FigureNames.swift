import Engine
import Figures
import Words

/// A figure before its cells are known: what it shows, and the names of its files.
struct FigureDraft: Equatable {
  var subject: Subject
  /// Index in the spec's figures.
  var figure: Int
  /// Indices in the spec's models.
  var models: [Int]
  /// Shared by the figures of one subject that differ only in the model.
  var group: String
  /// Names the files.
  var id: String
  /// The author's label in LaTeX.
  var label: String?
}

// Names come from the entry alone, so that no other entry can change them: its id, or prompt and kind, then the model. Where two
// would be the same, the spec has a problem, and its author gives one of them an id.

extension ReportSpec {
  /// Every figure, in reading order: by subject, then by figure of the spec, then by model.
  var drafts: [FigureDraft] {
    let slugs = Slug.unique(models.map(\.name))
    // A model whose slug is taken by an earlier one keeps its number.
    let names = zip(models, slugs).map { model, slug in Slug.make(model.name) == slug ? model.name : slug }
    let shown = figures.map { Set($0.subjects) }
    let ofModels = figures.map { Set($0.models) }
    return subjects.flatMap { subject -> [FigureDraft] in
      let id = self.id(of: subject)
      return figures.indices.filter { shown[$0].contains(id) }.flatMap { index -> [FigureDraft] in
        let figure = figures[index]
        let own = models.indices.filter { ofModels[index].contains(models[$0].name) }
        guard !own.isEmpty else { return [] }
        let group = Slug.make(figure.id.map { figure.namesSubject ? $0 : "\($0)-\(id)" } ?? "\(id)-\(figure.kind)")
        func draft(_ models: [Int], id name: String) -> FigureDraft {
          FigureDraft(
            subject: subject, figure: index, models: models, group: group, id: name,
            label: figure.label?.filled { word in
              switch word {
              case .prompt: id
              case .model: models.map { slugs[$0] }.joined(separator: "-")
              case .finding, .caption, .layers: nil
              }
            })
        }
        if figure.together {
          return parts(of: own, in: figure).map { part in
            draft(part.models, id: part.run.map { Slug.make("\(group)-\($0)") } ?? group)
          }
        }
        return own.map { model in
          draft([model], id: figure.id != nil && figure.namesModel ? group : Slug.make("\(group)-\(names[model])"))
        }
      }
    }
  }

  /// The figures into which models that are shown together fall: one for each training run, where a kind has training steps as an axis,
  /// and one for all other models; the name of the run where there are several.
  private func parts(of own: [Int], in figure: Figure) -> [(models: [Int], run: String?)] {
    guard FigureKind.all.first(where: { $0.name == figure.kind })?.schema.showsSteps == true else {
      return [(own, nil)]
    }
    let runs = own.map { models[$0].step?.run }.uniqued
    guard runs.count > 1 else { return [(own, nil)] }
    return runs.map { run in (own.filter { models[$0].step?.run == run }, run) }
  }

  /// Figures whose files or labels would have the same names, each entry at most once for each.
  ///
  /// - Parameter broken: Places of figures that are left out, because their ids could not be read.
  func namingProblems(without broken: Set<String>) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    var told: Set<Int> = []
    var groups: [String: FigureDraft] = [:]
    var ids: [String: FigureDraft] = [:]
    var labels: [String: FigureDraft] = [:]
    for draft in drafts where !broken.contains(figures[draft.figure].place) {
      let figure = figures[draft.figure]
      let taken = [groups[draft.group], ids[draft.id]].lazy.compactMap(\.self).first {
        $0.figure != draft.figure || ($0.group == draft.group) != ($0.subject == draft.subject)
      }
      if let taken, told.insert(draft.figure).inserted { problems.append(sameNames(draft, taken)) }
      groups[draft.group] = groups[draft.group] ?? draft
      ids[draft.id] = ids[draft.id] ?? draft
      let label = draft.label ?? "fig:\(draft.id)"
      if let other = labels[label], draft.label != nil || other.label != nil, told.insert(draft.figure).inserted {
        let hint =
          other.figure == draft.figure
          ? "write {prompt} or {model} in the label, or choose one prompt and one model"
          : "give every figure its own label"
        problems.append(
          Diagnostic(
            place: figure.place, "label '\(label)' stands for several figures", hints: [hint], category: .badSpec))
      }
      labels[label] = labels[label] ?? draft
    }
    return problems
  }

  private func sameNames(_ draft: FigureDraft, _ other: FigureDraft) -> Diagnostic {
    let (figure, first) = (figures[draft.figure], figures[other.figure])
    guard figure.id == nil, first.id == nil, draft.subject == other.subject, figure.kind == first.kind else {
      return Diagnostic(
        place: figure.place, "files of this figure would be called '\(draft.id)' like those of \(first.place)",
        hints: ["give one of them another id"], category: .badSpec)
    }
    return Diagnostic(
      place: figure.place,
      "'\(id(of: draft.subject))' has a second figure of the kind \(figure.kind), first at \(first.place)",
      hints: ["give one of them an id, which names its files: id: \(suggestedID(figure, besides: first))"],
      category: .badSpec)
  }

  /// An id from what one figure has and the other has not.
  private func suggestedID(_ figure: Figure, besides other: Figure) -> String {
    let differing = figure.options.filter { other.options[$0.key] != $0.value }.sorted { $0.key < $1.key }
    guard !differing.isEmpty else { return Slug.make("\(figure.kind)-\(figure.layers != nil ? "layers" : "again")") }
    return Slug.make("\(figure.kind) " + differing.map { "\($0.key) \($0.value.spelled)" }.joined(separator: " "))
  }
}
