import ArgumentParser
import Report

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check what the program needs: fonts, libraries, cache, disk, python3 and pip.")

  func run() throws {
    let findings = Doctor(store: try Shared.store()).findings()
    try Terminal.say(findings.map { $0.line + "\n" }.joined())
    if findings.contains(where: { !$0.isGood }) { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }
}
