import ArgumentParser
import Build
import Engine
import Foundation
import Models
import Traces
import Words

struct LensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lens", abstract: "Lenses that were fitted to a model.", subcommands: [LensCheckCommand.self])
}

struct LensCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Compare a fitted lens with the logit lens, layer by layer.",
    usage: "strata lens check [<options>] <lens> --model <model>",
    discussion: """
      Prints the mean divergence (KL) of the model's output from what each lens reads after every layer, in nats. A lens that is \
      farther from the output than the logit lens after most layers was probably fitted to another model; the exit code is 2 then. \
      Without --prompt or --prompt-file, three English texts are read.
      """)

  @Argument(
    help: ArgumentHelp(
      "The file of a Jacobian lens, org/name:PATH on the hub, or the folder of a tuned lens.", valueName: "lens"))
  var lens: String

  @Option(
    name: .shortAndLong,
    help: "A name from `strata models list`, org/name on the hub, ollama:name, or the path of a .gguf file or a folder."
  )
  var model: String

  @Option(
    name: .shortAndLong, parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A text to read. May be given several times.", valueName: "text"))
  var prompt: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file whose whole content is a text; - is standard input. May be given several times.", valueName: "file"))
  var promptFile: [String] = []

  @Flag(help: "Print the numbers as JSON (strata.lens-check/1).")
  var json = false

  @OptionGroup var opening: ModelOptionGroup
  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func run() throws {
    let display = talk.display
    defer { display.finish() }
    let given = try prompt + promptFile.map(Input.text)
    let requests = (given.isEmpty ? LensCheck.texts : given).map { TraceRequest(prompt: $0, topK: 1, columns: .all) }
    var isFolder: ObjCBool = false
    let isTuned = FileManager.default.fileExists(atPath: lens, isDirectory: &isFolder) && isFolder.boolValue
    let runner = NumbersRunner(store: try Shared.store(), source: EngineSource(threads: compute.threads))
    let check = try runner.lensCheck(
      of: model, lens: isTuned ? .tuned(lens) : .jacobian(lens), requests, options: opening.value,
      adapter: opening.adapter, base: Shared.currentFolder, offline: fetch.offline, progress: display.handler)
    display.finish()
    if json { try Terminal.say(try check.jsonData()) } else { try Terminal.say(check.text) }
    if check.isSuspect { throw ExitCode(ExitStatus.differs.rawValue) }
  }
}
