import Engine
import Foundation
import TestSupport
import Testing

@Suite struct OpenModelFilesTests {
  private func error(_ files: [String: [UInt8]], opening name: String = "") throws -> (place: String, message: String)?
  {
    try withTemporaryFolder { folder in
      try RawSafetensors.write(files, to: folder)
      let path = name.isEmpty ? folder.path : folder.path + "/" + name
      let error = #expect(throws: (any Error).self) { try openModelFiles(path: path) } as? any EngineError
      return error.map { ($0.place.replacing(folder.path, with: "FOLDER"), $0.message) }
    }
  }

  @Test func aFileAndAFolderAreOpenedByWhatTheyAre() throws {
    #expect(try openModelFiles(path: Fixtures.url("models/gpt2/gpt2.gguf").path).kind == .gguf)
    let folder = try openModelFiles(path: Fixtures.url("models/gpt2/hf").path + "/")
    #expect(folder.kind == .safetensors && folder.architecture == "gpt2")
    #expect(folder.contentPaths.allSatisfy { !$0.contains("//") })
  }

  @Test(arguments: [["m.gguf"], ["m.gguf", "config.json", "README.md"], ["M.GGUF"]])
  func aFolderWithOneGGUFIsThatModel(_ names: [String]) throws {
    try withTemporaryFolder { folder in
      try RawSafetensors.write(Dictionary(uniqueKeysWithValues: names.map { ($0, RawGGUF().bytes) }), to: folder)
      let files = try openModelFiles(path: folder.path)
      #expect(files.kind == .gguf && files.path == folder.path + "/" + names[0])
    }
  }

  @Test func aGGUFMayHaveAnyName() throws {
    try withTemporaryFolder { folder in
      try RawSafetensors.write(["sha256-0123": RawGGUF().bytes], to: folder)
      #expect(try openModelFiles(path: folder.path + "/sha256-0123").kind == .gguf)
    }
  }

  @Test func whatIsNoModelIsAnErrorThatSaysWhatWasFound() throws {
    #expect(try error([:], opening: "none")?.message == "no such file or folder")
    #expect(
      try error([:])?.message == "expected a .gguf file, or config.json with *.safetensors, found an empty folder")
    #expect(
      try error(["config.json": RawSafetensors.config, "notes.txt": []])?.message
        == "expected a .gguf file, or config.json with *.safetensors, found 'config.json', 'notes.txt'")
    #expect(
      try error(["model.safetensors": RawSafetensors.right])?.message
        == "expected a config.json beside the safetensors, found none")
    #expect(
      try error(["a.gguf": [], "b.gguf": []])?.message
        == "expected one weight file or an index, found 'a.gguf', 'b.gguf'")
    #expect(
      try error(["m.safetensors": RawSafetensors.right], opening: "m.safetensors")?.message
        == "expected the folder of a safetensors model, found one of its files")
    #expect(try error(["m.gguf": []], opening: "m.gguf")?.message == "the file is empty")
    let text = try error(["notes.txt": Array("hello".utf8)], opening: "notes.txt")
    #expect(text?.message == "expected a GGUF file, which begins with 'GGUF', found the bytes 68 65 6c 6c")
    #expect(text?.place == "FOLDER/notes.txt")
  }

  @Test func partsOfASplitGGUFAreNotSupported() throws {
    let parts = ["m-00001-of-00002.gguf": RawGGUF().bytes, "m-00002-of-00002.gguf": RawGGUF().bytes]
    let message = "a GGUF split over 2 files is not supported, expected one file"
    #expect(try error(parts)?.message == message)
    #expect(try error(parts, opening: "m-00002-of-00002.gguf")?.message == message)
    try withTemporaryFolder { folder in
      try RawSafetensors.write(["m-00001-of-00001.gguf": RawGGUF().bytes], to: folder)
      #expect(try openModelFiles(path: folder.path).kind == .gguf)
    }
  }

  @Test func picklesAreRefusedWithAReason() throws {
    let error = ModelFolderError.noWeights(path: "m", found: ["pytorch_model.bin"])
    #expect(
      error.hints == [
        "PyTorch's pickled weights are not read, since they can run any program; convert them to safetensors"
      ])
  }

  @Test func mappingAFolderOrAPipeIsAnError() throws {
    try withTemporaryFolder { folder in
      #expect(throws: FileError.isFolder(path: folder.path)) { try MemoryMap(path: folder.path) }
      let pipe = folder.path + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(throws: FileError.notRegular(path: pipe)) { try MemoryMap(path: pipe) }
      #expect(throws: FileError.notFound(path: folder.path + "/a/b")) { try MemoryMap(path: folder.path + "/a/b") }
    }
  }
}
