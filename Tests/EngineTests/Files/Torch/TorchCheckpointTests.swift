import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("Files of torch.save")
struct TorchCheckpointTests {
  private static let original = Fixtures.url("lenses/gpt2/params.pt")

  /// Opens a changed copy of a lens's parameters.
  private func open(_ change: (inout Data) -> Void) throws -> TorchCheckpoint {
    try withTemporaryFolder { folder in
      var data = try Data(contentsOf: Self.original)
      change(&data)
      let file = folder.appending(path: "p.pt")
      try data.write(to: file)
      return try TorchCheckpoint(path: file.path)
    }
  }

  /// The error of a copy in which every occurrence of a text is replaced by another of the same length.
  private func error(replacing old: String, with new: String) -> TorchError? {
    #expect(old.utf8.count == new.utf8.count)
    do {
      _ = try open { data in
        var start = data.startIndex
        while let range = data.range(of: Data(old.utf8), in: start..<data.endIndex) {
          data.replaceSubrange(range, with: Data(new.utf8))
          start = range.upperBound
        }
      }
      return nil
    } catch { return error as? TorchError }
  }

  @Test func givesTheTensors() throws {
    let file = try TorchCheckpoint(path: Self.original.path)
    #expect(file.tensors.keys.sorted() == (0..<3).flatMap { ["\($0).bias", "\($0).weight"] })
    #expect(file.tensors["1.weight"]?.shape == [20, 20])
    withExtendedLifetime(file.map) { #expect(file.tensors["1.weight"]?.values.contains { $0 != 0 } == true) }
  }

  @Test func callsNothing() throws {
    guard case .forbidden(_, "subprocess_.OrderedDict")? = error(replacing: "collections\n", with: "subprocess_\n")
    else { Issue.record("a call went unnoticed"); return }
    guard case .forbidden(_, "torch._utils._rebuild_tensor_v9")? = error(replacing: "_tensor_v2", with: "_tensor_v9")
    else { Issue.record("a call went unnoticed"); return }
  }

  @Test func saysWhatItCannotRead() throws {
    guard
      case .unsupportedType(_, "0.weight", "torch.DoubleStores")? = error(
        replacing: "FloatStorage", with: "DoubleStores")
    else { Issue.record("doubles went unnoticed"); return }
    guard case .byteOrder? = error(replacing: "little", with: "biggie") else {
      Issue.record("the byte order went unnoticed")
      return
    }
    guard case .noPickle? = error(replacing: "data.pkl", with: "data.pkx") else {
      Issue.record("a missing pickle went unnoticed")
      return
    }
    #expect(throws: TorchError.self) { try open { $0 = Data("\u{80}\u{02}not an archive".utf8) } }
  }

  @Test func neverCrashesOnAFileThatIsCutOffOrDamaged() throws {
    let whole = try Data(contentsOf: Self.original)
    for length in stride(from: 1, to: whole.count, by: 101) {
      #expect(throws: (any Error).self) { try open { $0 = $0.prefix(length) } }
    }
    // Values may change unnoticed; nothing else may happen.
    for place in stride(from: 0, to: whole.count, by: 23) {
      _ = try? open { $0[place] ^= 0xFF }
      _ = try? open { $0[place] = 0 }
    }
  }
}
