import Foundation

/// What became of the inputs of a reader.
struct Outcome {
  var reader: String
  var done = 0
  var read = 0
  var seconds = 0.0
  /// The slowest input, seconds, and its number.
  var slowest = (seconds: 0.0, number: 0)
  /// Megabytes.
  var peak = 0
  var crashes = 0
  var hangs = 0
  /// Everything that is wrong, a line each.
  var faults: [String] = []

  /// The first faults of those that have the same words in common.
  var shown: [String] {
    var counts: [Substring: Int] = [:]
    return faults.compactMap { fault in
      let words = fault.drop { $0 != ":" }.prefix(60)
      counts[words, default: 0] += 1
      return (counts[words] ?? 0) > 2 || counts.count > 20 ? nil : "  \(reader) \(fault)"
    }
  }

  var line: String {
    let rate = seconds > 0 ? Int(Double(done) / seconds) : 0
    return
      "\(reader): \(done) inputs, \(rate) a second, \(read) read, slowest \(String(format: "%.2f", slowest.seconds)) s"
      + " (\(slowest.number)), \(peak) MB at most, \(crashes) crashes, \(hangs) hangs, \(faults.count) faults"
  }
}

/// Starts a child for a reader, and another one whenever it has ended before its time.
struct Campaign {
  var limits: Limits
  var program: URL

  /// Reads inputs of a reader for a while.
  func run(_ reader: FuzzReader, seconds: Double, in folder: URL) -> Outcome {
    var outcome = Outcome(reader: reader.name)
    let start = now()
    let until = start + seconds
    var next = limits.first
    let end = limits.count.map { limits.first + $0 } ?? Int.max
    do {
      try FileManager.default.createDirectory(at: folder.appending(path: "work"), withIntermediateDirectories: true)
      guard let progress = Progress(folder.appending(path: "progress")) else { throw CocoaError(.fileWriteUnknown) }
      defer { progress.unmap() }
      while next < end, now() < until || limits.count != nil {
        progress.number = next
        let (status, signal, said) = try child(reader, next, end, until, folder)
        if status == 0, signal == 0 { break }
        next = progress.number
        if status == Child.tooLarge { continue }
        // Nothing was read: the child cannot work at all.
        if signal == 0 {
          outcome.faults.append("\(next): ended with \(status): \(said.suffix(400))")
          break
        }
        let isHang = signal == SIGALRM
        outcome.hangs += isHang ? 1 : 0
        outcome.crashes += isHang ? 0 : 1
        outcome.faults.append(
          "\(next): "
            + (isHang ? "no end within \(limits.seconds) s" : "ended by signal \(signal): \(said.suffix(600))"))
        keep(next, reader, folder)
        next += 1
        if outcome.faults.count > 200 { break }
      }
      (outcome.done, outcome.read, outcome.peak) = (
        progress.done + outcome.crashes + outcome.hangs, progress.read, progress.peak >> 10
      )
      outcome.slowest = (Double(progress.slowest) / 1e6, progress.slowestNumber)
    } catch {
      outcome.faults.append("\(next): \(error)")
    }
    let noted = (try? String(contentsOf: folder.appending(path: Child.faultsName), encoding: .utf8)) ?? ""
    for line in noted.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
      outcome.faults.append(parts.joined(separator: ": "))
      if let number = Int(parts[0]) { keep(number, reader, folder) }
    }
    outcome.seconds = now() - start
    return outcome
  }

  private func child(
    _ reader: FuzzReader, _ first: Int, _ end: Int, _ until: Double, _ folder: URL
  ) throws -> (status: Int32, signal: Int32, said: String) {
    let process = Process()
    process.executableURL = program
    process.arguments = [
      "--child", "\(limits.count == nil ? until : .greatestFiniteMagnitude):\(folder.path)", "--only", reader.name,
      "--seed", limits.seed, "--first", "\(first)", "--count", "\(end - first)", "--input-seconds", "\(limits.seconds)",
      "--megabytes", "\(limits.megabytes)", "--address-space", "\(limits.addressSpace)",
    ]
    process.currentDirectoryURL = folder.appending(path: "work")
    var variables = ProcessInfo.processInfo.environment
    // Nothing of the user's, and no program that looks at the crash.
    variables.merge([
      "HOME": folder.path, "XDG_CACHE_HOME": folder.appending(path: "cache").path, "SWIFT_BACKTRACE": "enable=no",
      "HF_HUB_OFFLINE": "1",
    ]) { $1 }
    process.environment = variables
    let said = folder.appending(path: "said")
    _ = FileManager.default.createFile(atPath: said.path, contents: nil)
    let handle = try FileHandle(forWritingTo: said)
    defer { try? handle.close() }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: (try? Data(contentsOf: said)) ?? Data(), as: UTF8.self)
    let ended = process.terminationStatus
    return process.terminationReason == .uncaughtSignal ? (0, ended, text) : (ended, 0, text)
  }

  /// Keeps an input that was a fault.
  private func keep(_ number: Int, _ reader: FuzzReader, _ folder: URL) {
    guard let keep = limits.keep, let input = Child.input(number, of: reader, among: reader.files, seed: limits.seed)
    else { return }
    // As a seed it would need the model that it belongs to.
    let model = input.1.path.split(separator: "/").dropLast(2).last.map(String.init) ?? ""
    let owner = input.1.path.contains("/models/") ? "\(model)--" : ""
    let name = "\(owner)\(limits.seed)-\(number)" + (input.1.pathExtension.isEmpty ? "" : ".\(input.1.pathExtension)")
    let place = keep.appending(path: "\(reader.name)/\(name)")
    try? FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? input.0.write(to: place)
  }
}
