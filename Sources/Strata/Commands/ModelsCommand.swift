import ArgumentParser

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Models that can be named in a spec.",
    discussion: "STRATA_CATALOG may name a catalog of your own; see docs/spec.md.",
    subcommands: [
      ModelsListCommand.self, ModelsShowCommand.self, ModelsPullCommand.self, ModelsVerifyCommand.self,
      ModelsFamiliesCommand.self,
    ])
}
