import Engine
import Files
import Foundation
import Plot
import Words

/// The files that a spec is built from, checked at short intervals.
public struct WatchedFiles {
  private let spec: String
  private let job: BuildJob
  /// The files that the spec names; it is read again only when one of `states` changes.
  ///
  /// Those that a valid spec alone knows are those of the time when it was last valid.
  private var named = Named()
  private var inputs: [String: FileState] = [:]
  private var traces: [String: FileState] = [:]

  private struct Named {
    var states: [String: FileState] = [:]
    var parts: [String] = []
    var inputs: [String] = []
    /// Patterns of checkpoints, and where they start from.
    var patterns: [PathPattern] = []
    var base = URL(fileURLWithPath: ".")
    var traces: String?

    /// What the patterns lead to now: a checkpoint may be saved at any time.
    var checkpoints: [String] {
      patterns.flatMap { $0.matches(from: base) ?? [] }.map { URL(fileURLWithPath: $0, relativeTo: base).path }
    }
  }

  /// The files of a spec, as a job reads it.
  public init(spec: String, job: BuildJob) {
    self.spec = spec
    self.job = job
  }

  /// Call this before a build, so that a file saved during the build counts as a change.
  public mutating func noteInputs() { inputs = lookAtInputs() }

  /// Returns when a file was saved after `noteInputs`.
  ///
  /// Of the traces beside the spec, which the build itself writes, only changes after this call count.
  public mutating func waitForChange() {
    traces = lookAtTraces()
    while lookAtInputs() == inputs, lookAtTraces() == traces { Thread.sleep(forTimeInterval: 0.05) }
    // An editor may write in several steps, so this waits until nothing changes any more.
    var (last, lastTraces) = (lookAtInputs(), lookAtTraces())
    while true {
      Thread.sleep(forTimeInterval: 0.05)
      let (now, nowTraces) = (lookAtInputs(), lookAtTraces())
      if now == last, nowTraces == lastTraces { return }
      (last, lastTraces) = (now, nowTraces)
    }
  }

  private mutating func lookAtInputs() -> [String: FileState] {
    let states = Self.states([spec] + named.parts)
    if states != named.states || named.states.isEmpty {
      if let bytes = FileManager.default.contents(atPath: spec) {
        let (reading, base) = job.look(at: bytes, path: spec)
        // A spec with problems also names its parts, one of which may be the file to mend.
        named.parts = reading.files.map { URL(fileURLWithPath: $0, relativeTo: base).path }
        (named.patterns, named.base) = (reading.patterns.map(PathPattern.init), base)
        if let read = reading.spec {
          named.inputs = read.datasets.map { URL(fileURLWithPath: $0.file, relativeTo: base).path }
          if let template = read.template(base: base) { named.inputs.append(template.path) }
          if let logo = read.output.logo { named.inputs.append(URL(fileURLWithPath: logo, relativeTo: base).path) }
          named.traces = read.commitsTraces ? CommittedTraces.folder(of: read, base: base).path : nil
        }
      }
      named.states = Self.states([spec] + named.parts)
    }
    return Self.states([spec] + named.parts + named.inputs + named.checkpoints)
  }

  private func lookAtTraces() -> [String: FileState] { Self.states([named.traces].compactMap(\.self)) }

  /// The states of files, and of the files in folders.
  private static func states(_ paths: [String]) -> [String: FileState] {
    var states: [String: FileState] = [:]
    for path in paths {
      guard let state = FileState(path: path) else { continue }
      states[path] = state
      guard state.isFolder else { continue }
      for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
        states["\(path)/\(name)"] = FileState(path: "\(path)/\(name)")
      }
    }
    return states
  }
}
