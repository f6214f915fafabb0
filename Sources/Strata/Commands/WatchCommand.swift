import ArgumentParser
import Build
import Engine
import Foundation
import Words

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Build a spec, and build it again whenever it is saved.",
    usage: "strata watch [<options>] <spec>",
    discussion: """
      Watches the spec, its template, its datasets, folders that a pattern of checkpoints leads to, and the traces beside it. \
      While the spec has a mistake, the command reports it and keeps the last gallery. \
      After a change the page is written first, then the other files. Ends with Ctrl-C.
      """)

  @Argument(
    help: ArgumentHelp("The spec to watch.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var spec: String

  @OptionGroup var build: BuildOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let job = try compute.buildJob()
    var watched = WatchedFiles(spec: spec, job: job)
    var isFirst = true
    while true {
      watched.noteInputs()
      do {
        // After a change the page comes first, with one format of each figure; the other files follow.
        if !isFirst { try run(job, for: .draft) }
        try run(job, for: .gallery)
      } catch {
        Terminal.talk(Diagnostic.rendered(Diagnostic.all(from: error)))
      }
      isFirst = false
      watched.waitForChange()
    }
  }

  private func run(_ job: BuildJob, for purpose: Builder.Purpose) throws {
    let isDraft = purpose == .draft
    let display = ProgressDisplay(quiet: talk.quiet || isDraft)
    defer { display.finish() }
    let start = Date()
    var options = build.options(compute)
    options.purpose = purpose
    let outcomes = try job.build(
      [(path: spec, bytes: try Input.spec(spec))], options: options, progress: display.handler)
    display.finish()
    let seconds = String(format: "%.2f", Date().timeIntervalSince(start))
    for outcome in outcomes {
      Terminal.talk(
        isDraft
          ? "\(outcome.entrance) was updated in \(seconds) s; the other files follow"
          : "\(outcome.summary), \(seconds) s: \(outcome.entrance)")
    }
  }
}
