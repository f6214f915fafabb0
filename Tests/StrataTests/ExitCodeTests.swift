import Foundation
import TestSupport
import Testing

/// Files that the user names: one that cannot be opened ends a command with 66, and a wrong text, conversation or table with 65.
@Suite struct ExitCodeTests {
  private static let rest = "title: T\nmodels: {a: {path: ./m}}\nfigures: [top-tokens]\n"
  private static let prompts = "prompts: [{id: one, text: One}]\n"

  /// A command that reads FILE, and what the file is called.
  struct Reader: Sendable, CustomTestStringConvertible {
    let command: [String]
    let file: String
    /// What the spec `s.yaml` says.
    var spec = ""
    var testDescription: String { command.joined(separator: " ") + (spec.isEmpty ? "" : ": \(spec)") }
    init(_ command: [String], _ file: String, spec: String = "") {
      (self.command, self.file, self.spec) = (command, file, spec)
    }
  }

  private static let models = ["--model", "./m"]

  static let readers: [Reader] = {
    var all: [Reader] = []
    for command in ["trace", "show"] {
      all.append(Reader([command, "-q"] + models + ["--chat-file", "f.json"], "f.json"))
      all.append(Reader([command, "-q"] + models + ["--prompt-file", "f.txt"], "f.txt"))
    }
    for command in ["build", "check", "plan"] { all.append(Reader([command, "f.yaml"], "f.yaml")) }
    all.append(Reader(["trace", "f.yaml", "--model", "a", "-o", "o/"], "f.yaml"))
    for kind in ["csv", "jsonl", "txt"] { all.append(Reader(["dataset", "f.\(kind)"] + models, "f.\(kind)")) }
    let build = ["build", "s.yaml", "-q"]
    all.append(Reader(build, "f.md", spec: rest + prompts + "intro: {file: f.md}\n"))
    all.append(Reader(build, "f.csv", spec: rest + prompts + "datasets: [{id: d, file: f.csv}]\n"))
    all.append(Reader(build, "f.csv", spec: rest + "prompts: {from: f.csv}\n"))
    return all
  }()

  private func withModel(_ reader: Reader, _ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: Fixtures.url("models/llama/hf"), to: folder.appending(path: "m", directoryHint: .isDirectory))
      let strata = StrataProgram(folder: folder)
      if !reader.spec.isEmpty { try strata.write(reader.spec, to: "s.yaml") }
      try body(strata)
    }
  }

  @Test(arguments: readers) func aMissingFileIs66(reader: Reader) throws {
    try withModel(reader) { strata in
      let result = try strata.run(reader.command)
      #expect(result.status == 66, "\(result.err)")
      #expect(result.err.contains(reader.file), "\(result.err)")
    }
  }

  @Test(arguments: readers) func aFolderInItsPlaceIs66(reader: Reader) throws {
    try withModel(reader) { strata in
      try FileManager.default.createDirectory(
        at: strata.folder.appending(path: reader.file), withIntermediateDirectories: false)
      let result = try strata.run(reader.command)
      #expect(result.status == 66, "\(result.err)")
    }
  }

  @Test(arguments: readers) func wrongContentIs65(reader: Reader) throws {
    try withModel(reader) { strata in
      try Data([0x61, 0xFF, 0xFE, 0x0A]).write(to: strata.folder.appending(path: reader.file))
      let result = try strata.run(reader.command)
      #expect(result.status == 65, "\(result.err)")
      #expect(result.err.contains("expected UTF-8 text, found bytes that are not"), "\(result.err)")
    }
  }

  @Test(arguments: [
    "", "[{\"role\": \"user\"", "[]", "{}", "[{\"role\": \"user\", \"content\": 3}]", "[{\"role\": \"user\"}]", "3",
  ])
  func aWrongConversationIs65(text: String) throws {
    for command in ["trace", "show"] {
      let reader = Reader([command, "-q"] + Self.models + ["--chat-file", "f.json"], "f.json")
      try withModel(reader) { strata in
        try strata.write(text, to: "f.json")
        let result = try strata.run(reader.command)
        #expect(result.status == 65, "\(command), '\(text)': \(result.err)")
        #expect(result.err.hasPrefix("error: f.json"), "\(result.err)")
      }
    }
  }

  @Test func aFileOfAChangeIsAnInput() throws {
    let change = "{file: f.safetensors, layer: 0, positions: 1}"
    let reader = Reader(["trace", "-q"] + Self.models + ["--prompt", "a", "--change", change], "f.safetensors")
    try withModel(reader) { strata in
      let missing = try strata.run(reader.command)
      #expect(missing.status == 66 && missing.err.contains("'f.safetensors' cannot be read"), "\(missing.err)")
      try strata.write("no states", to: "f.safetensors")
      let damaged = try strata.run(reader.command)
      #expect(damaged.status == 66, "\(damaged.err)")
      let words = try strata.run(["trace", "-q"] + Self.models + ["--prompt", "a", "--change", "{layer: x}"])
      #expect(words.status == 64, "\(words.err)")
    }
  }
}
