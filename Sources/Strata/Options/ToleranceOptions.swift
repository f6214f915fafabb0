import ArgumentParser
import Build
import Engine
import Plot

/// What counts as equal, for commands that compare.
struct ToleranceOptions: ParsableArguments, GivenOptions {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Numbers may differ by this much, ranks not at all (default: 0).", valueName: "number"),
    transform: NumberOption.real)
  var tolerance: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Channels of pixels may differ by this much, of 255 (default: 0).", valueName: "number"),
    transform: NumberOption.whole)
  var channelTolerance: Int?

  var value: DiffTolerance { DiffTolerance(number: tolerance ?? 0, channel: channelTolerance ?? 0) }

  var given: [String] {
    [("--tolerance", tolerance != nil), ("--channel-tolerance", channelTolerance != nil)].names
  }

  func validate() throws {
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
      throw ValidationError("--tolerance expects a number >= 0, found \(tolerance)")
    }
    if let channelTolerance, !(0...255).contains(channelTolerance) {
      throw ValidationError("--channel-tolerance expects a whole number from 0 to 255, found \(channelTolerance)")
    }
  }
}
