import ArgumentParser
import Models

struct ModelsFamiliesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "families", abstract: "List the families of models that can be opened.",
    discussion: "docs/models.md has the same, and what became of every causal model of transformers.")

  @Flag(help: "As JSON.")
  var json = false

  func run() throws {
    let listing = FamilyListing()
    try Terminal.say(json ? listing.json() : listing.table)
  }
}
