import Foundation

/// What the command line says.
struct Limits {
  var seed = "1"
  /// Readers by name; none for all.
  var only: [String] = []
  /// Number of the first input of every reader.
  var first = 0
  /// Inputs of every reader; nil for as many as the time allows.
  var count: Int?
  /// Seconds in all.
  var total = 60.0
  /// The longest that an input may take, seconds.
  var seconds = 20
  /// The most memory that a child may take, megabytes.
  var megabytes = 600
  /// The largest address space of a child, gigabytes; 0 for no limit, as address sanitizers need.
  var addressSpace = 8
  /// Children at a time.
  var jobs = ProcessInfo.processInfo.activeProcessorCount
  /// Where inputs that were faults are kept; nil for nowhere.
  var keep: URL?
  /// The folder of a child, and when it must stop; nil in the parent.
  var child: (folder: URL, until: Double)?

  static let usage = """
    usage: StrataFuzz [--seconds N] [--count N] [--seed TEXT] [--only READER]... [--first N] [--jobs N] [--keep FOLDER]
                      [--input-seconds N] [--megabytes N] [--address-space GB]
           StrataFuzz --list
    """

  /// Reads the arguments; nil when one is wrong.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch name {
      case "--seed": seed = value
      case "--only": only.append(value)
      case "--keep": keep = URL(fileURLWithPath: value, isDirectory: true)
      case "--child":
        let parts = value.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let until = Double(parts[0]) else { return nil }
        child = (URL(fileURLWithPath: String(parts[1]), isDirectory: true), until)
      case "--seconds":
        guard let number = Double(value) else { return nil }
        total = number
      default:
        guard let number = Int(value), number >= 0 else { return nil }
        switch name {
        case "--count": count = number
        case "--first": first = number
        case "--jobs": jobs = max(1, number)
        case "--input-seconds": seconds = max(1, number)
        case "--megabytes": megabytes = number
        case "--address-space": addressSpace = number
        default: return nil
        }
      }
    }
  }
}
