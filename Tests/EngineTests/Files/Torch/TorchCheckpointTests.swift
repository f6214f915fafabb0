import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

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
    withExtendedLifetime(file.owner) { #expect(file.tensors["1.weight"]?.values.contains { $0 != 0 } == true) }
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

  @Test(arguments: ["odd-zip.pt", "odd-legacy.pt"]) func readsViewsAndOtherTypes(name: String) throws {
    let file = try TorchCheckpoint(path: Fixtures.url("weights/\(name)").path)
    #expect(file.otherTensors == ["doubles": "F64", "mask": "BOOL", "steps": "I64", "bytes": "U8"])
    let expected = try JSONDocument(path: Fixtures.url("weights/odd.json").path).root
    #expect(file.tensors.count == expected.count && file.tensors.count == 11)
    for member in try expected.requireMembers() {
      let tensor = try #require(file.tensors[member.key])
      #expect(tensor.shape == member.value["shape"]?.elements?.compactMap(\.integer))
      withExtendedLifetime(file.owner) {
        #expect(tensor.values == member.value["values"]?.elements?.map { Float($0.real ?? .nan) }, "\(member.key)")
      }
    }
  }

  @Test func refusesWhatStandsForMoreThanIsStoredAndWhatIsNoDictionaryOfTensors() throws {
    guard
      case .strided(_, "expanded", [1000, 1000], [0, 0])? = #expect(
        throws: TorchError.self, performing: { try TorchCheckpoint(path: Fixtures.url("weights/expanded.pt").path) })
    else { Issue.record("a million values of one went unnoticed"); return }
    let nested = #expect(throws: TorchError.self) { try TorchCheckpoint(path: Fixtures.url("weights/nested.pt").path) }
    #expect(nested?.message == "expected a dictionary of tensors, found something else under 'state_dict'")
    #expect(nested?.hints.last?.contains("under a key") == true)
  }

  @Test func neverCrashesOnALegacyFileThatIsCutOffOrDamaged() throws {
    let whole = try Data(contentsOf: Fixtures.url("weights/odd-legacy.pt"))
    for length in 1..<whole.count {
      #expect(throws: (any Error).self, "\(length)") { try open { $0 = whole.prefix(length) } }
    }
    for place in whole.indices {
      _ = try? open {
        $0 = whole; $0[place] ^= 0xFF
      }
      _ = try? open {
        $0 = whole; $0[place] = 0
      }
    }
  }
}
