import Foundation
import TestSupport
import Testing

/// The scripts of releases, on a small program of the system in place of ours.
@Suite struct ReleaseTests {
  private static let tools = Fixtures.repository.appending(path: "Tools/release")
  /// pdftocairo draws through Cairo and fontconfig, as strata does.
  private static let program = "/usr/bin/pdftocairo"

  private func python(_ script: String, _ arguments: String..., environment: [String: String] = [:]) throws -> String {
    let given = ["SOURCE_DATE_EPOCH": "1700000000", "PYTHONDONTWRITEBYTECODE": "1"].merging(environment) { $1 }
    let result = try Tool.run("python3", [Self.tools.appending(path: script).path] + arguments, environment: given)
    try #require(result.status == 0, "\(script): \(result.output)")
    return result.output
  }

  static func version() throws -> String {
    try #require(
      String(
        contentsOf: Fixtures.repository.appending(path: "Sources/Report/Words/StrataVersion.swift"), encoding: .utf8
      )
      .firstMatch(of: /let current = "([^"]+)"/).map { String($0.1) })
  }

  /// Puts the stand-in where `make install` would, and bundles it.
  private func bundle(in folder: URL) throws -> URL {
    let bundle = folder.appending(path: "strata-\(try Self.version())-linux-x86_64")
    let files = FileManager.default
    for name in ["bin", "share/strata/templates/gallery", "share/man/man1"] {
      try files.createDirectory(at: bundle.appending(path: name), withIntermediateDirectories: true)
    }
    try files.copyItem(atPath: Self.program, toPath: bundle.path + "/bin/strata")
    try Data("<html>".utf8).write(to: bundle.appending(path: "share/strata/templates/gallery/index.mustache"))
    try Data(".Dd".utf8).write(to: bundle.appending(path: "share/man/man1/strata.1"))
    _ = try python("bundle.py", bundle.path)
    return bundle
  }

  @Test func aBundleHasItsOwnLibrariesFontsAndLicences() throws {
    try withTemporaryFolder { folder in
      let bundle = try bundle(in: folder)
      // Whatever LD_LIBRARY_PATH says, nothing but glibc comes from elsewhere.
      let elsewhere = ["LD_LIBRARY_PATH": "/usr/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu"]
      let loaded = try Tool.run("ldd", [bundle.path + "/bin/strata"], environment: elsewhere).output
      var own = 0
      for line in loaded.split(separator: "\n") where line.contains("=> /") {
        let name = line.trimmingCharacters(in: .whitespaces).prefix { $0 != " " }
        if line.contains(bundle.path) {
          own += 1
        } else {
          #expect(
            ["libc.so.6", "libm.so.6", "libresolv.so.2", "libpthread.so.0", "libdl.so.2", "librt.so.1"].contains(name),
            "\(line)")
        }
      }
      #expect(own > 20)
      let share = bundle.path + "/share/strata"
      let families = try Tool.run(
        "fc-list", [":", "family"],
        environment: ["FONTCONFIG_FILE": share + "/fonts/fonts.conf", "XDG_CACHE_HOME": folder.path])
      for family in ["TeX Gyre Heros", "TeX Gyre Termes", "DejaVu Sans Mono", "Noto Sans Hebrew", "Noto Sans CJK SC"] {
        #expect(families.output.contains(family), "\(family)")
      }
      let listed = try Tool.run(
        "fc-list", [":", "file"],
        environment: ["FONTCONFIG_FILE": share + "/fonts/fonts.conf", "XDG_CACHE_HOME": folder.path])
      for line in listed.output.split(separator: "\n") { #expect(line.hasPrefix(share), "\(line)") }
      let count = "import ssl, sys; print(len(ssl.create_default_context(cafile=sys.argv[1]).get_ca_certs()), end='')"
      let authorities = try Tool.run("python3", ["-c", count, share + "/ca-certificates.crt"]).output
      #expect(Int(authorities).map { $0 > 100 } == true, "\(authorities)")
      try checkBill(of: bundle)
      try checkPacking(of: bundle, in: folder)
    }
  }

  /// The fields that CycloneDX 1.5 requires, a licence for each component, and the SHA-256 of each file.
  private func checkBill(of bundle: URL) throws {
    let documents = bundle.appending(path: "share/doc/strata")
    let data = try Data(contentsOf: documents.appending(path: "sbom.cdx.json"))
    let bill = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(bill["bomFormat"] as? String == "CycloneDX" && bill["specVersion"] as? String == "1.5")
    #expect(
      (bill["serialNumber"] as? String)?.wholeMatch(of: /urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
    let metadata = try #require(bill["metadata"] as? [String: Any])
    #expect(metadata["timestamp"] as? String == "2023-11-14T22:13:20Z")
    #expect((metadata["component"] as? [String: Any])?["version"] as? String == (try Self.version()))
    let components = try #require(bill["components"] as? [[String: Any]])
    var names: [String] = []
    var inside = 0
    var sums = ""
    for component in components {
      let name = try #require(component["name"] as? String)
      names.append(name)
      #expect(component["type"] is String && component["version"] is String && component["purl"] is String, "\(name)")
      for file in component["components"] as? [[String: Any]] ?? [] {
        let path = try #require(file["name"] as? String)
        let hash = try #require((file["hashes"] as? [[String: String]])?.first)
        #expect(hash["alg"] == "SHA-256")
        sums += "\(hash["content"] ?? "none")  \(path)\n"
        inside += 1
      }
      if (component["purl"] as? String)?.hasPrefix("pkg:deb/debian/") == true {
        #expect(FileManager.default.fileExists(atPath: documents.path + "/licences/\(name).txt"), "\(name)")
      }
    }
    let list = bundle.deletingLastPathComponent().appending(path: "sums")
    try Data(sums.utf8).write(to: list)
    let check = "cd '\(bundle.path)' && sha256sum --check --quiet --strict '\(list.path)'"
    let checked = try Tool.run("sh", ["-c", check])
    #expect(checked.status == 0, "\(checked.output)")
    let pinned = try String(contentsOf: Fixtures.repository.appending(path: "Package.resolved"), encoding: .utf8)
    for match in pinned.matches(of: /"identity" : "([^"]+)"/) where !match.1.contains("docc") {
      #expect(names.contains(String(match.1)), "\(match.1)")
      #expect(FileManager.default.fileExists(atPath: documents.path + "/licences/\(match.1).txt"), "\(match.1)")
    }
    #expect(names.contains("libcairo2") && names.contains("fonts-noto-cjk") && inside > 200)
    let references = components.compactMap { $0["bom-ref"] as? String }
    #expect(Set(references).count == components.count)
  }

  /// Archive and wheel: the same bytes whenever the files were made, and a wheel that pip installs and Python starts.
  private func checkPacking(of bundle: URL, in folder: URL) throws {
    // Packing all fonts would take most of the test's time.
    _ = try Tool.run("sh", ["-c", "rm '\(bundle.path)'/share/strata/fonts/Noto*"])
    let version = try Self.version()
    var sums: [String] = []
    for round in ["one", "two"] {
      let out = folder.appending(path: round).path
      _ = try python("archive.py", bundle.path, out)
      _ = try python("wheel.py", bundle.path, out)
      sums.append(try python("sums.py", out))
      _ = try Tool.run("sh", ["-c", "find '\(bundle.path)' -exec touch {} +; chmod -R go-r '\(bundle.path)/lib'"])
    }
    #expect(sums[0] == sums[1] && sums[0].split(separator: "\n").count == 3)
    let checked = try Tool.run("sh", ["-c", "cd '\(folder.path)/one' && sha256sum --check --strict SHA256SUMS"])
    #expect(checked.status == 0, "\(checked.output)")
    let wheel = try #require(sums[0].firstMatch(of: /strata_lens-\S+\.whl/)).0
    #expect(wheel.wholeMatch(of: /strata_lens-[\d.]+-py3-none-manylinux_2_\d+_x86_64\.whl/) != nil)
    #expect(wheel.hasPrefix("strata_lens-\(version)-"))
    let place = folder.appending(path: "site").path
    let installed = try Tool.run(
      "python3",
      ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", place, "\(folder.path)/one/\(wheel)"])
    #expect(installed.status == 0, "\(installed.output)")
    let started = try Tool.run("python3", ["-m", "strata_lens", "-v"], environment: ["PYTHONPATH": place])
    #expect(started.status == 0 && started.output.contains("pdftocairo version"), "\(started.output)")
    let information = try String(
      contentsOfFile: place + "/strata_lens-\(version).dist-info/METADATA", encoding: .utf8)
    #expect(information.contains("\nVersion: \(version)\n") && information.contains("\nRequires-Dist: jinja2"))
    #expect(try String(contentsOfFile: place + "/strata_lens/__init__.py", encoding: .utf8).contains("\"\(version)\""))
    #expect(!FileManager.default.fileExists(atPath: place + "/strata_lens/share/man"))
  }

  /// A release of this version whose program is a script.
  static func makeRelease(in folder: URL, version said: String) throws -> URL {
    let version = try Self.version()
    let machine = try Tool.run("uname", ["-m"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
    let name = "strata-\(version)-linux-\(machine)"
    let program = folder.appending(path: "\(name)/bin/strata")
    try FileManager.default.createDirectory(
      at: program.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Tool.write(program: "#!/bin/sh\necho \(said)\n", to: program)
    let packed = try Tool.run(
      "sh",
      [
        "-c",
        """
        cd '\(folder.path)' && mkdir v\(version) && tar -czf v\(version)/\(name).tar.gz \(name)
        cd v\(version) && sha256sum * > SHA256SUMS
        """,
      ])
    try #require(packed.status == 0, "\(packed.output)")
    return folder.appending(path: "v\(version)/\(name).tar.gz")
  }

  private func install(from releases: String, to prefix: String) throws -> (status: Int32, said: String) {
    let result = try Tool.run("sh", [Self.tools.path + "/install.sh", releases, prefix])
    return (result.status, result.output)
  }

  @Test func aReleaseIsInstalledOnlyAsItsSumSays() throws {
    try withTemporaryFolder { folder in
      let prefix = folder.path + "/prefix"
      let releases = folder.appending(path: "releases")
      let address = "file://\(releases.path)"
      #expect(try install(from: address, to: prefix).status == 69)
      let archive = try Self.makeRelease(in: releases, version: try Self.version())
      let good = try install(from: address, to: prefix)
      #expect(good.status == 0, "\(good.said)")
      #expect(try Tool.run(prefix + "/bin/strata", []).output == "\(try Self.version())\n")
      var data = try Data(contentsOf: archive)
      data.append(0)
      try data.write(to: archive)
      let bad = try install(from: address, to: folder.path + "/other")
      #expect(bad.status == 1 && bad.said.contains("is not the file that SHA256SUMS names"), "\(bad.said)")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/other"))
      // A program of another version is none of ours.
      let stale = folder.appending(path: "stale")
      _ = try Self.makeRelease(in: stale, version: "0.0.1")
      #expect(try install(from: "file://\(stale.path)", to: folder.path + "/other").status == 69)
    }
  }

  @Test func theImageIsBuiltFromTheArchiveByWhateverIsThere() throws {
    let recipe = try String(contentsOf: Self.tools.appending(path: "Containerfile"), encoding: .utf8)
    let arguments = recipe.matches(of: /(?m)^ARG (\w+)/).map { String($0.1) }
    #expect(arguments == ["BASE", "ARCHIVE", "VERSION"])
    for name in arguments { #expect(recipe.contains("${\(name)}"), "\(name) is never used") }
    #expect(recipe.contains("\nUSER reader\n") && recipe.contains("\nENTRYPOINT [\"strata\"]\n"))
    try withTemporaryFolder { folder in
      let engine = folder.appending(path: "engine")
      try Tool.write(program: "#!/bin/sh\nprintf '%s\\n' \"$@\"\nfor last; do :; done\nls \"$last\"\n", to: engine)
      let archive = folder.appending(path: "strata-9.9.9-linux-x86_64.tar.gz")
      try Data().write(to: archive)
      let built = try Tool.run(
        "sh", [Self.tools.path + "/image.sh", archive.path, "debian:12-slim", "strata:9.9.9"],
        environment: ["ENGINE": engine.path])
      #expect(built.status == 0, "\(built.output)")
      for name in arguments { #expect(built.output.contains("\n\(name)="), "\(name) is not given") }
      #expect(built.output.contains("\nVERSION=9.9.9\n") && built.output.contains("\nBASE=debian:12-slim\n"))
      // The context has nothing but the archive.
      #expect(built.output.hasSuffix("\nstrata-9.9.9-linux-x86_64.tar.gz\nstrata:9.9.9, built by \(engine.path)\n"))
    }
  }

  @Test func theProgramUsesTheFontsBesideIt() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let installed = folder.appending(path: "own")
      let fonts = installed.appending(path: "share/strata/fonts")
      for place in [installed.appending(path: "bin"), fonts] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      }
      let script = """
        set -e
        ln "$PROGRAM" '\(installed.path)/bin/strata' || cp "$PROGRAM" '\(installed.path)/bin/strata'
        cd '\(fonts.path)'
        cp "$(fc-match -f '%{file}' 'DejaVu Sans Mono')" .
        printf '<fontconfig><dir prefix="relative">.</dir><cachedir>%s</cachedir></fontconfig>' "$PWD/index" > fonts.conf
        """
      let made = try Tool.run("sh", ["-c", script], environment: ["PROGRAM": try StrataProgram.path()])
      #expect(made.status == 0, "\(made.output)")
      var environment = ["HOME": folder.path, "XDG_CACHE_HOME": folder.path + "/cache", "FONTCONFIG_PATH": "/nowhere"]
      let own = try Tool.run(installed.path + "/bin/strata", ["doctor"], environment: environment).output
      #expect(own.contains("ok       font: DejaVu Sans Mono"), "\(own)")
      #expect(own.contains("trouble  font:") && own.contains("Noto Sans Hebrew"), "\(own)")
      environment["STRATA_FONTS"] = "system"
      environment["FONTCONFIG_PATH"] = "/etc/fonts"
      let system = try Tool.run(installed.path + "/bin/strata", ["doctor"], environment: environment).output
      #expect(system.contains("ok       font: Noto Sans Hebrew"), "\(system)")
      var wrong = strata
      wrong.environment["STRATA_FONTS"] = "mine"
      let refused = try wrong.run("kinds")
      #expect(
        refused.status == 64 && refused.err.contains("STRATA_FONTS: expected own or system, found 'mine'"), "\(refused)"
      )
    }
  }
}
