import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("Forms of weights in a folder")
struct WeightFormTests {
  private let plain: Data

  init() throws { plain = try FolderForm.plain("qwen2") }

  @Test(
    "pytorch_model.bin gives the bytes of safetensors", arguments: ["zip.bin", "legacy.bin", "legacy-protocol-4.bin"])
  func torch(file: String) throws {
    try withForm("qwen2") { form in
      try form.copy(file, as: "pytorch_model.bin")
      let found = try form.trace()
      #expect(found.bytes == plain && found.notes == [])
      let files = try openModelFiles(path: form.folder.path)
      #expect(files.contentPaths.contains(files.path + "/pytorch_model.bin"))
    }
  }

  @Test("several .bin files give the same bytes, with and without their index")
  func torchParts() throws {
    try withForm("qwen2") { form in
      let parts = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
      for part in parts { try form.copy(part) }
      let numbered = try form.trace()
      #expect(numbered.bytes == plain)
      #expect(numbered.notes == ["there is no 'pytorch_model.bin.index.json'; all 2 numbered files are read"])
      try form.copy("pytorch_model.bin.index.json")
      let indexed = try form.trace()
      #expect(indexed.bytes == plain && indexed.notes == [])
      #expect(
        try openModelFiles(path: form.folder.path).contentPaths.filter { $0.contains("pytorch_model") }.count == 3)
      try FileManager.default.removeItem(at: form.folder.appending(path: parts[0]))
      #expect(throws: LoadError.self) { try form.trace() }
      try FileManager.default.removeItem(at: form.folder.appending(path: "pytorch_model.bin.index.json"))
      #expect(
        throws: ModelFolderError.incompleteParts(path: form.folder.path, found: [parts[1]], count: 2)
      ) { try form.trace() }
    }
  }

  @Test("safetensors come before what is pickled")
  func precedence() throws {
    try withForm("qwen2") { form in
      try form.write("model.safetensors", form.tensors)
      try Data("no archive".utf8).write(to: form.folder.appending(path: "pytorch_model.bin"))
      #expect(try form.trace().bytes == plain)
      // As in transformers, one file comes before an index.
      try form.writeIndex(["x": "none.safetensors"])
      #expect(try form.trace().bytes == plain)
    }
  }

  @Test("parts of a GGUF give the bytes of the whole, whichever part is named", arguments: 1...3)
  func ggufParts(number: Int) throws {
    let whole = try FolderForm.trace(Fixtures.url("models/qwen2/qwen2.gguf").path)
    try withTemporaryFolder { folder in
      let names = (1...3).map { "qwen2-0000\($0)-of-00003.gguf" }
      for name in names {
        try FileManager.default.copyItem(at: Fixtures.url("weights/\(name)"), to: folder.appending(path: name))
      }
      #expect(try FolderForm.trace(folder.path).bytes == whole.bytes)
      let part = folder.appending(path: names[number - 1]).path
      #expect(try FolderForm.trace(part).bytes == whole.bytes)
      let files = try openModelFiles(path: part)
      #expect(files.path == folder.appending(path: names[0]).path)
      #expect(files.contentPaths == names.map { folder.appending(path: $0).path })
      let other = folder.appending(path: names[number % 3])
      try FileManager.default.removeItem(at: other)
      #expect(throws: GGUFError.missingPart(path: part, name: other.lastPathComponent, count: 3)) {
        try openModelFiles(path: part)
      }
      #expect(throws: GGUFError.self) { try openModelFiles(path: folder.path) }
    }
  }

  @Test("a part that is not what its name says is refused")
  func wrongParts() throws {
    try withTemporaryFolder { folder in
      func put(_ number: Int, as name: String) throws {
        let place = folder.appending(path: name)
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.copyItem(at: Fixtures.url("weights/qwen2-0000\(number)-of-00003.gguf"), to: place)
      }
      try put(1, as: "m.gguf")
      let path = folder.appending(path: "m.gguf").path
      #expect(throws: GGUFError.partName(path: path, number: 1, count: 3)) { try openModelFiles(path: path) }
      for number in 1...3 { try put(number, as: "m-0000\(number)-of-00003.gguf") }
      try put(3, as: "m-00002-of-00003.gguf")
      let second = folder.appending(path: "m-00002-of-00003.gguf").path
      #expect(throws: GGUFError.wrongPart(path: second, key: "split.no", expected: 1, found: 2)) {
        try openModelFiles(path: second)
      }
      for number in 1...2 { try put(number, as: "n-0000\(number)-of-00002.gguf") }
      let first = folder.appending(path: "n-00001-of-00002.gguf").path
      #expect(throws: GGUFError.wrongPart(path: first, key: "split.count", expected: 2, found: 3)) {
        try openModelFiles(path: first)
      }
    }
  }
}
