import Foundation

/// The files that a spec is built from, looked at again and again.
public struct WatchedFiles {
  private let spec: String
  private var states: [String: FileState] = [:]

  /// The files of a spec.
  public init(spec: String) {
    self.spec = spec
  }

  /// Returns when one of the files is not as it was at the last call; the first call notes how they are.
  public mutating func waitForChange(_ job: BuildJob) {
    states = look(job)
    while true {
      Thread.sleep(forTimeInterval: 0.05)
      let now = look(job)
      guard now != states else { continue }
      // An editor may write in several steps.
      Thread.sleep(forTimeInterval: 0.05)
      if look(job) == now { return }
    }
  }

  /// The states of all files; those that a wrong spec names are not known until it is right again.
  private func look(_ job: BuildJob) -> [String: FileState] {
    var paths = [spec]
    if let bytes = FileManager.default.contents(atPath: spec),
      let read = try? job.read([(path: spec, bytes: bytes)], options: Builder.Options(out: URL(fileURLWithPath: "out")))
    {
      for (spec, base) in read {
        paths += spec.datasets.map { URL(fileURLWithPath: $0.file, relativeTo: base).path }
        let folders: [String?] = [spec.template(base: base)?.path, base.appending(path: "\(spec.name).traces").path]
        for folder in folders.compactMap(\.self) {
          paths += ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map { "\(folder)/\($0)" }
        }
      }
    }
    return Dictionary(paths.compactMap { path in FileState(path: path).map { (path, $0) } }) { $1 }
  }
}
