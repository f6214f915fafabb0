import Engine
import Figures
import Files
import Foundation
import Gallery
import Plot
import Spec
import Words

/// Builds specs into a temporary folder and reports how the results differ from their galleries.
public struct CheckJob: Sendable {
  let job: BuildJob

  /// A check that uses a job to build.
  public init(_ job: BuildJob) {
    self.job = job
  }

  /// The results of one spec.
  public struct Result: Sendable {
    /// The spec's path as the user wrote it.
    public var spec: String
    /// The gallery that was checked.
    public var gallery: String
    /// A finding for each file.
    public var findings: [DiffFinding]
    /// Cells and figures that a build could not make.
    public var failures: [GalleryManifest.Failure]

    /// The findings of files that differ.
    public var differing: [DiffFinding] { findings.filter { !$0.isEqual } }
    /// Whether the gallery is what a build writes now.
    public var isGood: Bool { differing.isEmpty && failures.isEmpty }
  }

  /// Checks every spec, given as its path and its bytes.
  ///
  /// Without a tolerance the check compares all files by their bytes first. With one it compares only numbers and pixels, because the
  /// bytes of vector files and pages depend on the versions of libraries.
  /// - Parameters:
  ///   - options: As for a build; `out` is where the galleries are.
  /// - Throws: `Diagnostic` as a build does, and when there is no gallery to check.
  public func check(
    _ files: [(path: String, bytes: Data)], options: Builder.Options, tolerance: DiffTolerance,
    progress: ProgressHandler?
  ) throws -> [Result] {
    let specs = try job.read(files, options: options)
    let temporary = FileManager.default.temporaryDirectory
      .appending(path: "strata-check-\(UUID().uuidString)", directoryHint: .isDirectory)
    TemporaryFiles.add(temporary)
    defer {
      try? FileManager.default.removeItem(at: temporary)
      TemporaryFiles.forget(temporary)
    }
    var fresh = options
    fresh.out = temporary
    fresh.purpose = .check
    return try zip(files, specs).map { file, entry in
      let gallery = options.out.appending(path: entry.spec.name, directoryHint: .isDirectory)
      guard FileState(path: gallery.path)?.isFolder == true else {
        throw Diagnostic(
          place: gallery.relativePath, "there is no gallery to check",
          hints: ["run strata build \(file.path) --out \(options.out.relativePath) and commit the result"],
          category: .badInput)
      }
      let outcome = try job.builder.build(entry.spec, base: entry.base, options: fresh, progress: progress)
      let made = temporary.appending(path: entry.spec.name)
      var findings = try FileDiff.compare(
        gallery.path, made.path, tolerance: tolerance,
        lone: (inFirst: "a build does not write this file", inSecond: "missing from the gallery"))
      if tolerance.number > 0 || tolerance.channel > 0 { findings = findings.filter { Self.hasNumbers($0.name) } }
      if entry.spec.commitsTraces { findings += try Self.committed(entry.spec, base: entry.base) }
      return Result(
        spec: file.path, gallery: gallery.relativePath, findings: findings, failures: outcome.failures)
    }
  }

  private static func hasNumbers(_ name: String) -> Bool {
    switch FigureFormat.ofFile(name)?.comparison {
    case .pixels, .fields: true
    case .bytes, nil: name.hasSuffix(".json") && name != "manifest.json"
    }
  }

  /// Findings about committed traces that someone has changed.
  private static func committed(_ spec: ReportSpec, base: URL) throws -> [DiffFinding] {
    try CommittedTraces(spec, base: base).altered.map { name in
      DiffFinding(
        name: "\(spec.name).traces/\(name)", isEqual: false,
        lines: ["changed since it was written: its digest differs from the one in index.json"])
    }
  }
}
