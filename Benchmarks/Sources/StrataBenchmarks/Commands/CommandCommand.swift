import ArgumentParser
import Foundation

/// The small process between a benchmark and a command that it measures.
struct CommandCommand: ParsableCommand {
  static let name = "command"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Run a command; say its time and peak memory as JSON.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough) var command: [String]

  func run() throws {
    let words = Array(command.drop { $0 == "--" })
    FileHandle.standardOutput.write(try JSONEncoder().encode(Child(running: words)))
  }
}
