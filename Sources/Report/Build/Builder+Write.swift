import Engine
import Files
import Foundation
import Gallery
import Models
import Plot
import Spec
import Threads
import Traces
import Words

/// What a build writes, once the numbers are there: traces, figures, pages, and the record of all of them.
extension Builder {
  func write(
    _ job: Job, results: [Result<Trace, Diagnostic>], summaries: [Result<DatasetSummary, Diagnostic>], to folder: URL,
    progress: ProgressHandler?
  ) throws -> Made {
    let (spec, plan, threads) = (job.spec, job.plan, job.options.threads)
    let earlier = BuildRecord.read(in: folder)
    let files = try Parallel.tryMap(plan.cells.count, threads: threads) {
      index throws -> Result<WrittenTrace, Diagnostic> in
      switch results[index] {
      case .failure(let problem): .failure(problem)
      case .success(let trace): .success(try write(trace, to: plan.cells[index].file, in: folder))
      }
    }
    let written = try zip(plan.datasetCells, summaries).map {
      cell, result throws -> Result<WrittenSummary, Diagnostic> in
      switch result {
      case .failure(let problem): .failure(problem)
      case .success(let summary): .success(try write(summary, to: cell.file, in: folder))
      }
    }
    let stage = FigureStage(
      plan: plan, spec: spec, source: figures, folder: folder, threads: threads, progress: progress)
    var drawn = try stage.run(files, earlier: earlier)
    try stage.run(written, earlier: earlier, into: &drawn)
    let manifest = self.manifest(
      spec, plan: plan, models: job.models, results: results, summaries: written, drawn: drawn, remarks: job.remarks)

    var record = BuildRecord()
    record.figures = drawn.record
    record.traces = traceReasons(job)
    record.files = Set(plan.cells.indices.filter { (try? files[$0].get()) != nil }.map { plan.cells[$0].file })
    record.files.formUnion(written.compactMap { try? $0.get() }.flatMap { [$0.json.path, $0.csv.path] })
    record.files.formUnion(drawn.record.values.flatMap { $0.files.values.map(\.path) })
    if job.options.explain { explain(job, record, earlier: earlier, drawn: drawn, progress: progress) }
    let pages = PageStage(spec: spec, folder: folder, base: job.base)
    let pagesWritten = try pages.write(manifest, drawn, earlier: earlier, into: &record)
    if job.options.only == nil {
      removeStale(earlier.files.subtracting(record.files), in: folder)
    } else {
      record.files.formUnion(earlier.files)
      record.figures.merge(earlier.figures) { now, _ in now }
      record.traces?.merge(earlier.traces ?? [:]) { now, _ in now }
    }
    try record.write(in: folder)
    let others =
      files.compactMap { try? $0.get().file } + written.compactMap { try? $0.get() }.flatMap { [$0.json, $0.csv] }
    return Made(drawn: drawn, record: record, others: others, pagesWritten: pagesWritten)
  }

  /// What every trace depends on.
  private func traceReasons(_ job: Job) -> [String: BuildReasons] {
    var reasons: [String: BuildReasons] = [:]
    for cell in job.plan.cells {
      let model = job.models[cell.model]
      var parts = [
        "the program": StrataVersion.program, "the model's files": model?.sha256 ?? "",
        "the tuned lens": model?.tunedLens?.sha256 ?? "", "what is asked": ContentKey.of(cell.request),
      ]
      if let options = model?.options, !options.isPlain { parts["the model's options"] = ContentKey.of(options) }
      if let adapter = model?.adapter { parts["the adapter"] = adapter.sha256 }
      reasons[cell.file] = BuildReasons(parts)
    }
    return reasons
  }

  /// Tells why each cell was run and each figure drawn.
  private func explain(
    _ job: Job, _ record: BuildRecord, earlier: BuildRecord, drawn: FigureStage.Outcome, progress: ProgressHandler?
  ) {
    for cell in job.plan.cells {
      let name = "\(job.spec.models[cell.model].name), \(job.spec.prompts[cell.prompt].id)"
      guard job.ran.contains(name) else { continue }
      let why = record.traces?[cell.file]?.sinceThen(
        earlier.traces?[cell.file], otherwise: "its trace is no longer in the cache")
      progress?(.reason(what: name, why: why ?? "new"))
    }
    for figure in drawn.figures where drawn.isNew.contains(figure.id) {
      let why = record.figures[figure.id]?.reasons?.sinceThen(
        earlier.figures[figure.id]?.reasons, otherwise: "one of its files is missing or was altered")
      progress?(.reason(what: figure.id, why: why ?? "new"))
    }
  }

