import Foundation
import TestSupport
import Testing

/// `strata init` and the keys of specs on the command line.
@Suite struct InitTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { try body(StrataProgram(folder: $0)) }
  }

  private func text(_ strata: StrataProgram, _ name: String) throws -> String {
    try String(contentsOf: strata.folder.appending(path: name), encoding: .utf8)
  }

  private static var schema: String {
    get throws { try String(contentsOf: Fixtures.repository.appending(path: "docs/spec.schema.json"), encoding: .utf8) }
  }

  @Test func initWritesASpecThatIsCleanAndReplacesNothing() throws {
    try run { strata in
      let result = try strata.run("init")
      #expect(result.status == 0 && result.out == "gallery.yaml\n")
      // Clean: the only thing that is missing is the model.
      let build = try strata.run("build", "gallery.yaml", "--offline", "-q")
      #expect(build.status == 69)
      #expect(build.err.hasPrefix("error: smollm2-135m: the model is not in the cache"), "\(build.err)")
      try strata.write("mine", to: "other.yaml")
      let again = try strata.run("init", "other.yaml")
      #expect(again.status == 73)
      #expect(try text(strata, "other.yaml") == "mine")
    }
  }

  @Test func theSpecNamesTheSchemaThatIsWrittenBesideIt() throws {
    try run { strata in
      try FileManager.default.createDirectory(
        at: strata.folder.appending(path: "specs"), withIntermediateDirectories: true)
      let result = try strata.run("init", "specs/words.yaml")
      #expect(result.status == 0)
      #expect(result.err.hasSuffix("wrote specs/strata.schema.json, with which editors complete and check specs\n"))
      let first = try text(strata, "specs/words.yaml").prefix { $0 != "\n" }
      #expect(first == "# yaml-language-server: $schema=strata.schema.json")
      #expect(try text(strata, "specs/strata.schema.json") == Self.schema)
      #expect(try strata.run("keys", "--schema").out == Self.schema)
    }
  }

  @Test func anOlderSchemaOfOursIsReplacedAndAForeignFileIsNot() throws {
    try run { strata in
      try strata.write(try Self.schema.replacing("\"minimum\": 72", with: "\"minimum\": 36"), to: "strata.schema.json")
      #expect(try strata.run("init", "a.yaml").err.contains("wrote strata.schema.json"))
      #expect(try text(strata, "strata.schema.json") == Self.schema)
      #expect(try !strata.run("init", "b.yaml").err.contains("schema"), "what is up to date is left alone")
      try strata.write("{}", to: "strata.schema.json")
      let result = try strata.run("init", "c.yaml")
      #expect(
        result
          == .init(
            status: 73, out: "",
            err: "error: strata.schema.json: the file exists and is not a schema of specs\n"
              + "  hint: move it away, or write the spec into another folder: strata init other/gallery.yaml\n"))
      #expect(strata.files(in: ".").contains("c.yaml") == false)
      #expect(try text(strata, "strata.schema.json") == "{}")
    }
  }

  @Test func keysAreListed() throws {
    try run { strata in
      #expect(try strata.run("keys").out.hasPrefix("spec         The spec itself.\n"))
      #expect(try strata.run("keys", "style", "--markdown").out.hasPrefix("| key | values | default | example | |\n"))
      #expect(try strata.run("keys", "--markdown").status == 64)
      #expect(try strata.run("keys", "style", "--schema").status == 64)
      let wrong = try strata.run("keys", "stile")
      #expect(wrong.status == 64)
      #expect(
        wrong.err.hasPrefix("error: a spec has no mapping 'stile'\n  hint: did you mean 'style'? known mappings: "))
    }
  }

  @Test func theShellCompletesKindsVenuesMappingsAndSpecs() throws {
    try run { strata in
      for shell in ["bash", "zsh", "fish"] {
        let script = try strata.run("--generate-completion-script", shell).out
        for word in ["token-strip", "dataset-profile", "acm-sigconf", "column", "datasets", "yaml"] {
          #expect(script.contains(word), "\(shell): \(word)")
        }
      }
    }
  }
}
