import Foundation

/// Reads damaged files with every reader of the program, in processes of their own.
///
/// `make fuzz` is the long form; a test runs the short one. The same `--seed` makes the same inputs, in the same order.
@main struct Fuzz {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments == ["--list"] {
      for reader in FuzzReader.all { say("\(reader.name): \(reader.files.count) seeds") }
      return
    }
    guard let limits = Limits(arguments) else { end(64, Limits.usage) }
    let unknown = limits.only.filter { name in !FuzzReader.all.contains { $0.name == name } }
    guard unknown.isEmpty else { end(64, "no such reader: \(unknown.joined(separator: ", "))") }
    let readers = FuzzReader.all.filter { limits.only.isEmpty || limits.only.contains($0.name) }
    if let child = limits.child, let reader = readers.first {
      guard let progress = Progress(child.folder.appending(path: "progress")) else { end(66, "no place to work") }
      let (last, overflow) = limits.first.addingReportingOverflow(limits.count ?? Int.max)
      exit(
        Child(reader: reader, limits: limits, folder: child.folder, progress: progress)
          .run(first: limits.first, end: overflow ? Int.max : last, until: child.until))
    }
    exit(campaign(readers, limits))
  }

  private static func end(_ status: Int32, _ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(status)
  }

  /// Writes a line at once, also into a pipe.
  private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  /// Runs all readers and reports; returns the exit status.
  private static func campaign(_ readers: [FuzzReader], _ limits: Limits) -> Int32 {
    let memory = URL(fileURLWithPath: "/dev/shm", isDirectory: true)
    let isThere = access(memory.path, W_OK) == 0
    let place = (isThere ? memory : FileManager.default.temporaryDirectory).appending(path: "strata-fuzz-\(getpid())")
    defer { try? FileManager.default.removeItem(at: place) }
    guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
      end(66, "the program's own path is unknown")
    }
    let campaign = Campaign(limits: limits, program: URL(fileURLWithPath: program))
    let share = limits.total * Double(min(limits.jobs, readers.count)) / Double(max(1, readers.count))
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = limits.jobs
    let outcomes = Outcomes()
    for reader in readers {
      queue.addOperation {
        let outcome = campaign.run(reader, seconds: share, in: place.appending(path: reader.name))
        outcomes.add(outcome)
        say(([outcome.line] + outcome.shown).joined(separator: "\n"))
      }
    }
    queue.waitUntilAllOperationsAreFinished()
    let all = outcomes.all
    let faults = all.reduce(0) { $0 + $1.faults.count }
    let silent = all.filter { $0.done == 0 }.map(\.reader)
    if !silent.isEmpty { say("no input was read by \(silent.joined(separator: ", "))") }
    say(
      "\(all.count) readers, \(all.reduce(0) { $0 + $1.done }) inputs, \(all.reduce(0) { $0 + $1.crashes }) crashes, "
        + "\(all.reduce(0) { $0 + $1.hangs }) hangs, \(all.map(\.peak).max() ?? 0) MB at most, \(faults) faults")
    return faults == 0 && silent.isEmpty ? 0 : 1
  }
}

/// Outcomes of several threads.
private final class Outcomes: @unchecked Sendable {
  private let lock = NSLock()
  private var gathered: [Outcome] = []
  func add(_ outcome: Outcome) { lock.withLock { gathered.append(outcome) } }
  var all: [Outcome] { lock.withLock { gathered } }
}
