import ArgumentParser
import Models

struct ModelsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the catalog.")

  @Flag(help: "As JSON.")
  var json = false

  func run() throws {
    let listing = ModelListing(try Shared.store())
    try Terminal.say(json ? listing.json() : listing.table)
  }
}
