import Files
import Foundation
import Traces
import Words

/// The finished cells of a shard that is being made, and those that earlier attempts left.
///
/// Every attempt appends to a file of its own beside the shard, so two that run at once cannot disturb each other, and nothing is locked. In
/// such a file every line begins with its own SHA-256. A line counts when it is what was written, and a shard when all of it is.
final class ShardJournal {
  private let url: URL
  private let prefix: String
  private let header: ShardHeader
  /// Files of earlier attempts, which the finished shard replaces.
  private var earlier: [URL] = []
  private var own: (url: URL, handle: FileHandle, end: Int)?
  /// Where the line of a key lies, and for what its cell was made.
  private var places: [String: Place] = [:]

  private struct Place {
    var handle: FileHandle
    var offset: Int
    var length: Int
    /// Without its answer.
    var cell: ShardCell
  }

  /// Looks for what earlier attempts at the shard left beside its place, and in its place.
  init(_ url: URL, _ header: ShardHeader) throws(Diagnostic) {
    self.url = url
    self.header = header
    prefix = ".\(url.lastPathComponent).part-"
    try AtomicFile.makeFolder(url.deletingLastPathComponent())
    let folder = url.deletingLastPathComponent()
    take(url)
    for name in Self.names(beside: url) where name.hasPrefix(prefix) {
      earlier.append(folder.appending(path: name))
      take(folder.appending(path: name))
    }
  }

  /// Whether the answer to a key is there.
  func has(_ key: String) -> Bool { places[key] != nil }

  /// Remembers the cells of a file that this program wrote of this model.
  private func take(_ file: URL) {
    // A link, a pipe or a device was put there by somebody else.
    guard case .file(let handle, _) = OwnFolder.open(file), let data = try? handle.readToEnd(), ShardFile.isShard(data),
      let end = data.firstIndex(of: 0x0A),
      let found = try? JSONDecoder().decode(ShardHeader.self, from: data[..<end]), found.isOfOneRun(with: header)
    else { return }
    let isFinished = found.sha256 != nil
    // A damaged shard is made again as a whole: nothing says which of its lines is wrong.
    if isFinished, (try? ShardFile(data, place: file.path)) == nil { return }
    var start = data.index(after: end)
    while start < data.endIndex, let stop = data[start...].firstIndex(of: 0x0A) {
      // A line that a crash left half written, that somebody changed, or that failed is made again.
      let line = isFinished ? data[start..<stop] : Self.content(of: data[start..<stop])
      if let line, let cell = try? ShardCell.read(Data(line), path: file.path), cell.problems == nil {
        places[cell.key] = Place(
          handle: handle, offset: line.startIndex - data.startIndex, length: stop + 1 - line.startIndex,
          cell: cell.withoutAnswer)
      }
      start = stop + 1
    }
  }

  /// The length of a digest and the space behind it, with which a line in the making begins.
  private static let digest = 65

  /// What follows the digest of a line; nil when it is not what was written.
  private static func content(of line: Data) -> Data? {
    let content = line.dropFirst(digest)
    guard !content.isEmpty, line.prefix(digest).elementsEqual((SHA256.hex(of: Data(content)) + " ").utf8) else {
      return nil
    }
    return content
  }

  /// Keeps finished cells; they are on the disk when this returns.
  func append(_ cells: [ShardCell]) throws {
    let kept = cells.filter { $0.problems == nil }
    guard !kept.isEmpty else { return }
    if own == nil { try open() }
    guard var file = own else { return }
    var lines = Data()
    for cell in kept {
      let line = try cell.line()
      lines += Data((SHA256.hex(of: line.dropLast()) + " ").utf8)
      places[cell.key] = Place(
        handle: file.handle, offset: file.end + lines.count, length: line.count, cell: cell.withoutAnswer)
      lines += line
    }
    try written {
      try file.handle.write(contentsOf: lines); try file.handle.synchronize()
    }
    file.end += lines.count
    own = file
  }

  private func open() throws {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    let host = Slug.make(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    let unique = "\(host)-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
    let place = url.deletingLastPathComponent().appending(path: prefix + unique)
    let descriptor = FileCalls.open(place.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND)
    guard descriptor >= 0 else { throw AtomicFile.cannotWrite(place, errno) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let line = try header.line()
    try written { try handle.write(contentsOf: line) }
    own = (place, handle, line.count)
  }

  /// Writes the shard, and removes what is no longer needed.
  ///
  /// - Parameters:
  ///   - cells: Without their answers, in order.
  ///   - failed: Those that have no answer, by key.
  func finish(_ cells: [ShardCell], failed: [String: ShardCell]) throws {
    let hash = SHA256()
    for cell in cells { try line(cell, failed).withUnsafeBytes { hash.update($0) } }
    var header = header
    header.cells = cells.count
    header.sha256 = hash.finish()
    let first = try header.line()
    do {
      try AtomicFile.write(to: url) { write in
        try write(first)
        for cell in cells { try write(try self.line(cell, failed)) }
      }
    } catch {
      // Another attempt may have finished the shard, and cleared away what was in the making.
      guard let data = try? Data(contentsOf: url), data.starts(with: first) else { throw error }
    }
    for file in earlier + (own.map { [$0.url] } ?? []) { FileCalls.unlink(file.path) }
    for name in Self.names(beside: url) where name.hasPrefix(".\(url.lastPathComponent).") && name.hasSuffix(".tmp") {
      FileCalls.unlink(url.deletingLastPathComponent().appending(path: name).path)
    }
  }

  private static func names(beside url: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []).sorted()
  }

  private func line(_ cell: ShardCell, _ failed: [String: ShardCell]) throws -> Data {
    if var failure = failed[cell.key] {
      (failure.subject, failure.item, failure.groups) = (cell.subject, cell.item, cell.groups)
      return try failure.line()
    }
    guard let place = places[cell.key] else {
      throw Diagnostic(place: url.relativePath, "a cell of the shard was not made", category: .internalFault)
    }
    var line = Data(count: place.length)
    let count = line.withUnsafeMutableBytes { bytes in
      pread(place.handle.fileDescriptor, bytes.baseAddress, bytes.count, off_t(place.offset))
    }
    guard count == place.length else {
      throw Diagnostic(
        place: url.relativePath,
        "cells that were kept beside it can no longer be read: \(String(cString: strerror(errno)).lowercased())",
        hints: ["run the command again"], category: .badInput)
    }
    guard place.cell != cell else { return line }
    // The same question of another prompt or item.
    var same = try ShardCell.read(line, path: url.relativePath)
    (same.subject, same.item, same.groups) = (cell.subject, cell.item, cell.groups)
    return try same.line()
  }

  private func written(_ body: () throws -> Void) throws {
    do { try body() } catch { throw AtomicFile.cannotWrite(url, errno == 0 ? EIO : errno) }
  }
}

extension ShardCell {
  /// What it was made for.
  fileprivate var withoutAnswer: ShardCell { ShardCell(key: key, subject: subject, item: item, groups: groups) }
}
