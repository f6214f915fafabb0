import Foundation

/// Runs `body` with an empty folder that is removed afterwards.
public func withTemporaryFolder<T>(_ body: (URL) throws -> T) throws -> T {
  let folder = try makeTemporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// Runs `body` with an empty folder that is removed afterwards.
public func withTemporaryFolder<T>(_ body: (URL) async throws -> T) async throws -> T {
  let folder = try makeTemporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}

private func makeTemporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "strata-test-\(UUID().uuidString)", directoryHint: .isDirectory)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

/// Values gathered from several threads.
public final class Collected<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var gathered: [Value] = []

  /// Nothing yet.
  public init() {}
  /// Adds a value.
  public func append(_ value: Value) { lock.withLock { gathered.append(value) } }
  /// What was gathered, in order.
  public var values: [Value] { lock.withLock { gathered } }
}
