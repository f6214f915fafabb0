import ArgumentParser
import Build
import Figures
import Foundation

/// Options of `build` and `watch`.
struct BuildOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder in which each spec gets a folder (default: out).", valueName: "folder"))
  var out: String?

  @Option(help: ArgumentHelp("Draw only figures whose id, prompt, model or kind matches.", valueName: "glob"))
  var only: String?

  @Flag(help: "Continue without a model that cannot be opened.")
  var keepGoing = false

  @Flag(help: "Say why each cell is run and each figure drawn.")
  var explain = false

  @Flag(help: "Ignore the traces kept beside the spec and write them again, from the cache or from a run of the model.")
  var refresh = false

  @Flag(help: "Also write gallery.html, everything in one file.")
  var singleFile = false

  @OptionGroup var fetch: FetchOptions

  func options(_ compute: RunOptions) -> Builder.Options {
    var options = Builder.Options(
      out: URL(fileURLWithPath: out ?? "out", isDirectory: true), offline: fetch.offline, only: only,
      keepGoing: keepGoing,
      threads: compute.threads, refresh: refresh, explain: explain)
    options.singleFile = singleFile
    options.isOutGiven = out != nil
    return options
  }
}

extension RunOptions {
  /// The builder for builds and checks: the engine with this many threads, and the registry of figures.
  func buildJob() throws -> BuildJob {
    BuildJob(store: try Shared.store(), numbers: EngineSource(threads: threads), figures: FigureRecipes())
  }

  /// The same for parts of a spec, whose model stays open between them.
  func shardJob() throws -> BuildJob {
    BuildJob(
      store: try Shared.store(), numbers: EngineSource(threads: threads, keepsOpen: true), figures: FigureRecipes())
  }
}
