import Foundation

/// A hub on loopback with faults to order (Tests/Fixtures/hub/fake_hub.py), for as long as the value lives.
public final class FakeHub {
  /// Holds repositories, the log and whatever a test needs.
  public let folder: URL
  /// For HF_ENDPOINT.
  public let endpoint: String
  private let process = Process()
  private let input = Pipe()

  /// Starts a hub without repositories.
  public init(in folder: URL) throws {
    self.folder = folder
    for name in ["repositories", "hub-cache"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", Fixtures.url("hub/fake_hub.py").path, folder.appending(path: "repositories").path,
      folder.appending(path: "requests.log").path,
    ]
    process.standardInput = input
    process.standardOutput = output
    // Whoever reads what the tests say must not wait for the hub.
    process.standardError = FileHandle.nullDevice
    try process.run()
    var said = Data()
    while !said.contains(0x0A) {
      let part = output.fileHandleForReading.availableData
      guard !part.isEmpty else { throw CocoaError(.executableLoad) }
      said += part
    }
    let port = String(decoding: said, as: UTF8.self).split(separator: " ")[0]
    endpoint = "http://127.0.0.1:\(port)"
  }

  deinit {
    // The hub ends with its input.
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Gives a repository a file.
  public func add(_ data: Data, _ path: String, to repository: String) throws {
    let file = folder.appending(path: "repositories/\(repository)/\(path)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
  }

  /// Gives a repository what our small GPT-2 in models/first is read from, and a file that nobody needs.
  public func addModel(to repository: String) throws {
    let source = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "models/first")
    for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
      try add(try Data(contentsOf: source.appending(path: name)), name, to: repository)
    }
    try add(Data("---\nlicense: mit\n---\n# A model\n".utf8), "README.md", to: repository)
    try add(Data("not needed".utf8), "pytorch_model.bin", to: repository)
  }

  /// Requests so far: "cdn GET /org/name/file - - 200".
  public var requests: [String] {
    let text = try? String(contentsOf: folder.appending(path: "requests.log"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }

  /// The cache that a program is to use.
  public var cache: URL { folder.appending(path: "hub-cache", directoryHint: .isDirectory) }

  /// What a program needs to know to use this hub and nothing else.
  public var environment: [String: String] {
    ["HF_ENDPOINT": endpoint, "HF_HUB_CACHE": cache.path, "HF_TOKEN": "", "HF_HUB_DOWNLOAD_TIMEOUT": "2"]
  }
}
