import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// The templates of a model are found where transformers finds them.
@Suite struct ChatTemplatesTests {
  private func templates(_ files: [String: String]) throws -> [String] {
    try withTemporaryFolder { folder in
      for (name, text) in files {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
      }
      return try ChatTemplates.inFolder(folder.path).sorted { $0.name < $1.name }
        .map { "\($0.name)=\($0.text) (\($0.source))" }
    }
  }

  @Test func everyFormOfAFolderIsRead() throws {
    #expect(try templates([:]) == [])
    #expect(try templates(["tokenizer_config.json": "{\"bos_token\":\"a\"}"]) == [])
    #expect(try templates(["tokenizer_config.json": "{\"chat_template\":null}"]) == [])
    #expect(
      try templates(["tokenizer_config.json": "{\"chat_template\":\"T\"}"])
        == ["default=T (tokenizer_config.json: chat_template)"])
    #expect(
      try templates([
        "tokenizer_config.json":
          "{\"chat_template\":[{\"name\":\"default\",\"template\":\"A\"},{\"name\":\"rag\",\"template\":\"B\"}]}"
      ]) == ["default=A (tokenizer_config.json: chat_template)", "rag=B (tokenizer_config.json: chat_template)"])
    #expect(try templates(["chat_template.json": "{\"chat_template\":\"J\"}"]) == ["default=J (chat_template.json)"])
    #expect(
      try templates([
        "chat_template.json": "{\"chat_template\":\"J\"}", "tokenizer_config.json": "{\"chat_template\":\"T\"}",
      ]) == ["default=T (tokenizer_config.json: chat_template)"])
    // Files of their own replace the configuration, as in transformers.
    #expect(
      try templates([
        "chat_template.jinja": "F", "additional_chat_templates/rag.jinja": "R", "additional_chat_templates/readme": "x",
        "tokenizer_config.json": "{\"chat_template\":\"T\"}",
      ]) == ["default=F (chat_template.jinja)", "rag=R (additional_chat_templates/rag.jinja)"])
  }

  @Test func aTemplateThatIsNoTextIsRefused() throws {
    let number = try #require(throws: JSONError.self) {
      try templates(["tokenizer_config.json": "{\"chat_template\":3}"])
    }
    #expect(number.message == "expected a text, or a list of named templates, found the number 3")
    let unnamed = try #require(throws: JSONError.self) {
      try templates(["tokenizer_config.json": "{\"chat_template\":[{\"template\":\"T\"}]}"])
    }
    #expect(unnamed.message == "expected the key 'name', found none")
    try withTemporaryFolder { folder in
      try Data([0x61, 0xFF]).write(to: folder.appending(path: "chat_template.jinja"))
      let bytes = try #require(throws: TokenizerError.self) { try ChatTemplates.inFolder(folder.path) }
      #expect(bytes.message == "expected text in UTF-8, found bytes that are not")
    }
  }

  @Test func theTemplatesOfAGGUFFileHaveTheNamesOfTheirKeys() throws {
    try withTemporaryFolder { folder in
      var file = try EditableGGUF(Fixtures.url("models/llama/llama.gguf"))
      for (name, text) in [("tokenizer.chat_template.tool_use", "U"), ("tokenizer.chat_template", "D")] {
        var value: [UInt8] = []
        value += withUnsafeBytes(of: UInt32(8).littleEndian, Array.init)
        value += withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian, Array.init) + Array(text.utf8)
        file.keys.append(.init(name: name, value: value, type: 8, isArray: false))
      }
      let url = folder.appending(path: "m.gguf")
      try file.bytes.write(to: url)
      let found = try ChatTemplates.of(try openModelFiles(path: url.path))
      #expect(
        found.map { "\($0.name)=\($0.text) (\($0.source))" } == [
          "default=D (tokenizer.chat_template)", "tool_use=U (tokenizer.chat_template.tool_use)",
        ])
    }
  }

  @Test func theFilesOfARepositoryAreChosenByTheirPaths() {
    #expect(
      ChatTemplates.files(of: [
        "README.md", "chat_template.jinja", "onnx/chat_template.jinja", "additional_chat_templates/rag.jinja",
        "additional_chat_templates/.jinja", "additional_chat_templates/a/b.jinja", "chat_template.json",
      ]) == ["additional_chat_templates/rag.jinja", "chat_template.jinja", "chat_template.json"])
  }
}

