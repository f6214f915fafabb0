import Foundation
import TestSupport
import Testing

@testable import Files
@testable import Models
@testable import Words

@Suite struct ModelCatalogTests {
  @Test func theCatalogHasTheTwoModelsOfTheGallery() throws {
    let catalog = try ModelCatalog(environment: [:])
    #expect(catalog.names == ["smollm2-135m", "gemma-3-270m"])
    #expect(catalog.entry("smollm2-135m")?.bytes == 98_362_432)
    #expect(catalog.entry("gemma-3-270m")?.parts.count == 4)
    #expect(catalog.models.allSatisfy { $0.license != nil && $0.source != nil })
  }

  @Test func anUnknownNameIsAnsweredWithANearOne() throws {
    let catalog = try ModelCatalog(environment: [:])
    let error = try #require(throws: Diagnostic.self) { try catalog.requiredEntry("gemma3-270m") }
    #expect(
      error.rendered
        == "error: unknown model 'gemma3-270m'\n  hint: did you mean 'gemma-3-270m'? known models: smollm2-135m, gemma-3-270m"
    )
  }

  @Test func aCatalogOfOnesOwnAddsAndReplaces() throws {
    try withTemporaryFolder { folder in
      let own = folder.appending(path: "own.json")
      let sha = String(repeating: "a", count: 64)
      let entry = { (name: String) in
        """
        {"name": "\(name)", "title": "T", "file": "t.gguf", "bytes": 3, "sha256": "\(sha)", "parts": [{"package": "p==1", "member": "m"}]}
        """
      }
      try Data("{\"schema\": \"strata.catalog/1\", \"models\": [\(entry("mine")), \(entry("gemma-3-270m"))]}".utf8)
        .write(to: own)
      let catalog = try ModelCatalog(environment: ["STRATA_CATALOG": own.path])
      #expect(catalog.names == ["mine", "gemma-3-270m", "smollm2-135m"])
      #expect(catalog.entry("gemma-3-270m")?.bytes == 3)
    }
  }

  @Test(arguments: [
    ("[]", "expected a catalog of models (strata.catalog/1), found something else: '' has another type"),
    ("{", "expected a catalog of models (strata.catalog/1), found something else: not valid JSON"),
    (
      "{\"schema\": \"x\"}",
      "expected a catalog of models (strata.catalog/1), found something else: 'models' is missing"
    ),
    ("{\"schema\": \"x\", \"models\": []}", "expected schema 'strata.catalog/1', found 'x'"),
    (
      "{\"schema\": \"strata.catalog/1\", \"models\": [{\"name\": \"../up\", \"title\": \"T\", \"file\": \"t\", \"bytes\": 3, "
        + "\"sha256\": \"\", \"parts\": []}]}",
      "model '../up' needs a slug as name, a file name, a size, a SHA-256 and parts"
    ),
  ])
  func aBrokenCatalogIsReported(json: String, message: String) throws {
    try withTemporaryFolder { folder in
      let own = folder.appending(path: "own.json")
      try Data(json.utf8).write(to: own)
      let error = try #require(throws: Diagnostic.self) { try ModelCatalog(environment: ["STRATA_CATALOG": own.path]) }
      #expect(error.message == message)
      #expect(error.place == own.path)
    }
  }
}

@Suite struct FileDigestsTests {
  private static let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test func aDigestIsRememberedUntilTheFileChanges() throws {
    try withTemporaryFolder { folder in
      var digests = FileDigests(cache: CacheFolder(root: folder.appending(path: "cache")))
      digests.clock = { FileState.now + 10_000_000_000 }
      let file = folder.appending(path: "a.bin")
      try Data("abc".utf8).write(to: file)
      #expect(try digests.digest(of: file) == (3, Self.known))
      digests.remember("remembered", of: file)
      #expect(try digests.digest(of: file) == (3, "remembered"), "the file is not read again")
      try Data("abc".utf8).write(to: file, options: .atomic)
      #expect(try digests.digest(of: file) == (3, Self.known), "a file written again is read again")
    }
  }

  @Test func aDigestOfAFileThatHasJustChangedIsNotTrusted() throws {
    try withTemporaryFolder { folder in
      let digests = FileDigests(cache: CacheFolder(root: folder.appending(path: "cache")))
      let file = folder.appending(path: "a.bin")
      try Data("abc".utf8).write(to: file)
      digests.remember("remembered", of: file)
      #expect(try digests.digest(of: file) == (3, Self.known), "a change in the same instant would not show")
    }
  }

  @Test func aMissingFileIsReported() throws {
    let digests = FileDigests(cache: CacheFolder(root: URL(fileURLWithPath: "/nonexistent")))
    let error = try #require(throws: Diagnostic.self) {
      try digests.digest(of: URL(fileURLWithPath: "/nonexistent/m.gguf"))
    }
    #expect(error.rendered == "error: /nonexistent/m.gguf: no such file")
  }
}
