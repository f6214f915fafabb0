import ArgumentParser
import Build
import Engine
import Words

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check what the program needs: fonts, libraries, cache, disk, python3 and pip.",
    usage: "strata doctor [<options>]",
    discussion:
      "With --model, check the lens on a model instead: for example, that its last row is the model's own output.")

  @Option(
    help: ArgumentHelp(
      "A model to check: a name of the catalog, org/name on the hub, a .gguf file or a folder.", valueName: "ref"))
  var model: String?

  @OptionGroup var opening: ModelOptionGroup
  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func validate() throws {
    guard model == nil else { return }
    try Unused.refuse(
      opening.given + fetch.given + compute.given + talk.given, because: "without --model no model is opened")
  }

  func run() throws {
    let findings = try model.map(check) ?? Doctor(store: try Shared.store()).findings()
    try Terminal.say(lines: findings.map(\.line))
    if findings.contains(where: { !$0.isGood }) { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }

  private func check(_ model: String) throws -> [Doctor.Finding] {
    let display = talk.display
    defer { display.finish() }
    return try ModelDoctor(store: try Shared.store(), threads: compute.threads).findings(
      of: model, options: opening.value, adapter: opening.adapter, base: Shared.currentFolder, offline: fetch.offline,
      progress: display.handler)
  }
}
