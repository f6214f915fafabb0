import Engine
import Files
import Foundation
import Models
import Plot
import Spec
import Traces
import Words

/// Several specs.
///
/// The job reads all of them before it builds one.
public struct BuildJob: Sendable {
  let store: ModelStore
  let builder: Builder

  /// A job over a store of models and sources of numbers and figures.
  public init(store: ModelStore, numbers: any NumbersSource, figures: any FigureSource) {
    self.store = store
    builder = Builder(store: store, numbers: numbers, figures: figures)
  }

  /// Builds every spec.
  ///
  /// Each is given by its path and its bytes.
  ///
  /// - Throws: `DiagnosticList` with the problems of all specs, before any model runs.
  public func build(
    _ files: [(path: String, bytes: Data)], options: Builder.Options, progress: ProgressHandler?
  ) throws -> [Builder.Outcome] {
    let specs = try read(files, options: options)
    try Self.requireEffect(of: options, on: specs.map(\.spec))
    return try specs.map { try builder.build($0.spec, base: $0.base, options: options, progress: progress) }
  }

  /// Refuses options about numbers that models give where no model of any spec runs.
  private static func requireEffect(of options: Builder.Options, on specs: [ReportSpec]) throws(Diagnostic) {
    let names = (options.shards == nil ? [] : ["--traces"]) + (options.refresh ? ["--refresh"] : [])
    guard !names.isEmpty, specs.allSatisfy(\.isGiven) else { return }
    let what =
      specs.count == 1 ? "every model of the spec has its own traces: folder" : "every model has its own traces: folder"
    throw Diagnostic(
      place: specs.count == 1 ? specs[0].path : nil,
      "\(what), so \(Wording.enumeration(names)) \(names.count == 1 ? "has" : "have") no effect: leave "
        + (names.count == 1 ? "it out" : "them out"), category: .usage)
  }

  /// What becomes of a spec's bytes, with the folder that its paths start from.
  func look(at bytes: Data, path: String) -> (reading: SpecReading, base: URL) {
    let base = URL(fileURLWithPath: path).deletingLastPathComponent()
    let vocabulary = SpecVocabulary.current(catalog: store.catalog)
    return (SpecReader.look(at: bytes, name: path, vocabulary: vocabulary, files: .beside(base)), base)
  }

  /// The file that a path leads to, whatever way it takes.
  private static func file(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }

  /// Reads every spec, with the folder that its paths start from.
  ///
  /// - Throws: `DiagnosticList` with the problems of all.
  func read(_ files: [(path: String, bytes: Data)], options: Builder.Options) throws -> [(spec: ReportSpec, base: URL)]
  {
    let vocabulary = SpecVocabulary.current(catalog: store.catalog)
    var problems: [Diagnostic] = []
    var specs: [(spec: ReportSpec, base: URL)] = []
    for file in files {
      let base = URL(fileURLWithPath: file.path).deletingLastPathComponent()
      let reading = SpecReader.look(at: file.bytes, name: file.path, vocabulary: vocabulary, files: .beside(base))
      problems += reading.problems
      if var spec = reading.spec {
        if options.singleFile { spec.output.singleFile = true }
        if options.purpose == .draft { spec.output = spec.output.draft }
        if let other = specs.first(where: { $0.spec.name == spec.name })?.spec {
          let isSame = Self.file(other.path) == Self.file(file.path)
          problems.append(
            Diagnostic(
              place: file.path,
              isSame ? "the same spec is given twice" : "another spec writes to the same folder '\(spec.name)'",
              hints: [isSame ? "name it once" : "build them one by one with different --out"], category: .usage))
        }
        specs.append((spec, base))
        // Of a single spec they are looked at where it is built, once.
        if files.count > 1 { problems += builder.inputProblems(of: spec, base: base) }
      } else if let draft = reading.draft {
        problems += builder.inputProblems(of: draft, base: base)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return specs
  }
}

extension ReportSpec {
  /// Whether all of its models ran elsewhere.
  fileprivate var isGiven: Bool {
    models.allSatisfy { if case .traces = $0.reference { true } else { false } }
  }
}

extension SpecFiles {
  /// Any regular file, for commands whose user names it.
  public static let anywhere = SpecFiles { path, most in
    do throws(FileError) {
      let map = try MemoryMap(path: path)
      return map.bytes.count > most ? .tooLarge(map.bytes.count) : .bytes(Data(map.bytes))
    } catch {
      return .unreadable(error.message)
    }
  }

  /// The files that a spec in a folder may read.
  static func beside(_ base: URL) -> SpecFiles {
    let folder = InputFolder(base)
    return SpecFiles(
      { path, most in
        switch folder.read(path, most: most) {
        case .bytes(let bytes): .bytes(bytes)
        case .tooLarge(let count): .tooLarge(count)
        case .unreadable(let reason): .unreadable(reason)
        case .outside: .outside
        }
      },
      matching: { pattern in
        guard let paths = PathPattern(pattern).matches(from: base) else { return .init([], isTooWide: true) }
        return .init(paths, isOutside: paths.contains(where: folder.leadsOutside))
      })
  }
}

extension Builder.Outcome {
  /// The outcome as one line of JSON: the event "built".
  public var json: String {
    struct Line: Encodable {
      var event = "built"
      var outcome: Builder.Outcome
    }
    return JSONLine.text(Line(outcome: self))
  }

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
    let missing = failures.isEmpty ? [] : ["\(Wording.count(failures.count, "figure")) not made"]
    return "\(folder): " + (parts + missing).joined(separator: ", ")
  }
}
