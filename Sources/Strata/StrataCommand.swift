import ArgumentParser
import Files
import Plot
import Words

/// The program: parses, runs, and turns every error into words on stderr and an exit code.
@main
struct StrataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "strata",
    abstract: "Figures and galleries of how a language model's hidden states become words.",
    discussion: """
      EXAMPLES:
        strata build examples/article.yaml
        strata show --model smollm2-135m --prompt "Heathrow is in" --generate 3
        strata trace --model smollm2-135m --prompt "The keys" --watch " is" -o t.json
        strata draw t.json --kind token-ranks -o keys.pdf
      """,
    version: StrataVersion.current,
    subcommands: [
      InitCommand.self, BuildCommand.self, WatchCommand.self, CheckCommand.self, PlanCommand.self, TraceCommand.self,
      ExportCommand.self, GatherCommand.self, DrawCommand.self, ShowCommand.self, DatasetCommand.self, LensCommand.self,
      ModelsCommand.self,
      KindsCommand.self, KeysCommand.self, DiffCommand.self, DoctorCommand.self,
    ])

  static func main() {
    Interruption.install()
    // Before libraries are opened by name.
    _ = PlotLibraries.loadedAtStart
    var name: String?
    do {
      try ResourceLimits.require()
      try Installation.useOwnFonts()
      try Input.requireText(arguments: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
      let words = CommandLine.arguments.dropFirst()
      try requireCommand(words.first == "help" ? words.dropFirst().first : words.first)
      if words.first == "draw" { try DrawCommand.requireOwnOptions(words.dropFirst()) }
      var command = try parseAsRoot()
      name = type(of: command).configuration.commandName
      try command.run()
    } catch let error where error.isOurs {
      let diagnostics = Diagnostic.all(from: error)
      Terminal.talk(Diagnostic.rendered(diagnostics))
      let status = diagnostics.first { $0.severity == .error }.map { ExitStatus($0.category) } ?? .internalFault
      exit(withError: ExitCode(status.rawValue))
    } catch let error as ValidationError where name != nil {
      // This error is found after parsing; the parser would point to the help of the whole program.
      Terminal.talk("Error: \(error.message)\n  See 'strata \(name ?? "") --help' for more information.")
      exit(withError: ExitCode(ExitStatus.usage.rawValue))
    } catch {
      exit(withError: error)
    }
  }
}

extension StrataCommand {
  /// Suggests a command when the first word is not one; the parser would only call the word unexpected.
  private static func requireCommand(_ word: String?) throws {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName }
    guard let word, !word.hasPrefix("-"), word != "help", !names.contains(word) else { return }
    throw Diagnostic(
      "unknown command '\(word)'", hints: [Suggestion.hint(for: word, among: names, called: "commands")],
      category: .usage)
  }
}

extension Error {
  /// Whether a diagnostic reports the error; the argument parser reports the others.
  fileprivate var isOurs: Bool {
    switch self {
    case is ExitCode, is CleanExit, is ValidationError: false
    default: String(reflecting: type(of: self)).hasPrefix("ArgumentParser.") == false
    }
  }
}
