import ArgumentParser

/// The program: cases by default.
@main
struct StrataBenchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "StrataBenchmarks", abstract: "How fast Strata is, beside what the machine can do.",
    discussion: RunCommand.configuration.discussion,
    subcommands: [RunCommand.self, ScalingCommand.self, InstructionsCommand.self, CommandCommand.self],
    defaultSubcommand: RunCommand.self)
}
