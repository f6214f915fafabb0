import ArgumentParser
import Report

struct ModelsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Show what is known of a model.")

  @Argument(help: "A name from the catalog.")
  var name: String

  @Flag(help: "As JSON.")
  var json = false

  func run() throws {
    let listing = ModelListing(try Shared.store())
    try Terminal.say(json ? listing.json(name) : listing.page(name))
  }
}
