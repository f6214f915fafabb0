import ArgumentParser
import Foundation
import Report

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Build a spec, and again whenever it is saved.",
    discussion: """
      Looks at the spec, its template, its datasets and the traces beside it. While a mistake stands in the spec, it is told and the
      last gallery stays. Ends with Ctrl-C.
      """)

  @Argument(help: ArgumentHelp("The spec to watch.", valueName: "spec"))
  var spec: String

  @OptionGroup var build: BuildOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let job = try build.job(compute)
    var watched = WatchedFiles(spec: spec)
    while true {
      let display = talk.display
      do {
        let start = Date()
        let outcomes = try job.build(
          [(path: spec, bytes: try Input.data(spec))], options: build.options(compute), progress: display.handler)
        display.finish()
        let seconds = String(format: "%.2f", Date().timeIntervalSince(start))
        for outcome in outcomes { Terminal.talk("\(outcome.summary), \(seconds) s: \(outcome.entrance)") }
      } catch {
        display.finish()
        Terminal.talk(Diagnostic.rendered(Diagnostic.all(from: error)))
      }
      watched.waitForChange(job)
    }
  }
}
