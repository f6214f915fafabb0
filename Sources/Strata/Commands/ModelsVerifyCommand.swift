import ArgumentParser
import Report

struct ModelsVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read cached models and compare them with the catalog.",
    discussion: "Without names, every model that is in the cache.")

  @Argument(help: "Names from the catalog.")
  var names: [String] = []

  func run() throws {
    let store = try Shared.store()
    var problems: [Diagnostic] = []
    let entries = try names.isEmpty ? store.cached : names.map { try store.catalog.requiredEntry($0) }
    for entry in entries {
      do throws(Diagnostic) {
        try store.verify(entry, again: true)
        try? Terminal.say("\(entry.name) good\n")
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }
}
