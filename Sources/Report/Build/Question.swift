import Engine
import Files
import Figures
import Foundation
import Spec
import Words

/// What to compute with a model for one subject.
public enum Question: Sendable {
  /// About a prompt.
  case trace(TraceRequest)
  /// About a dataset, whose file has been read.
  case summary(DatasetJob)

  /// The part of a `BuildReasons` that it is.
  var digest: String {
    switch self {
    case .trace(let request): ContentKey.of(request)
    case .summary(let job): ContentKey.of(job.request)
    }
  }
}

/// A dataset read from its file, before any model runs.
public struct DatasetJob: Sendable {
  /// The file as the user wrote it, for messages.
  public var file: String
  /// What to compute.
  public var request: DatasetRequest

  /// A job.
  public init(file: String, request: DatasetRequest) {
    self.file = file
    self.request = request
  }

  /// Items that a model cannot run, each at its line of the file.
  func diagnostics(_ faults: [DatasetError.Fault]) -> DiagnosticList {
    DiagnosticList(
      faults.map {
        Diagnostic(place: "\(file):\($0.line)", $0.message, hints: $0.hints, category: .badSpec)
      })
  }

  /// Reads the files of a spec's datasets, relative to its folder.
  ///
  /// - Throws: `DiagnosticList` with all of their problems, before any model is opened.
  static func all(_ spec: ReportSpec, base: URL) throws -> [DatasetJob] {
    var problems: [Diagnostic] = []
    var jobs: [DatasetJob] = []
    let folder = InputFolder(base)
    for dataset in spec.datasets {
      do {
        let data: Data
        switch folder.read(dataset.file, most: DatasetReader.largestSize) {
        case .bytes(let bytes): data = bytes
        case .tooLarge(let count):
          throw Diagnostic(
            place: dataset.file,
            "expected a file of at most \(DatasetReader.largestSize >> 20) MiB, found \(count) bytes",
            hints: ["split it into several datasets"], category: .badSpec)
        case .unreadable(let reason): throw Diagnostic.unreadable(dataset.file, reason, place: dataset.filePlace)
        case .outside: throw Diagnostic.outside(dataset.file, place: dataset.filePlace)
        }
        let items =
          try dataset.passage.map { try DatasetReader.passages(data, name: dataset.file, most: $0) }
          ?? DatasetReader.items(data, name: dataset.file, columns: dataset.columns)
        jobs.append(
          DatasetJob(
            file: dataset.file,
            request: DatasetRequest(
              name: dataset.id, items: items, groupColumns: dataset.columns.groups, firstToken: dataset.firstToken,
              norm: spec.norm, bootstrap: dataset.bootstrap, patch: dataset.patch, attribute: dataset.attribute,
              form: dataset.form, score: dataset.score, keepsItems: dataset.keepsItems, words: dataset.words,
              passage: dataset.passage)))
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return jobs
  }
}

extension ReportSpec {
  /// The question about a subject to the model of an index.
  ///
  /// - Parameter jobs: The datasets of the spec, read.
  func question(about subject: Subject, of model: Int, _ jobs: [DatasetJob]) -> Question {
    switch subject {
    case .prompt(let index): .trace(request(forPrompt: index, of: model))
    case .dataset(let index): .summary(jobs[index])
    }
  }
}
