import Engine
import Foundation
import Words

/// Shows progress on stderr: on a terminal as one line that changes, elsewhere as one line for each finished step.
final class ProgressDisplay: @unchecked Sendable {
  private let lock = NSLock()
  private let isTerminal: Bool
  private let quiet: Bool
  private var announced: Set<String> = []
  private var lineIsOpen = false

  init(quiet: Bool) {
    self.quiet = quiet
    isTerminal = Terminal.talksToPerson
  }

  /// The handler to give to code that reports progress.
  var handler: ProgressHandler { { [self] event in show(event) } }

  private func show(_ event: ProgressEvent) {
    lock.withLock {
      switch event {
      case .fetching(let model, let received, let total):
        transient("fetching \(model) \(bar(received, total)) \(megabytes(received)) of \(megabytes(total)) MB")
        if !isTerminal { once("fetching \(model) (\(megabytes(total)) MB)") }
      case .fetched(let model, let bytes): line("fetched \(model) (\(megabytes(bytes)) MB)")
      case .running(let model, let done, let total):
        transient("running \(model) \(bar(done, total)) \(done) of \(total) positions\(timeLeft(model, done, total))")
        if !isTerminal { once("running \(model) (\(total) positions)") }
      case .traced(let model, let prompt, let cached):
        line("\(cached ? "cached" : "traced") \(model), \(prompt)")
      case .drawn(let figure, let cached):
        if cached { transient("unchanged \(figure)") } else { line("drew \(figure)") }
      case .failed(let what, let message): line("failed \(what): \(message)", important: true)
      case .reason(let what, let why): line("because \(what): \(why)")
      case .note(let text): line(text)
      }
    }
  }

  /// Ends the line that was being rewritten.
  func finish() {
    lock.withLock { close() }
  }

  private func close() {
    if lineIsOpen { Terminal.rewrite("") }
    lineIsOpen = false
  }

  private func transient(_ text: String) {
    guard isTerminal, !quiet else { return }
    Terminal.rewrite(text)
    lineIsOpen = true
  }

  private func line(_ text: String, important: Bool = false) {
    guard !quiet || important else { return }
    close()
    Terminal.talk(text)
  }

  private func once(_ text: String) {
    if announced.insert(text).inserted { line(text) }
  }

  /// When each model began to run.
  private var starts: [String: (time: Date, done: Int)] = [:]

  /// ", 40 s left", estimated from the pace so far; empty until a pace is known.
  private func timeLeft(_ model: String, _ done: Int, _ total: Int) -> String {
    guard let start = starts[model], done > start.done else {
      if starts[model] == nil { starts[model] = (Date(), done) }
      return ""
    }
    let passed = Date().timeIntervalSince(start.time)
    guard passed > 2 else { return "" }
    let seconds = passed / Double(done - start.done) * Double(total - done)
    // An estimate from a pace of almost zero is useless.
    guard seconds < 1_000_000 else { return "" }
    let left = Int(seconds)
    return left < 60 ? ", \(left) s left" : ", \(left / 60) min \(left % 60) s left"
  }

  private func bar(_ done: Int, _ total: Int) -> String {
    let width = 24
    let filled = total > 0 ? min(width, Int(Double(max(0, done)) / Double(total) * Double(width))) : width
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
  }

  private func megabytes(_ bytes: Int) -> String {
    let tenths = bytes / 100_000 + (bytes % 100_000 >= 50_000 ? 1 : 0)
    return "\(tenths / 10).\(tenths % 10)"
  }
}
