import Engine
import Foundation
import TestSupport
import Testing
import Traces

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
      try error([:])?.message
        == "expected a .gguf file, or config.json with *.safetensors or pytorch_model.bin, found an empty folder")
    #expect(
      try error(["config.json": RawSafetensors.config, "notes.txt": []])?.message
        == "expected a .gguf file, or config.json with *.safetensors or pytorch_model.bin, found 'config.json' and 1 more"
    )
    #expect(
      try error(["model.safetensors": RawSafetensors.right])?.message
        == "expected a config.json beside the weights, found none")
    #expect(
      try error(["a.gguf": [], "b.gguf": []])?.message
        == "expected one weight file or an index, found 'a.gguf', 'b.gguf'")
    #expect(
      try error(["m.safetensors": RawSafetensors.right], opening: "m.safetensors")?.message
        == "expected the folder of the model, found one of its files")
    #expect(try error(["m.gguf": []], opening: "m.gguf")?.message == "the file is empty")
    let text = try error(["notes.txt": Array("hello".utf8)], opening: "notes.txt")
    #expect(text?.message == "expected a GGUF file, which begins with 'GGUF', found the bytes 68 65 6c 6c")
    #expect(text?.place == "FOLDER/notes.txt")
  }

  @Test func aPartByItsNameMustSayThatItIsOne() throws {
    let parts = ["m-00001-of-00002.gguf": RawGGUF().bytes, "m-00002-of-00002.gguf": RawGGUF().bytes]
    let message = "the name says that this is a part of a model, expected the key 'split.count', found none"
    #expect(try error(parts)?.message == message)
    #expect(try error(parts, opening: "m-00002-of-00002.gguf")?.message == message)
    try withTemporaryFolder { folder in
      try RawSafetensors.write(["m-00001-of-00001.gguf": RawGGUF().bytes], to: folder)
      #expect(try openModelFiles(path: folder.path).kind == .gguf)
    }
  }

  private func gguf(_ type: String?, _ architecture: String? = nil) -> [UInt8] {
    var file = RawGGUF()
    if let type { file.add("general.type", RawGGUF.string(type)) }
    if let architecture { file.keys[0].value = RawGGUF.string(architecture) }
    return file.bytes
  }

  @Test func whatLiesBesideAModelInGGUFIsPassedOverWithANote() throws {
    try withTemporaryFolder { folder in
      let files = [
        "m-Q8_0.gguf": gguf("model"), "a-mmproj.gguf": gguf("mmproj"), "clip.gguf": gguf(nil, "clip"),
        "lora.gguf": gguf("adapter"), "i.gguf": gguf("imatrix"),
      ]
      try RawSafetensors.write(files, to: folder)
      let model = try openModelFiles(path: folder.path)
      #expect(model.path == folder.path + "/m-Q8_0.gguf")
      #expect(
        model.notes.all.map(\.message) == [
          "passed over: 'a-mmproj.gguf' (a projector for pictures or sound), 'clip.gguf' (a projector for pictures or sound), "
            + "'i.gguf' (an importance matrix), 'lora.gguf' (an adapter)"
        ])
    }
    #expect(
      try error(["a.gguf": gguf("mmproj")])?.message
        == "expected a language model, found 'a.gguf' (a projector for pictures or sound)")
    #expect(
      try error(["a.gguf": gguf(nil), "b.gguf": gguf("model"), "c.gguf": gguf("mmproj")])?.message
        == "expected one weight file or an index, found 'a.gguf', 'b.gguf'")
  }

  @Test func namesThatSayNothingAboutAModelAreCountedAlone() {
    for (names, shown) in [
      (["passwd", "shadow"], "2 other names"), (["salaries.json"], "1 other name"),
      (["config.json", "model.pt", "x.txt"], "'config.json', 'model.pt' and 1 more"),
    ] {
      let message = ModelFolderError.noWeights(path: "m", found: names).message
      #expect(message.contains("found \(shown)"), "\(message)")
    }
  }

  @Test func weightsInOtherFormsAreNamedWithWhatToDo() throws {
    func found(_ names: [String]) -> ModelFolderError { .noWeights(path: "m", found: names) }
    #expect(
      found(["config.json", "flax_model.msgpack", "tf_model.h5"]).message
        == "expected a .gguf file, or config.json with *.safetensors or pytorch_model.bin, found 'config.json',"
        + " 'flax_model.msgpack', 'tf_model.h5', weights for TensorFlow and Flax")
    #expect(
      found(["model.onnx"]).hints == [
        "ONNX: an ONNX file is a program made from a model; fetch the model itself, as safetensors or GGUF"
      ])
    #expect(
      found(["consolidated.00.pth"]).hints.first?.hasPrefix("the layout of Mistral's or Meta's own programs: ") == true)
    #expect(
      found(["adapter.pt"]).hints.first?.hasPrefix("PyTorch: a state dictionary is read when it is called") == true)
    let mistral = ["config.json": RawSafetensors.config, "consolidated.safetensors": RawSafetensors.right]
    #expect(try error(mistral)?.message.hasSuffix("weights for the layout of Mistral's or Meta's own programs") == true)
    try withTemporaryFolder { folder in
      try RawSafetensors.write(mistral.merging(["w.safetensors": RawSafetensors.right]) { $1 }, to: folder)
      #expect(
        try openModelFiles(path: folder.path).contentPaths.map { $0.hasSuffix("/w.safetensors") } == [false, true])
    }
  }

  @Test func aLinkToAFileThatIsGoneIsToldApartFromNoFile() throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      try RawSafetensors.write(
        ["config.json": RawSafetensors.config, "model.safetensors": RawSafetensors.right], to: folder)
      for name in ["tokenizer.json", "config.json", "model.safetensors"] {
        let place = folder.appending(path: name).path
        try? manager.removeItem(atPath: place)
        try manager.createSymbolicLink(atPath: place, withDestinationPath: "../../blobs/0123")
        let error = #expect(throws: (any Error).self) { try openModelFiles(path: folder.path) } as? any EngineError
        #expect(error?.place.hasPrefix(folder.path + "/") == true)
        #expect(error?.message == "the link points to '../../blobs/0123', which does not exist", "\(name)")
        #expect(error?.hints.first?.contains("'strata models pull'") == true)
        #expect(throws: FileError.brokenLink(path: place, target: "../../blobs/0123")) {
          try openModelFiles(path: place)
        }
        // The next one is to be found by itself.
        try manager.removeItem(atPath: place)
        if name == "config.json" { try RawSafetensors.write([name: RawSafetensors.config], to: folder) }
      }
    }
  }

  @Test func aPipeInPlaceOfJSONIsAnError() throws {
    try withTemporaryFolder { folder in
      try RawSafetensors.write(["model.safetensors": RawSafetensors.right], to: folder)
      let pipe = folder.path + "/config.json"
      #expect(mkfifo(pipe, 0o600) == 0)
      let expected = JSONError.unreadable(
        path: pipe, reason: "it is a device, a pipe or a socket, where a regular file is expected")
      // The files of a model are looked at before one is read.
      #expect(throws: FileError.notRegular(path: pipe)) { try openModelFiles(path: folder.path) }
      // Every JSON file of a model is read there: indexes, vocabularies, templates.
      #expect(throws: expected) { try JSONDocument(path: pipe) }
    }
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