/// Tokens are laid against the text that they stand for.
@Suite struct ByteAlignmentTests {
  private func ranges(_ pieces: [String], _ text: String) -> [Range<Int>]? {
    ByteAlignment(pieces: pieces.map { Array($0.utf8) }, text: Array(text.utf8)).ranges
  }

  @Test func tokensThatSpellTheTextFollowOneAnother() {
    #expect(ranges(["<a>", "hi", " é"], "<a>hi é") == [0..<3, 3..<5, 5..<8])
    #expect(ranges([], "") == [])
  }

  @Test func whatATokenizerChangedIsLeftOutOrTakenIn() {
    // A space before the text; white space that a token took; a character that is unknown; composed characters.
    #expect(ranges([" hi", "!"], "hi!") == [0..<2, 2..<3])
    #expect(ranges(["<u>", "hi"], "<u>\nhi") == [0..<3, 4..<6])
    #expect(ranges(["a", "<unk>", "b"], "a☃b") == [0..<1, 1..<4, 4..<5])
    #expect(ranges(["caf", "é", "s"], "cafe\u{301}s")?.last == 6..<7)
  }

  @Test func aLongTextOfWhichEveryByteIsAnotherIsNotCompared() {
    // A tokenizer that writes all letters small; a few changes in a text as long are found.
    let text = String(repeating: "AB", count: 12_000)
    #expect(ranges([text.lowercased()], text) == nil)
    let pieces = Array(repeating: "AB", count: 12_000)
    #expect(ranges(["x"] + pieces + ["y"], text)?.last == 24_000..<24_000)
    #expect(ranges(["x"] + pieces.dropLast() + ["A", "y"], text)?[1...3] == [0..<2, 2..<4, 4..<6])
  }

  @Test func aTokenOfTwoPartsIsContent() throws {
    struct Words: Tokenizer {
      let words: [String]
      var vocabularySize: Int { words.count }
      var prefix: [Int] { [] }
      var bos: Int? { 0 }
      var specialTokens: [String: String] { [:] }
      var writtenSpecialTokens: [String] { [] }
      func encode(_ text: String, addSpecialTokens: Bool) throws -> [Int] { Array(words.indices) }
      func bytes(of id: Int) -> [UInt8]? { Array(words[id].utf8) }
      func isSpecial(_ id: Int) -> Bool { false }
    }
    let chat = RenderedChat(
      conversation: Conversation(template: nil, messages: [.init(role: "user", content: "hi")], spans: []),
      parts: [
        .init(role: nil, bytes: 3, template: true), .init(role: "user", message: 0, bytes: 2, template: true),
        .init(role: "user", message: 0, bytes: 2, template: false),
        .init(role: "user", message: 0, bytes: 1, template: true), .init(role: "assistant", bytes: 2, template: true),
      ])
    func spans(_ words: [String], _ bos: BOSChoice = .model) throws -> [String] {
      try ChatTokens("<s>u:hi\na:", chat, tokenizer: Words(words: words), bos: bos).conversation.spans.map {
        "\($0.role ?? "-") \($0.first)+\($0.count)\($0.template ? "" : " content")"
      }
    }
    #expect(
      try spans(["<s>", "u", ":", "hi", "\n", "a:"])
        == ["- 0+1", "user 1+2", "user 3+1 content", "user 4+1", "assistant 5+1"])
    #expect(try spans(["<s>", "u", ":h", "i\n", "a:"]) == ["- 0+1", "user 1+1", "user 2+2 content", "assistant 4+1"])
    // The user's own choice about BOS.
    #expect(try spans(["<s>", "u", ":", "hi", "\n", "a:"], .yes).first == "- 0+1")
    #expect(
      try spans(["<s>", "u", ":", "hi", "\n", "a:"], .no)
        == ["user 0+2", "user 2+1 content", "user 3+1", "assistant 4+1"])
  }
}
