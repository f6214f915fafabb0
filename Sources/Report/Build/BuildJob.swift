import Foundation

/// Several specs, all read before any is built.
public struct BuildJob: Sendable {
  let store: ModelStore
  let builder: Builder

  /// A job over a store of models and sources of numbers and figures.
  public init(store: ModelStore, traces: any TraceSource, figures: any FigureSource) {
    self.store = store
    builder = Builder(store: store, traces: traces, figures: figures)
  }

  /// Builds every spec, given as its path and its bytes.
  ///
  /// - Throws: `DiagnosticList` with the problems of all specs together, before anything is run.
  public func build(
    _ files: [(path: String, bytes: Data)], options: Builder.Options, progress: ProgressHandler?
  ) throws -> [Builder.Outcome] {
    let vocabulary = SpecVocabulary.current(catalog: store.catalog)
    var problems: [Diagnostic] = []
    var specs: [(spec: ReportSpec, base: URL)] = []
    for file in files {
      do throws(DiagnosticList) {
        let spec = try SpecReader.read(file.bytes, name: file.path, vocabulary: vocabulary)
        if specs.contains(where: { $0.spec.name == spec.name }) {
          problems.append(
            Diagnostic(
              place: file.path, "another spec writes to the same folder '\(spec.name)'",
              hints: ["build them one by one with different --out"], category: .usage))
        }
        specs.append((spec, URL(fileURLWithPath: file.path).deletingLastPathComponent()))
      } catch {
        problems += error.diagnostics
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return try specs.map { try builder.build($0.spec, base: $0.base, options: options, progress: progress) }
  }

  /// Outcomes as JSON.
  public static func json(_ outcomes: [Builder.Outcome]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(outcomes), as: UTF8.self) + "\n"
  }
}

extension Builder.Outcome {
  /// What to open: the page, else the report, else the folder.
  public var entrance: String {
    folder + (hasPage ? "/index.html" : hasReport ? "/report.pdf" : "")
  }

  /// One line for people.
  public var summary: String {
    let parts = [
      "\(figures) \(figures == 1 ? "figure" : "figures"), \(drawn) drawn",
      "\(traced) \(traced == 1 ? "cell" : "cells") traced",
    ]
    return "\(folder): " + (failures.isEmpty ? parts : parts + ["\(failures.count) failed"]).joined(separator: ", ")
  }
}
