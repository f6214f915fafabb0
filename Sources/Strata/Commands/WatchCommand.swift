import ArgumentParser
import Foundation
import Report

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Build a spec, and again whenever it is saved.",
    discussion: """
      Looks at the spec, its template, its datasets and the traces beside it. While a mistake stands in the spec, it is told and the
      last gallery stays. After a change the page is made first, the other files after it. Ends with Ctrl-C.
      """)

  @Argument(help: ArgumentHelp("The spec to watch.", valueName: "spec"))
  var spec: String

  @OptionGroup var build: BuildOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let job = try build.job(compute)
    var watched = WatchedFiles(spec: spec)
    var isFirst = true
    while true {
      do {
        // After a change the page comes first, with one format of each figure; the other files follow.
        if !isFirst { try run(job, isDraft: true) }
        try run(job, isDraft: false)
      } catch {
        Terminal.talk(Diagnostic.rendered(Diagnostic.all(from: error)))
      }
      isFirst = false
      watched.waitForChange(job)
    }
  }

  private func run(_ job: BuildJob, isDraft: Bool) throws {
    let display = TalkOptions.display(quiet: talk.quiet || isDraft)
    defer { display.finish() }
    let start = Date()
    var options = build.options(compute)
    options.isDraft = isDraft
    options.keepsTraces = !isDraft
    let outcomes = try job.build(
      [(path: spec, bytes: try Input.data(spec))], options: options, progress: display.handler)
    display.finish()
    let seconds = String(format: "%.2f", Date().timeIntervalSince(start))
    for outcome in outcomes {
      Terminal.talk(
        isDraft
          ? "\(outcome.entrance) is new after \(seconds) s; the other files follow"
          : "\(outcome.summary), \(seconds) s: \(outcome.entrance)")
    }
  }
}
