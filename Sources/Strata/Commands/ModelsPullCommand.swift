import ArgumentParser
import Build
import Engine

struct ModelsPullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetch models into the cache.",
    discussion: """
      A model that is there and good is left alone; a damaged one is replaced. Of a model on the hub (org/name, org/name@revision, \
      org/name:QUANT) the newest commit of the branch is fetched, into the cache that huggingface_hub and llama.cpp share.
      """)

  @Argument(help: ArgumentHelp("Names from the catalog or on the hub.", valueName: "model"))
  var names: [String]

  @OptionGroup var fetch: FetchOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let store = try Shared.store()
    for reference in try names.map({ try store.fetchable($0) }) {
      let fetched = try store.pull(reference, offline: fetch.offline, progress: display.handler)
      if !fetched { display.handler(.note("\(reference.text) is already in the cache")) }
    }
  }
}
