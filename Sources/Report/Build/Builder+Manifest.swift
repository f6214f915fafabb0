import Figures
import Findings
import Foundation
import Gallery
import Models
import Spec
import Traces
import Words

/// The manifest of a build: all that pages show.
extension Builder {
  /// - Parameter results: In the order of the plan's cells.
  func manifest(
    _ job: Job, _ results: [Result<WrittenNumbers, Diagnostic>], drawn: FigureStage.Outcome, notes: [String]
  ) throws -> GalleryManifest {
    let (spec, plan) = (job.spec, job.plan)
    /// Those there are, with the cells that they are of.
    let known = zip(plan.cells, results).compactMap { cell, result in
      (try? result.get()).map { (cell: cell, written: $0) }
    }
    let models = try job.models.enumerated().compactMap { index, model -> GalleryManifest.Model? in
      guard let model, let first = known.first(where: { $0.cell.model == index }) else { return nil }
      var described = GalleryManifest.Model(model, try first.written.numbers.read().model)
      described.step = spec.models[index].step
      return described
    }
    var prompts: [GalleryManifest.Prompt] = []
    var datasets: [GalleryManifest.Dataset] = []
    let shown = Set(plan.cells.map(\.subject))
    let bySubject = Dictionary(grouping: known, by: \.cell.subject)
    for subject in spec.subjects where shown.contains(subject) {
      let own = (bySubject[subject] ?? []).map { (model: spec.models[$0.cell.model].name, written: $0.written) }
      switch subject {
      case .prompt(let index): prompts.append(try GalleryManifest.Prompt(spec.prompts[index], own))
      case .dataset(let index): datasets.append(try GalleryManifest.Dataset(spec.datasets[index], own))
      }
    }
    return GalleryManifest(
      schema: GalleryManifest.schemaName, title: spec.title, head: GalleryManifest.Head(spec.head),
      tool: StrataVersion.tool, specSHA256: spec.sha256,
      models: models, prompts: prompts, datasets: datasets, figures: drawn.figures, failures: drawn.failures,
      warnings: job.remarks + notes)
  }

  /// What users should know about prompts and watched words, and about models that are one.
  func notes(_ job: Job, _ results: [Result<WrittenNumbers, Diagnostic>]) throws -> [String] {
    let words = TokenWords(store.cache, numbers)
    var notes = PromptNotes()
    var weights = SameWeights(job.spec)
    for (cell, result) in zip(job.plan.cells, results) {
      guard let numbers = try (try? result.get())?.numbers.read() else { continue }
      weights.add(numbers, of: cell.model)
      guard let trace = numbers.trace else { continue }
      notes.add(trace) { word, trace in
        let index = job.spec.models.firstIndex { $0.name == trace.model.name }
        if let known = index.flatMap({ job.words[$0] }) { return known[word] ?? false }
        return words.isToken(word, of: index.flatMap { job.models[$0] })
      }
    }
    return weights.notes + notes.all
  }
}

extension Builder {
  /// The figures of words, as indices in the spec's, that show each cell, in the order of the plan.
  private func figuresOfWords(_ job: Job) -> [Int: [Int]] {
    var figures: [Int: [Int]] = [:]
    for figure in job.plan.figures where job.spec.figures[figure.figure].kind == FigureKind.vocabulary.name {
      for cell in figure.cells { figures[cell, default: []].append(figure.figure) }
    }
    return figures
  }

  /// What the numbers of a plan's cells show, in the order of the spec's subjects, then of its models.
  func findings(_ job: Job, _ results: [Result<WrittenNumbers, Diagnostic>]) throws -> GalleryFindings {
    let known = zip(job.plan.cells, results).enumerated().compactMap { index, found in
      (try? found.1.get()).map { (index: index, cell: found.0, numbers: $0.numbers) }
    }
    let bySubject = Dictionary(grouping: known, by: \.cell.subject)
    let figures = figuresOfWords(job)
    return try GalleryFindings(
      reading: job.spec.subjects.flatMap { subject in
        (bySubject[subject] ?? []).sorted { $0.cell.model < $1.cell.model }.map { index, cell, numbers in
          var source = GalleryFindings.Source(
            subject: job.spec.id(of: subject), model: job.spec.models[cell.model].name, read: numbers.read)
          if let figures = figures[index] {
            // What the first of them counts.
            source.countsWords = { trace in
              figures.lazy.compactMap { FigureKind.vocabularyFindings(trace, job.spec.figures[$0].options) }.first
            }
          }
          source.step = job.spec.models[cell.model].step
          return source
        }
      },
      titles: Dictionary(job.spec.prompts.compactMap { prompt in prompt.title.map { (prompt.id, $0) } }) { $1 })
  }
}

extension GalleryManifest.Model {
  /// A model as resolved and as its numbers describe it.
  fileprivate init(_ model: ResolvedModel, _ described: Trace.Model) {
    self.init(
      name: model.name, reference: model.reference, architecture: described.architecture, layers: described.layers,
      width: described.width, vocabulary: described.vocabulary, weights: described.weights, license: model.license,
      source: model.source, sha256: model.sha256,
      files: model.files + (model.lens?.files ?? []) + (model.adapter?.files ?? []),
      acceptedSettings: described.acceptedSettings, bos: described.bos, adapter: described.adapter)
    padding = described.padding
    ranElsewhere = model.isGiven ? true : nil
  }
}

extension GalleryManifest.Prompt {
  /// A prompt as each model with a trace of it reads it.
  fileprivate init(_ prompt: ReportSpec.Prompt, _ written: [(model: String, written: WrittenNumbers)]) throws {
    try self.init(
      id: prompt.id, title: prompt.title, text: prompt.text, method: prompt.method, watch: prompt.watch,
      tags: prompt.tags,
      readings: written.compactMap { model, written in try written.numbers.read().trace?.reading(by: model) },
      note: prompt.note,
      decoder: prompt.decoder)
  }
}

extension GalleryManifest.Head {
  /// The author's words of a spec; nil for none.
  fileprivate init?(_ head: ReportSpec.Head) {
    guard head != ReportSpec.Head() else { return nil }
    self.init(
      subtitle: head.subtitle,
      authors: head.authors.map {
        GalleryManifest.Author(name: $0.name, affiliation: $0.affiliation, email: $0.email, orcid: $0.orcid)
      }, date: head.date, intro: head.intro, conclusion: head.conclusion)
  }
}

extension GalleryManifest.Dataset {
  /// A dataset with the numbers of every model that could run.
  fileprivate init(_ dataset: ReportSpec.Dataset, _ written: [(model: String, written: WrittenNumbers)]) throws {
    let summaries = try written.compactMap { model, written in
      try written.numbers.read().summary.map { (model: model, summary: $0) }
    }
    self.init(
      id: dataset.id, file: URL(fileURLWithPath: dataset.file).lastPathComponent,
      items: summaries.first?.summary.dataset.items ?? 0,
      heads: summaries.first.map { DatasetTable($0.summary).heads } ?? [],
      rows: summaries.flatMap { model, summary in
        let table = DatasetTable(summary)
        return table.summary.groups.map {
          Row(
            model: model, group: DatasetTable.name($0), items: $0.items, cells: table.cells($0, summary.rows.count - 1))
        }
      },
      results: written.compactMap { model, written in
        written.csv.map { Results(model: model, json: written.json, csv: $0, words: written.words) }
      }, item: dataset.form.map { DatasetWording($0, hasFoils: true).item })
  }
}
