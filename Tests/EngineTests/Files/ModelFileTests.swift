import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// A text of a model is opened only where it belongs to the model, and only at a size that texts of models have.
@Suite struct ModelFileTests {
  private static let secret = "password=hunter2"

  /// Runs `body` with a copy of a tiny model and a foreign file beside its folder.
  private func withModel(_ name: String = "llama", _ body: (URL, URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "m")
      try FileManager.default.copyItem(at: Fixtures.url("models/\(name)/hf"), to: model)
      let foreign = folder.appending(path: "secret.txt")
      try Data("{\"model_type\": \"\(Self.secret)\", \"chat_template\": \"\(Self.secret)\"}".utf8).write(to: foreign)
      try body(model, foreign)
    }
  }

  private func link(_ place: URL, to target: String) throws {
    try? FileManager.default.removeItem(at: place)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: target)
  }

  /// Opens everything that a folder of a model holds.
  private func open(_ folder: URL) throws {
    _ = try ChatTemplates.files(in: folder.path)
    let files = try openModelFiles(path: folder.path)
    _ = try LanguageModel(files, identity: ModelIdentity(name: "m", sha256: ""))
    _ = try ChatTemplates.of(files)
  }

  private func words(_ error: (any Error)?) -> String {
    (error as? any EngineError).map { ([$0.place, $0.message] + $0.hints).joined(separator: "\n") } ?? "no error"
  }

  @Test(arguments: [
    "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json", "additional_chat_templates/x.jinja",
  ])
  func aTextThatALinkTakesFromElsewhereIsRefused(name: String) throws {
    try withModel { model, foreign in
      for target in [foreign.path, "../\(name.contains("/") ? "../" : "")secret.txt"] {
        try link(model.appending(path: name), to: target)
        let error = #expect(throws: (any Error).self) { try open(model) }
        let words = words(error)
        #expect(words.contains("expected a file in the folder of the model, found a link to '\(target)'"), "\(words)")
        #expect(words.contains("\(model.path)/\(name)") && words.contains("copy it into the folder"), "\(words)")
        #expect(!words.contains("hunter2"), "\(words)")
      }
    }
  }

  @Test func vocabulariesOfOtherFormsAreNoLinksEither() throws {
    for name in ["vocab.json", "merges.txt"] {
      try withModel("gpt2") { model, foreign in
        try link(model.appending(path: name), to: foreign.path)
        #expect(words(#expect(throws: (any Error).self) { try open(model) }).contains("found a link to"))
      }
    }
    try withTemporaryFolder { folder in
      let foreign = folder.appending(path: "secret.txt")
      try Data("secret".utf8).write(to: foreign)
      let pieces = folder.appending(path: "m/tokenizer.model")
      try link(pieces, to: foreign.path)
      #expect(throws: FileError.leadsOut(path: pieces.path, target: foreign.path)) {
        try SentencePieceModel(path: pieces.path)
      }
      let index = folder.appending(path: "m/model.safetensors.index.json")
      try link(index, to: foreign.path)
      #expect(words(#expect(throws: (any Error).self) { try WeightIndex(path: index.path) }).contains("a link to"))
    }
  }

  @Test func aFolderOfTemplatesElsewhereIsNotListed() throws {
    try withModel { model, foreign in
      let other = foreign.deletingLastPathComponent().appending(path: "other")
      try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
      try Data("x".utf8).write(to: other.appending(path: "private-name.jinja"))
      try link(model.appending(path: "additional_chat_templates"), to: other.path)
      let words = words(#expect(throws: (any Error).self) { try open(model) })
      #expect(words.contains("found a link to '\(other.path)'") && !words.contains("private-name"), "\(words)")
    }
  }

  @Test func configurationsOfAdaptersAndLensesAreNoLinks() throws {
    try withTemporaryFolder { folder in
      let foreign = folder.appending(path: "secret.txt")
      try Data("{\"peft_type\": \"\(Self.secret)\"}".utf8).write(to: foreign)
      try link(folder.appending(path: "a/adapter_config.json"), to: foreign.path)
      try Data("x".utf8).write(to: folder.appending(path: "a/adapter_model.safetensors"))
      try link(folder.appending(path: "l/config.json"), to: foreign.path)
      try Data("x".utf8).write(to: folder.appending(path: "l/params.pt"))
      let errors = [
        #expect(throws: (any Error).self) { try Adapter.contentPaths(of: folder.path + "/a") },
        #expect(throws: (any Error).self) { try Adapter(path: folder.path + "/a", name: "a", sha256: "") },
        #expect(throws: (any Error).self) { try TunedLens.contentPaths(of: folder.path + "/l") },
        #expect(throws: (any Error).self) { try TunedLens(path: folder.path + "/l", sha256: "") },
      ]
      for error in errors {
        let words = words(error)
        #expect(words.contains("found a link to '\(foreign.path)'") && !words.contains("hunter2"), "\(words)")
      }
    }
  }

  @Test func weightsMayBeLinksAndAreNotQuoted() throws {
    try withModel { model, foreign in
      let (weights, other) = (
        model.appending(path: "model.safetensors"), foreign.deletingLastPathComponent().appending(path: "w.bin")
      )
      try FileManager.default.moveItem(at: weights, to: other)
      try link(weights, to: other.path)
      try open(model)
      // What is no file of weights is told without a byte of it.
      try link(weights, to: foreign.path)
      let words = words(#expect(throws: (any Error).self) { try open(model) })
      let beginning = try Data(contentsOf: foreign).prefix(8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
      #expect(words.contains("does not begin with the length of a header"), "\(words)")
      #expect(!words.contains("hunter2") && !words.contains("\(beginning)"), "\(words)")
    }
  }

  @Test func linksOfTheCacheOfTheHubAreFollowed() throws {
    try withTemporaryFolder { folder in
      let cache = folder.appending(path: "hub/models--org--name")
      let (blobs, snapshot) = (cache.appending(path: "blobs"), cache.appending(path: "snapshots/0123"))
      try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
      let source = Fixtures.url("models/llama/hf")
      for (number, name) in try FileManager.default.contentsOfDirectory(atPath: source.path).enumerated() {
        try FileManager.default.copyItem(at: source.appending(path: name), to: blobs.appending(path: "b\(number)"))
        try link(snapshot.appending(path: name), to: "../../blobs/b\(number)")
      }
      try Data("T".utf8).write(to: blobs.appending(path: "t"))
      try link(snapshot.appending(path: "chat_template.jinja"), to: "../../blobs/t")
      try link(snapshot.appending(path: "additional_chat_templates/x.jinja"), to: "../../../blobs/t")
      try open(snapshot)
      #expect(try ChatTemplates.inFolder(snapshot.path).map(\.text) == ["T", "T"])
      // A link to the folder is the user's word.
      try link(folder.appending(path: "m"), to: snapshot.path)
      try open(folder.appending(path: "m"))
      // Blobs of another repository, and a folder that only looks like a cache, are others.
      for (place, target) in [
        (snapshot, "../../../models--org--other/blobs/t"), (folder.appending(path: "snapshots/0123"), "../blobs/t"),
      ] {
        let template = place.appending(path: "chat_template.jinja")
        let file = place.appending(path: target)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("T".utf8).write(to: file.standardizedFileURL)
        try link(template, to: target)
        #expect(throws: FileError.leadsOut(path: template.path, target: target)) {
          try ChatTemplates.inFolder(place.path)
        }
      }
    }
  }

  @Test(arguments: [
    ("config.json", 64 << 20), ("tokenizer_config.json", 64 << 20), ("added_tokens.json", 64 << 20),
    ("tokenizer.json", 256 << 20), ("chat_template.jinja", 1 << 20), ("chat_template.json", 64 << 20),
  ])
  func aTextBeyondAllReasonIsRefusedUnread(name: String, limit: Int) throws {
    try withModel { model, _ in
      let file = model.appending(path: name)
      if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
      // Without a chat template elsewhere all of them are looked at; the file takes no room on the disk.
      #expect(truncate(file.path, off_t(limit + 1)) == 0)
      let words = words(#expect(throws: (any Error).self) { try open(model) })
      #expect(
        words.hasPrefix(file.path) && words.contains(" of at most \(limit) bytes, found \(limit + 1) bytes"), "\(words)"
      )
      // Whoever asks only for the files hashes them next.
      #expect(throws: (any Error).self) {
        if name.hasPrefix("chat") {
          _ = try ChatTemplates.files(in: model.path)
        } else {
          _ = try openModelFiles(path: model.path)
        }
      }
    }
  }

  @Test func vocabulariesAndIndexesHaveALimitToo() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "x").path
      try Data("x".utf8).write(to: URL(filePath: file))
      #expect(truncate(file, 256 << 20 + 1) == 0)
      for open in [
        { _ = try SentencePieceModel(path: file) }, { _ = try WeightIndex(path: file) },
        { _ = try JSONDocument(path: file) }, { _ = try openTokenizer(vocabulary: file, merges: file) },
      ] {
        #expect(words(#expect(throws: (any Error).self) { try open() }).contains(" of at most "))
      }
    }
  }

  @Test func aMappedFileThatBecameShorterIsNamed() throws {
    try withTemporaryFolder { folder in
      let (one, other) = (folder.appending(path: "one").path, folder.appending(path: "other").path)
      for path in [one, other] { try Data(repeating: 1, count: 100).write(to: URL(filePath: path)) }
      let maps = [try MemoryMap(path: one), try MemoryMap(path: other)]
      #expect(!MemoryMap.shortened.contains(one))
      #expect(truncate(one, 50) == 0)
      #expect(MemoryMap.shortened.contains(one) && !MemoryMap.shortened.contains(other))
      #expect(maps.count == 2)
    }
  }

  @Test func aFolderThatIsNoLensTellsNoForeignNames() {
    let message = TunedLensError.noLens(path: "/home/me", found: ["diary.txt", "config.json", "taxes"]).message
    #expect(message.hasSuffix("found 'config.json' and 2 more"), "\(message)")
  }
}
