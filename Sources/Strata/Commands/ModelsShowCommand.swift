import ArgumentParser
import Engine
import Foundation
import Models

struct ModelsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is known about a model, or how each of its settings is used.",
    usage: "strata models show [<options>] <name>")

  @Argument(help: "A name from the catalog, or a path; with --settings any model: org/name, ollama:name, a path.")
  var name: String

  @Flag(help: "List every setting of the model's files: read, ignored and why, or refused.")
  var settings = false

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("With --settings: a setting that the program may ignore.", valueName: "name"))
  var acceptSetting: [String] = []

  @Flag(help: "As JSON.")
  var json = false

  @OptionGroup var fetch: FetchOptions
  @OptionGroup var talk: TalkOptions

  /// Whether the name is no model of the catalog, but a file or a folder.
  private func isPath(_ store: ModelStore) -> Bool {
    if (try? store.catalog.requiredEntry(name)) != nil { return false }
    return name.hasPrefix("/") || name.hasPrefix("./") || name.hasPrefix("../") || name.hasPrefix("~/")
      || FileManager.default.fileExists(atPath: name)
  }

  func run() throws {
    let store = try Shared.store()
    // Of a model on this machine its settings are what is known.
    guard settings || isPath(store) else {
      let own = [("--accept-setting", !acceptSetting.isEmpty)].names
      try Unused.refuse(own + fetch.given + talk.given, because: "without --settings no file of the model is read")
      let listing = ModelListing(store)
      return try Terminal.say(json ? listing.json(name) : listing.page(name))
    }
    let display = talk.display
    defer { display.finish() }
    let table = try SettingsTable(
      of: name, accepting: acceptSetting, store: store, base: Shared.currentFolder, offline: fetch.offline,
      progress: display.handler)
    try Terminal.say(json ? table.json() : table.text)
    if let problem = table.problem { throw problem }
  }
}
