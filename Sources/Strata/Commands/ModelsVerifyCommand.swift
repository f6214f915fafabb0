import ArgumentParser
import Build
import Engine
import Words

struct ModelsVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read cached models and compare them with the catalog, or with the hub's digests.",
    discussion: "Without names, every model of the catalog that is in the cache.")

  @Argument(help: ArgumentHelp("Names from the catalog or on the hub.", valueName: "model"))
  var names: [String] = []

  func run() throws {
    let store = try Shared.store()
    var problems: [Diagnostic] = []
    let references = try names.isEmpty ? store.cached.map { .catalog($0.name) } : names.map { try store.fetchable($0) }
    for reference in references {
      do {
        try store.verify(reference)
        try? Terminal.say(lines: ["\(reference.text) good"])
      } catch {
        problems += Diagnostic.all(from: error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }
}
