import ArgumentParser
import Engine
import Models
import Spec

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Keys of a spec: values, defaults and examples.")

  @Argument(
    help: "The mapping of a spec whose keys to list; all mappings by default.", completion: .list(KeyList.names))
  var mapping: String?

  @Flag(help: "The keys as a Markdown table.")
  var markdown = false

  @Flag(help: "All keys as a JSON Schema, with which editors complete and check specs.")
  var schema = false

  func validate() throws {
    if markdown, mapping == nil { throw ValidationError("--markdown needs the name of a mapping") }
    if schema, mapping != nil { throw ValidationError("--schema covers every mapping and takes no name") }
  }

  func run() throws {
    let vocabulary = try SpecVocabulary.current(catalog: ModelCatalog(environment: [:]))
    if schema { return try Terminal.say(SpecSchema.text(vocabulary)) }
    guard let mapping else { return try Terminal.say(KeyList.text) }
    try Terminal.say(try markdown ? KeyList.markdown(of: mapping, vocabulary) : KeyList.text(of: mapping, vocabulary))
  }
}
