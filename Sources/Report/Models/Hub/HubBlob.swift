import Engine
import Files
import Foundation
import Traces
import Words

/// Downloads one file of a hub into the cache: resumes after an interruption, checks the file, renames it into place.
///
/// A partial file is kept as `<etag>.strata.incomplete` beside the blob, under the lock that huggingface_hub takes as well.
struct HubBlob {
  let client: HubClient
  let cache: HubCache
  let reference: HubReference
  let file: HubClient.FileInfo
  /// Receives the number of bytes that arrived; a negative number takes discarded bytes back.
  let progress: @Sendable (_ bytes: Int) -> Void

  private var place: URL { cache.blob(file.etag, of: reference.repository) }

  /// Whether the blob is cached with the size that the hub reports.
  var isThere: Bool {
    guard let state = FileState(path: place.path), !state.isFolder else { return false }
    return file.bytes == nil || state.bytes == file.bytes
  }

  /// Fetches the file unless it is there.
  ///
  /// - Returns: Whether it was fetched, and so its digest compared; a cached file is not read again.
  /// - Throws: `Diagnostic`.
  func fetch(waiting: () -> Void) throws -> Bool {
    try AtomicFile.makeFolder(place.deletingLastPathComponent())
    let lock = try FileLock(cache.lock(file.etag, of: reference.repository), waiting: waiting)
    defer { withExtendedLifetime(lock) {} }
    guard !isThere else {
      progress(file.bytes ?? 0)
      return false
    }
    let partial = place.deletingLastPathComponent().appending(path: "\(file.etag).strata.incomplete")
    let descriptor = FileCalls.open(partial.path, O_RDWR | O_CREAT | O_CLOEXEC)
    guard descriptor >= 0 else { throw AtomicFile.cannotWrite(partial, errno) }
    defer { close(descriptor) }
    let receiver = Receiver(descriptor: descriptor, url: partial, file: file, progress: progress)
    do {
      try receiver.resume()
      try transfer(receiver)
      try receiver.check(reference)
    } catch let problem as Diagnostic where problem.category != .network {
      // Wrong bytes, or bytes that do not fit the disk, are useless to a later attempt.
      FileCalls.unlink(partial.path)
      throw problem
    }
    try AtomicFile.writeThrough(partial)
    try AtomicFile.move(partial, to: place)
    return true
  }

  /// Requests the file until it is complete; continues an interrupted answer where it ended.
  private func transfer(_ receiver: Receiver) throws {
    var failures = 0
    while !receiver.isComplete {
      let start = receiver.count
      do {
        try ask(receiver)
        guard !receiver.isComplete, file.bytes != nil else { return }
        throw HTTPTransfer.Failure(
          message: "the answer ended after \(receiver.count) of \(file.bytes ?? 0) bytes", isPassing: true)
      } catch let failure as HTTPTransfer.Failure {
        // As long as bytes arrive, another attempt is worthwhile.
        failures = receiver.count > start ? 1 : failures + 1
        guard failure.isPassing, failures < HubClient.attempts else { throw client.unreachable(failure, reference) }
        client.pause(HubClient.delay(after: failures))
      }
    }
  }

  private func ask(_ receiver: Receiver) throws {
    let start = receiver.count
    var isFirst = true
    let response: HTTPTransfer.Response
    do {
      response = try client.send(file.url, reference, range: start, mayRetry: false) { response, bytes in
        guard response.status == 200 || response.status == 206 else { return }
        if isFirst {
          isFirst = false
          // When the server ignores ranges, or answers another range, the file starts again.
          if response.status == 200 || Self.start(of: response) != start { try receiver.restart() }
        }
        try receiver.take(bytes)
      }
    } catch let problem as Diagnostic where problem.category == .network {
      throw HTTPTransfer.Failure(message: problem.message, isPassing: true, problem: problem)
    }
    switch response.status {
    case 200, 206: return
    // The partial file is longer than the file, so it belongs to another one.
    case 416: try receiver.restart()
    default: throw client.refusal(response, reference, file: file.path)
    }
  }

  /// The first byte of "bytes 100-199/200".
  private static func start(of response: HTTPTransfer.Response) -> Int? {
    response["content-range"]?.firstMatch(of: /^bytes (\d+)-/).flatMap { Int($0.1) }
  }
}

/// Writes and digests the bytes of a file as they arrive.
private final class Receiver {
  let descriptor: Int32
  let url: URL
  let file: HubClient.FileInfo
  let progress: @Sendable (Int) -> Void
  private(set) var count = 0
  private var digest: Digest

  /// Either way of naming a file by its content.
  private enum Digest {
    case sha256(SHA256)
    case git(GitBlobDigest)

    func update(_ bytes: UnsafeRawBufferPointer) {
      switch self {
      case .sha256(let digest): digest.update(bytes)
      case .git(let digest): digest.update(bytes)
      }
    }

    func finish() -> String {
      switch self {
      case .sha256(let digest): digest.finish()
      case .git(let digest): digest.finish()
      }
    }
  }

  init(descriptor: Int32, url: URL, file: HubClient.FileInfo, progress: @escaping @Sendable (Int) -> Void) {
    (self.descriptor, self.url, self.file, self.progress) = (descriptor, url, file, progress)
    digest = Self.digest(of: file)
  }

  private static func digest(of file: HubClient.FileInfo) -> Digest {
    file.etag.utf8.count == 64 ? .sha256(SHA256()) : .git(GitBlobDigest(bytes: file.bytes ?? 0))
  }

  var isComplete: Bool { count == file.bytes }

  /// Continues from the partial file of an earlier attempt.
  func resume() throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while case let got = read(descriptor, buffer.baseAddress, buffer.count), got > 0 {
      digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
      count += got
    }
    progress(count)
    if let bytes = file.bytes, count > bytes { try restart() }
  }

  /// Discards the bytes received so far.
  func restart() throws {
    guard FileCalls.truncate(descriptor, 0, url.path) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw AtomicFile.cannotWrite(url, errno)
    }
    progress(-count)
    count = 0
    digest = Self.digest(of: file)
  }

  func take(_ bytes: UnsafeRawBufferPointer) throws {
    if let limit = file.bytes, count + bytes.count > limit {
      throw Diagnostic(
        place: file.path, "expected \(limit) bytes, found more", hints: ["nothing was kept"], category: .badInput)
    }
    var offset = 0
    while offset < bytes.count, let base = bytes.baseAddress {
      let written = FileCalls.write(descriptor, base + offset, bytes.count - offset, url.path)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw AtomicFile.cannotWrite(url, written < 0 ? errno : EIO) }
      offset += written
    }
    digest.update(bytes)
    count += bytes.count
    progress(bytes.count)
  }

  /// Compares the digest with the one that the hub reported.
  func check(_ reference: HubReference) throws {
    let found = digest.finish()
    guard found == file.etag else {
      throw Diagnostic(
        place: reference.text,
        "the fetched file is not the hub's '\(file.path)': expected digest \(file.etag), found \(found)",
        hints: ["nothing was kept; try again, or use another network or mirror"], category: .badInput)
    }
  }
}