  private func write(_ trace: Trace, to path: String, in folder: URL) throws -> WrittenTrace {
    WrittenTrace(trace: trace, file: try write(try trace.jsonData(), to: path, in: folder))
  }

  private func write(_ summary: DatasetSummary, to path: String, in folder: URL) throws -> WrittenSummary {
    WrittenSummary(
      summary: summary, json: try write(try summary.jsonData(), to: path + ".json", in: folder),
      csv: try write(Data(summary.csv().utf8), to: path + ".csv", in: folder))
  }

  /// Writes a file unless it is there with these bytes.
  private func write(_ data: Data, to path: String, in folder: URL) throws -> FileRecord {
    let url = folder.appending(path: path)
    if (try? Data(contentsOf: url)) != data { try AtomicFile.write(data, to: url) }
    return FileRecord(path: path, bytes: data.count, sha256: SHA256.hex(of: data))
  }

  private func manifest(
    _ spec: ReportSpec, plan: Plan, models: [ResolvedModel?], results: [Result<Trace, Diagnostic>],
    summaries: [Result<WrittenSummary, Diagnostic>], drawn: FigureStage.Outcome, remarks: [String]
  ) -> GalleryManifest {
    let described = models.enumerated().compactMap { index, model -> GalleryManifest.Model? in
      let traces = plan.cells.indices.filter { plan.cells[$0].model == index }.compactMap { try? results[$0].get() }
      let summed = zip(plan.datasetCells, summaries).first { $0.0.model == index && (try? $0.1.get()) != nil }
      guard let model, let trace = traces.first?.model ?? (try? summed?.1.get())?.summary.model else { return nil }
      return GalleryManifest.Model(
        name: model.name, reference: model.reference, architecture: trace.architecture, layers: trace.layers,
        width: trace.width, vocabulary: trace.vocabulary, weights: trace.weights, license: model.license,
        source: model.source, sha256: model.sha256,
        files: model.files + (model.tunedLens?.files ?? []) + (model.adapter?.files ?? []),
        acceptedSettings: trace.acceptedSettings, bos: trace.bos, adapter: trace.adapter)
    }
    let shown = Set(plan.cells.map(\.prompt))
    return GalleryManifest(
      schema: GalleryManifest.schemaName, title: spec.title, tool: StrataVersion.tool, specSHA256: spec.sha256,
      models: described,
      prompts: spec.prompts.indices.filter(shown.contains).map { index in
        let prompt = spec.prompts[index]
        let readings = plan.cells.indices.filter { plan.cells[$0].prompt == index }.compactMap { cell in
          (try? results[cell].get()).map { $0.reading(by: spec.models[plan.cells[cell].model].name) }
        }
        return GalleryManifest.Prompt(
          id: prompt.id, text: prompt.text, method: prompt.method, watch: prompt.watch, tags: prompt.tags,
          readings: readings)
      },
      datasets: spec.datasets.enumerated().compactMap { index, dataset in
        guard plan.datasetCells.contains(where: { $0.dataset == index }) else { return nil }
        let own = zip(plan.datasetCells, summaries).filter { $0.0.dataset == index }.compactMap { cell, result in
          (try? result.get()).map { (model: spec.models[cell.model].name, written: $0) }
        }
        return GalleryManifest.Dataset(dataset, own)
      },
      figures: drawn.figures, failures: drawn.failures,
      warnings: remarks + Set(results.compactMap { (try? $0.get())?.repeatedBOS }).sorted())
  }

  /// Removes files that an earlier build wrote and this one does not need, and folders that this leaves empty.
  private func removeStale(_ paths: Set<String>, in folder: URL) {
    for path in paths.sorted() where !path.split(separator: "/").contains("..") && !path.hasPrefix("/") {
      unlink(folder.appending(path: path).path)
    }
    for name in ["figures", "traces", "datasets", "assets", "prompts"] { rmdir(folder.appending(path: name).path) }
  }
}
