import Engine
import Figures
import Files
import Findings
import Foundation
import Gallery
import Models
import Plot
import Spec
import Threads
import Traces
import Words

/// What a build writes after it has the numbers: traces, figures, pages, and the record of all of them.
extension Builder {
  func write(
    _ job: Job, answers: [Result<ModelRun.Answer, Diagnostic>], to folder: URL, progress: ProgressHandler?
  ) throws -> Made {
    let (spec, plan, threads) = (job.spec, job.plan, job.options.threads)
    let earlier = BuildRecord.read(in: folder, known: job.knownRecord)
    let results = try Parallel.tryMap(plan.cells.count, threads: threads) {
      index throws -> Result<WrittenNumbers, Diagnostic> in
      switch answers[index] {
      case .failure(let problem): .failure(problem)
      case .success(let answer):
        .success(try write(answer.numbers, to: plan.cells[index].file, in: folder, unwatched: answer.unwatched))
      }
    }
    let written = results.compactMap { try? $0.get() }
    let stage = FigureStage(
      plan: plan, spec: spec, source: figures, folder: folder, threads: threads, progress: progress)
    let drawn = try stage.run(.init(numbers: results, earlier: earlier))
    let notes = try notes(job, results)
    let manifest = try self.manifest(job, results, drawn: drawn, notes: notes)
    let findings = try findings(job, results)
    for note in notes { progress?(.note("note: \(note)")) }

    var record = BuildRecord()
    record.figures = drawn.record
    record.traces = traceReasons(job)
    record.files = Set(written.flatMap(\.files).map(\.path))
    record.files.formUnion(drawn.record.values.flatMap { $0.files.values.map(\.path) })
    if job.options.explain { explain(job, answers, record, earlier: earlier, drawn: drawn, progress: progress) }
    let pages = try PageStage(spec: spec, folder: folder, base: job.base)
      .run(
        .init(
          manifest: manifest, findings: findings, drawn: drawn, earlier: earlier,
          front: try GalleryFront(job.spec, job.plan, results), numbers: written.map(\.json.sha256)))
    record.pages = pages.key
    record.pageFiles = pages.files
    record.files.formUnion(pages.files.keys)
    if job.options.only == nil {
      try removeStale(earlier.files.subtracting(record.files), in: folder)
    } else {
      record.files.formUnion(earlier.files)
      record.figures.merge(earlier.figures) { now, _ in now }
      record.traces?.merge(earlier.traces ?? [:]) { now, _ in now }
    }
    let digest = try record.write(in: folder)
    return Made(
      drawn: drawn, findings: findings, record: record, recordDigest: digest, others: written.flatMap(\.files),
      pagesWritten: pages.isNew)
  }

  /// What the numbers of every cell depend on.
  private func traceReasons(_ job: Job) -> [String: BuildReasons] {
    var reasons: [String: BuildReasons] = [:]
    for cell in job.plan.cells {
      let model = job.models[cell.model]
      var parts = [
        "the program": StrataVersion.program, "the model's files": model?.sha256 ?? "",
        model?.lens?.noun ?? "the tuned lens": model?.lens?.sha256 ?? "",
        "what is asked": job.spec.question(about: cell.subject, of: cell.model, job.jobs).digest,
      ]
      if let options = model?.options, !options.isPlain { parts["the model's options"] = ContentKey.of(options) }
      if let adapter = model?.adapter { parts["the adapter"] = adapter.sha256 }
      reasons[cell.file] = BuildReasons(parts)
    }
    return reasons
  }

  /// Reports why each cell was run and each figure drawn.
  private func explain(
    _ job: Job, _ answers: [Result<ModelRun.Answer, Diagnostic>], _ record: BuildRecord, earlier: BuildRecord,
    drawn: FigureStage.Outcome, progress: ProgressHandler?
  ) {
    for (cell, answer) in zip(job.plan.cells, answers) {
      guard let answer = try? answer.get(), answer.isNew else { continue }
      let what = cell.subject.isDataset ? "summary" : "trace"
      let why = record.traces?[cell.file]?.sinceThen(
        earlier.traces?[cell.file], otherwise: "its \(what) is no longer in the cache")
      progress?(.reason(what: job.spec.name(of: cell), why: why ?? "new"))
    }
    for figure in drawn.figures where drawn.isNew.contains(figure.id) {
      let why = record.figures[figure.id]?.reasons?.sinceThen(
        earlier.figures[figure.id]?.reasons, otherwise: "one of its files is missing or was altered")
      progress?(.reason(what: figure.id, why: why ?? "new"))
    }
  }

  /// Writes numbers as JSON, those of a dataset also as a table.
  private func write(
    _ cell: CellNumbers, to path: String, in folder: URL, unwatched: Diagnostic?
  ) throws -> WrittenNumbers {
    let numbers = try cell.read()
    return WrittenNumbers(
      numbers: cell, json: try write(try numbers.jsonData(), to: path, in: folder),
      csv: try numbers.summary.map {
        try write(Data($0.csv().utf8), to: path.dropLast(".json".count) + ".csv", in: folder)
      },
      words: try numbers.summary?.wordsCSV().map {
        try write(Data($0.utf8), to: path.dropLast(".json".count) + "-words.csv", in: folder)
      }, unwatched: unwatched)
  }

  /// Writes a file unless it already has these bytes.
  private func write(_ data: Data, to path: String, in folder: URL) throws -> FileRecord {
    let url = try OwnFolder(folder).place(path)
    if OwnFolder(folder).bytes(path) != data { try AtomicFile.replace(url, with: data, durable: .later) }
    return FileRecord(path: path, bytes: data.count, sha256: SHA256.hex(of: data))
  }

  /// Removes files that an earlier build wrote and this one does not need, and folders that this leaves empty.
  ///
  /// - Throws: `Diagnostic` for one that cannot be removed: the gallery would show it for ever.
  private func removeStale(_ paths: Set<String>, in folder: URL) throws(Diagnostic) {
    for path in paths.sorted() { try OwnFolder(folder).remove(path) }
    let parents = paths.map(\.pathNames).filter { $0.count > 1 }.map { String($0[0]) }
    for name in Set(BuildRecord.folders + parents).sorted() where Slug.isSlug(name) {
      FileCalls.removeFolder(folder.appending(path: name).path)
    }
  }
}
