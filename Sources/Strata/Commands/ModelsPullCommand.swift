import ArgumentParser
import Report

struct ModelsPullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetch models into the cache.",
    discussion: "A model that is there and good is left alone; a damaged one is replaced.")

  @Argument(help: "Names from the catalog.")
  var names: [String]

  @OptionGroup var fetch: FetchOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let store = try Shared.store()
    for entry in try names.map({ try store.catalog.requiredEntry($0) }) {
      let fetched = try store.pull(entry, offline: fetch.offline, progress: display.handler)
      if !fetched { display.handler(.note("\(entry.name) is already here")) }
    }
  }
}
