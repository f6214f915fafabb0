import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Files
@testable import Models
@testable import Words

/// What lies beside the program, and what is taken from the machine instead.
@Suite struct InstallationTests {
  @Test func theFirstPlaceThatHasAFileCounts() throws {
    try withTemporaryFolder { folder in
      let places = ["a", "b"].map { folder.appending(path: $0) }
      try FileManager.default.createDirectory(
        at: places[0].appending(path: "thai"), withIntermediateDirectories: true)
      for place in places.reversed() {
        #expect(
          Installation.file("ca.crt", in: places) == (place == places[1] ? nil : places[1].appending(path: "ca.crt")))
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data().write(to: place.appending(path: "ca.crt"))
      }
      #expect(Installation.file("ca.crt", in: places)?.path == places[0].path + "/ca.crt")
      // A folder is no file.
      #expect(Installation.file("thai", in: places) == nil)
    }
  }

  @Test func fontsAreOwnOrOfTheSystemAndNothingElse() throws {
    for value in ["own", "system", ""] {
      try Installation.useOwnFonts(environment: ["STRATA_FONTS": value], in: [])
    }
    let problem = #expect(throws: Diagnostic.self) {
      try Installation.useOwnFonts(environment: ["STRATA_FONTS": "mine"], in: [])
    }
    #expect(problem?.message == "expected own or system, found 'mine'")
    #expect(problem?.category == .usage)
  }

  @Test func certificatesAreTheUsersThenTheMachinesThenOurs() throws {
    try withTemporaryFolder { folder in
      let machine = folder.appending(path: "machine.crt").path
      let own = folder.appending(path: "own.crt")
      func chosen(_ environment: [String: String] = [:]) -> String? {
        TrustedCertificates(environment: environment, systems: ["/nowhere/ca.crt", machine], own: own).file
      }
      #expect(chosen() == own.path)
      try Data().write(to: URL(fileURLWithPath: machine))
      #expect(chosen() == machine)
      #expect(chosen(["SSL_CERT_FILE": ""]) == machine)
      #expect(chosen(["SSL_CERT_FILE": "/mine.crt"]) == "/mine.crt")
      #expect(TrustedCertificates(environment: [:], systems: [], own: nil).file == nil)
    }
  }

  /// As the wheel's launcher names it: a virtual environment, whose packages `python3 -S` passes over.
  @Test func thePythonOfAVirtualEnvironmentFindsItsPackages() throws {
    try withTemporaryFolder { folder in
      let system = try #require(ChildProcess.find("python3", environment: ["PATH": "/usr/bin:/bin"]))
      let version = try Tool.run(
        system.path, ["-c", "import sys; print('python%d.%d' % sys.version_info[:2], end='')"])
      let packages = folder.appending(path: "lib/\(version.output)/site-packages/jinja2")
      let files = FileManager.default
      try files.createDirectory(at: packages, withIntermediateDirectories: true)
      try files.createDirectory(at: folder.appending(path: "bin"), withIntermediateDirectories: true)
      let python = folder.appending(path: "bin/python3")
      try files.createSymbolicLink(at: python, withDestinationURL: system)
      try Data("__version__ = '99.1'\n".utf8).write(to: packages.appending(path: "__init__.py"))
      let environment = ["STRATA_PYTHON": python.path, "PATH": "/nowhere"]
      #expect(try ChatProcess.find(environment: environment).version != "99.1", "a folder alone is no environment")
      try Data("home = /usr/bin\n".utf8).write(to: folder.appending(path: "pyvenv.cfg"))
      let found = try ChatProcess.find(environment: environment)
      #expect(found.python.path == python.path && found.version == "99.1")
      #expect(ChildProcess.python(environment: environment)?.path == python.path)
      // What is no program is passed over.
      let other = ["STRATA_PYTHON": folder.path + "/none", "PATH": "/usr/bin:/bin"]
      #expect(ChildProcess.python(environment: other)?.path == "/usr/bin/python3")
    }
  }
}
