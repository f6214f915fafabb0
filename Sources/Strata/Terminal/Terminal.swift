import Engine
import Figures
import Files
import Foundation
import Words

/// Where the program writes: data to stdout, messages to stderr.
enum Terminal {
  /// Writes a line to stderr.
  static func talk(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((shown(line) + "\n").utf8))
  }

  /// Writes a line to stderr in place of the one that was written so before; an empty one clears it.
  static func rewrite(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data(("\r\u{1B}[K" + shown(line)).utf8))
  }

  /// Writes text to stdout.
  ///
  /// - Throws: `Diagnostic` of the category `cannotWrite`.
  static func say(_ text: String) throws {
    try say(Data(shown(text).utf8))
  }

  /// Writes lines to stdout; each stays one line, whatever names of files and models are in it.
  ///
  /// - Throws: `Diagnostic` of the category `cannotWrite`.
  static func say(lines: [String]) throws {
    try say(lines.map { VisibleText.inline($0) + "\n" }.joined())
  }

  /// Writes a command of GitHub Actions to stdout, on a line of its own.
  ///
  /// - Throws: `Diagnostic` of the category `cannotWrite`.
  static func command(_ line: String) throws { try say(Data((TerminalText.safe(line) + "\n").utf8)) }

  /// Whether a runner of GitHub Actions reads what is written here.
  static let isReadByActions = ProcessInfo.processInfo.environment["GITHUB_ACTIONS"] == "true"

  private static func shown(_ text: String) -> String {
    isReadByActions ? TerminalText.withoutCommands(text) : TerminalText.safe(text)
  }

  /// Writes data to stdout, byte for byte: JSON and tables for other programs.
  ///
  /// - Throws: `Diagnostic` of the category `cannotWrite`.
  static func say(_ data: Data) throws {
    try AtomicFile.writeToStandardOutput(data)
  }

  /// Whether stderr is a terminal that can rewrite a line.
  static var talksToPerson: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Colours for stdout, by the common conventions: NO_COLOR, FORCE_COLOR, TERM, COLORTERM.
  static var palette: RankPalette {
    RankPalette(environment: ProcessInfo.processInfo.environment, isTerminal: isatty(STDOUT_FILENO) == 1)
  }

  /// Columns of the terminal, nil when there is none.
  static var width: Int? {
    var size = winsize()
    guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }
}
