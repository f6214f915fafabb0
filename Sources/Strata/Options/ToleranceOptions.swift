import ArgumentParser
import Build
import Engine
import Plot

/// What counts as equal, for commands that compare.
struct ToleranceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Numbers may differ by this much; ranks may not.", valueName: "number"))
  var tolerance: Double = 0

  @Option(help: ArgumentHelp("Channels of pixels may differ by this much, of 255.", valueName: "number"))
  var channelTolerance: Int = 0

  var value: DiffTolerance { DiffTolerance(number: tolerance, channel: channelTolerance) }

  func validate() throws {
    guard tolerance >= 0, tolerance.isFinite else { throw ValidationError("--tolerance expects a number >= 0") }
    guard (0...255).contains(channelTolerance) else {
      throw ValidationError("--channel-tolerance expects a number from 0 to 255")
    }
  }
}
