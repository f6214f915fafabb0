import Engine
import Files
import Foundation
import Spec
import Words

/// A build that has nothing to do, and the stamp by which a later build knows it.
extension Builder {
  /// The number of figures of a folder that matches its stamp; nil for a folder that does not.
  func standing(_ stamp: BuildStamp, _ stamps: BuildStamps, in folder: URL, threads: Int) -> Int? {
    switch stamp.look(in: folder, time: clock(), threads: threads) {
    case .changed: return nil
    case .read(let renewed): stamps.keep(renewed, of: folder)
    case .settled: break
    }
    return stamp.figures
  }

  /// Reports the progress of a build that finds everything in the cache and on the disk.
  func unchanged(
    _ spec: ReportSpec, plan: Plan, figures: Int, in folder: URL, progress: ProgressHandler?
  ) -> Outcome {
    var seen: [Int: Set<TraceRequest>] = [:]
    for cell in plan.cells {
      // Cells with the same question to a model are reported once.
      if let request = spec.request(for: cell.subject, of: cell.model),
        !seen[cell.model, default: []].insert(request).inserted
      {
        continue
      }
      progress?(.traced(model: spec.models[cell.model].name, prompt: spec.id(of: cell.subject), cached: true))
    }
    for figure in plan.figures { progress?(.drawn(figure: figure.id, cached: true)) }
    return Outcome(
      folder: folder.relativePath, figures: figures, drawn: 0, traced: 0, failures: [], pagesWritten: false,
      hasPage: spec.output.gallery, hasReport: spec.output.report)
  }

  /// Writes a stamp for a folder that holds all files of a record and of `others`, with the digests that these name.
  func mark(_ record: BuildRecord, others: [FileRecord], inputs: String, in folder: URL, threads: Int) {
    let known = record.figures.values.flatMap(\.files.values) + (record.pageFiles ?? [:]).values + others
    let stamp = BuildStamp(
      key: inputs, figures: record.figures.count,
      paths: [BuildRecord.ignorePath, BuildRecord.path] + record.files.sorted(),
      expected: Dictionary(known.map { ($0.path, $0.sha256) }) { $1 }, folder: folder, time: clock(),
      threads: threads)
    if let stamp { BuildStamps(store.cache).keep(stamp, of: folder) }
  }
}
