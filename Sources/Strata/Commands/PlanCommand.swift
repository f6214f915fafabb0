import ArgumentParser
import Build
import Figures
import Foundation

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Estimate what running a spec takes, and divide it into shards.",
    usage: "strata plan [<options>] <spec>",
    discussion: """
      Runs no model. Time and memory are estimates from the sizes of the models' files: docs/cluster.md says how they \
      are made. strata trace runs a shard.
      """)

  @Argument(help: ArgumentHelp("A spec.", valueName: "spec"), completion: .file(extensions: ["yaml", "yml"]))
  var spec: String

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many minutes a shard should take, 1 to 10000 (default: 30).", valueName: "n"),
    transform: NumberOption.whole)
  var minutes: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Divide every model into this many shards instead, 1 to \(Shard.most).", valueName: "n"),
    transform: NumberOption.whole)
  var shards: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads of each shard, 1 to 256 (default: 8).", valueName: "n"),
    transform: NumberOption.whole)
  var threads = 8

  @Flag(help: "Print the plan as JSON (strata.plan/1).")
  var json = false

  func validate() throws {
    if let minutes, !(1...10_000).contains(minutes) {
      throw ValidationError("--minutes must be between 1 and 10000, found \(minutes)")
    }
    if shards != nil {
      try Unused.refuse([("--minutes", minutes != nil)].names, because: "--shards says how many shards there are")
    }
    if let shards, !(1...Shard.most).contains(shards) {
      throw ValidationError("--shards must be between 1 and \(Shard.most), found \(shards)")
    }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
  }

  func run() throws {
    let job = BuildJob(store: try Shared.store(), numbers: EngineSource(threads: 1), figures: FigureRecipes())
    let plan = try ShardPlanner(job).plan(
      (spec, try Input.spec(spec)), minutes: minutes ?? 30, threads: threads, shards: shards)
    if json { try Terminal.say(try plan.jsonData()) } else { try Terminal.say(plan.text) }
  }
}
