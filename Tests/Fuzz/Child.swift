import Foundation

/// What a child process tells its parent in a file that both have mapped, so that a crash loses nothing.
struct Progress {
  /// The places of the numbers in the file.
  private enum Field: Int { case number, done, read, slowest, slowestNumber, peak }

  private let fields: UnsafeMutablePointer<Int64>
  private static let bytes = 4096

  /// Maps the file at `place`; nil when that is impossible.
  init?(_ place: URL) {
    let descriptor = open(place.path, O_RDWR | O_CREAT, 0o644)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard ftruncate(descriptor, Self.bytes) == 0,
      let map = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), map != MAP_FAILED
    else { return nil }
    fields = map.bindMemory(to: Int64.self, capacity: Self.bytes / 8)
  }

  func unmap() { munmap(fields, Self.bytes) }

  private subscript(_ field: Field) -> Int {
    get { Int(fields[field.rawValue]) }
    nonmutating set { fields[field.rawValue] = Int64(newValue) }
  }

  /// The input that is being read.
  var number: Int {
    get { self[.number] }
    nonmutating set { self[.number] = newValue }
  }
  /// Inputs that were read or refused.
  var done: Int {
    get { self[.done] }
    nonmutating set { self[.done] = newValue }
  }
  /// Inputs that were read.
  var read: Int {
    get { self[.read] }
    nonmutating set { self[.read] = newValue }
  }
  /// The longest time for an input, microseconds.
  var slowest: Int {
    get { self[.slowest] }
    nonmutating set { self[.slowest] = newValue }
  }
  /// The input that took longest.
  var slowestNumber: Int {
    get { self[.slowestNumber] }
    nonmutating set { self[.slowestNumber] = newValue }
  }
  /// The most memory so far, kibibytes.
  var peak: Int {
    get { self[.peak] }
    nonmutating set { self[.peak] = newValue }
  }
}

/// The process in which inputs are read, one after another; it may crash.
struct Child {
  var reader: FuzzReader
  var limits: Limits
  var folder: URL
  var progress: Progress

  /// Exit status of a child that an input made too large: the next inputs are read by another one.
  static let tooLarge: Int32 = 3
  /// Where the input lies before it is read.
  static let inputName = "input"
  /// Where faults are noted that are no crash, a line each: the number of the input, then what is wrong.
  static let faultsName = "faults"

  /// Reads the inputs from `first` on, until `end` or until the time is over.
  func run(first: Int, end: Int, until: Double) -> Int32 {
    // The thread that started this process may have held signals back.
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    limitMemory()
    let files = reader.files
    for number in first..<end {
      guard now() < until else { break }
      guard let (bytes, seed) = Self.input(number, of: reader, among: files, seed: limits.seed) else { break }
      progress.number = number
      let place = folder.appending(path: Self.inputName)
      unlink(place.path)
      guard (try? bytes.write(to: place)) != nil else {
        note(number, "the input cannot be saved")
        return 1
      }
      let start = now()
      // SIGALRM ends the process.
      alarm(UInt32(limits.seconds))
      let input = FuzzInput(bytes: bytes, seed: seed, folder: folder.appending(path: "work"))
      let (wasRead, fault) = reader.fault(on: input)
      alarm(0)
      let time = Int((now() - start) * 1_000_000)
      if time > progress.slowest { (progress.slowest, progress.slowestNumber) = (time, number) }
      progress.done += 1
      if wasRead { progress.read += 1 }
      if let fault { note(number, fault) }
      progress.peak = max(progress.peak, Self.peak)
      if Self.peak > limits.megabytes << 10 {
        note(number, "took \(Self.peak >> 10) MB")
        progress.number = number + 1
        return Self.tooLarge
      }
    }
    progress.number = end
    return 0
  }

  /// The input of a number: first the kept cases as they are, then damaged ones.
  static func input(_ number: Int, of reader: FuzzReader, among files: [URL], seed: String) -> (Data, URL)? {
    guard !files.isEmpty else { return nil }
    let kept = files.prefix { $0.path.contains("/Fixtures/fuzz/") }.count
    if number < kept { return (try? Data(contentsOf: files[number])).map { ($0, files[number]) } }
    var dice = Dice(seed, reader.name, number)
    let (file, other) = (files[dice.below(files.count)], files[dice.below(files.count)])
    guard let whole = try? Data(contentsOf: file), let second = try? Data(contentsOf: other) else { return nil }
    var damage = Damage(dice: dice, seed: whole, other: second)
    return (damage.damaged(reader.form), file)
  }

  private func note(_ number: Int, _ fault: String) {
    let line = "\(number)\t\(fault.replacing("\n", with: " "))\n"
    let place = folder.appending(path: Self.faultsName)
    let descriptor = open(place.path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = line.withCString { write(descriptor, $0, strlen($0)) }
  }

  /// The most memory of this process so far, kibibytes.
  private static var peak: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }

  /// An allocation beyond all measure ends this process, not the machine.
  private func limitMemory() {
    guard limits.addressSpace > 0 else { return }
    var limit = rlimit(rlim_cur: rlim_t(limits.addressSpace) << 30, rlim_max: rlim_t(limits.addressSpace) << 30)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    // No files of crashed processes.
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }
}

/// Seconds of a clock that never goes back.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
