import Engine
import Files
import Foundation
import Gallery
import Plot
import Spec
import Words

/// Builds specs beside their galleries and says what is not as it was.
public struct CheckJob: Sendable {
  let job: BuildJob

  /// A check by way of a build.
  public init(_ job: BuildJob) {
    self.job = job
  }

  /// What was found of one spec.
  public struct Result: Sendable {
    /// The spec's path as it was given.
    public var spec: String
    /// The gallery that was checked.
    public var gallery: String
    /// A finding for each file.
    public var findings: [DiffFinding]
    /// Cells and figures that a build could not make.
    public var failures: [GalleryManifest.Failure]

    /// The findings that are not as they were.
    public var differing: [DiffFinding] { findings.filter { !$0.isEqual } }
    /// Whether everything is as a build makes it.
    public var isGood: Bool { differing.isEmpty && failures.isEmpty }
  }

  /// Checks every spec, given as its path and its bytes.
  ///
  /// Without a tolerance all files are compared by their bytes first. With one, only numbers and pixels are: the bytes of
  /// vector files and pages differ wherever a library does.
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
          hints: ["strata build \(file.path) --out \(options.out.relativePath) makes it; commit it, then check"],
          category: .badInput)
      }
      let outcome = try job.builder.build(entry.spec, base: entry.base, options: fresh, progress: progress)
      let made = temporary.appending(path: entry.spec.name)
      var findings = try FileDiff.compare(
        gallery.path, made.path, tolerance: tolerance,
        lone: (inFirst: "no build makes it", inSecond: "missing in the gallery"))
      if tolerance.number > 0 || tolerance.channel > 0 { findings = findings.filter { Self.hasNumbers($0.name) } }
      if entry.spec.commitsTraces { findings += try Self.committed(entry.spec, base: entry.base) }
      return Result(
        spec: file.path, gallery: gallery.relativePath, findings: findings, failures: outcome.failures)
    }
  }

  private static func hasNumbers(_ name: String) -> Bool {
    [".png", ".csv"].contains { name.hasSuffix($0) } || (name.hasSuffix(".json") && name != "manifest.json")
  }

  /// Committed traces that are not what was committed.
  private static func committed(_ spec: ReportSpec, base: URL) throws -> [DiffFinding] {
    try CommittedTraces(spec, base: base).altered.map { name in
      DiffFinding(
        name: "\(spec.name).traces/\(name)", isEqual: false,
        lines: ["changed since it was written: its digest is not the one in index.json"])
    }
  }
}
