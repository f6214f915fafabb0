import Foundation

/// Processor time that other programs took while something was measured.
struct Company {
  /// More than this share of one processor disturbs a repetition.
  static let most = 0.05

  private let busy: Double
  private let own: Double
  private let begin: ContinuousClock.Instant

  /// Begins to watch.
  init() {
    busy = Self.busySeconds()
    own = Self.ownSeconds()
    begin = .now
  }

  /// Processors' worth of others since then: 0.5 is half a processor, and 0 also where the system does not tell.
  func share() -> Double {
    let seconds = (ContinuousClock.now - begin).inSeconds
    guard seconds > 0 else { return 0 }
    return max(0, (Self.busySeconds() - busy) - (Self.ownSeconds() - own)) / seconds
  }

  /// What all processors together have worked, in steps of 10 ms; time that a virtual machine was not given counts, too.
  private static func busySeconds() -> Double {
    let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
    let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().map { Double($0) ?? 0 }
    // user, nice, system, idle, iowait, irq, softirq, steal.
    guard fields.count >= 8 else { return 0 }
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// What this process and its ended children have worked.
  private static func ownSeconds() -> Double {
    [RUSAGE_SELF, RUSAGE_CHILDREN].reduce(0) { sum, who in
      var usage = rusage()
      getrusage(who.rawValue, &usage)
      let microseconds = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
      return sum + Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + microseconds * 1e-6
    }
  }
}
