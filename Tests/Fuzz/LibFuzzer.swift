#if LIBFUZZER
  import Foundation

  // The same readers under libFuzzer, which chooses inputs by what they reach: `swift build --product StrataFuzz -Xswiftc -D
  // -Xswiftc LIBFUZZER -Xswiftc -sanitize=fuzzer-no-link ...`, as Tools/fuzz_coverage.sh does. STRATA_FUZZ_READER names the reader.

  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ read: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
  ) -> Int32

  /// The reader, a seed of it, and a folder to work in.
  private let target: (reader: FuzzReader, seed: URL, folder: URL)? = {
    let name = ProcessInfo.processInfo.environment["STRATA_FUZZ_READER"]
    guard let reader = FuzzReader.all.first(where: { $0.name == name }), let seed = reader.files.first else { return nil }
    let folder = FileManager.default.temporaryDirectory.appending(path: "strata-fuzz-\(getpid())")
    guard (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)) != nil else { return nil }
    return (reader, seed, folder)
  }()

  @_cdecl("StrataFuzz_main")
  func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    var (count, arguments) = (count, arguments)
    guard target != nil else {
      FileHandle.standardError.write(Data("STRATA_FUZZ_READER must name a reader; StrataFuzz --list has them\n".utf8))
      return 64
    }
    return runDriver(&count, &arguments) { bytes, count in
      guard let target, let bytes else { return 0 }
      let input = FuzzInput(bytes: Data(bytes: bytes, count: count), seed: target.seed, folder: target.folder)
      if let fault = target.reader.fault(on: input).fault {
        FileHandle.standardError.write(Data((fault + "\n").utf8))
        abort()
      }
      return 0
    }
  }
#endif
