import Foundation
import TestSupport
import Testing

/// Conversations where the system gives little memory: the right tokens or an error, no signal, and no waiting for ever.
@Suite struct MemoryLimitTests {
  private static let template = """
    {% for m in messages %}<|im_start|>{{ m.role }}
    {{ m.content }}<|im_end|>
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
    {% endif %}
    """

  private func ids(_ file: URL) throws -> [Int] {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    return try #require(json["tokens"] as? [[String: Any]]).compactMap { $0["id"] as? Int }
  }

  @Test(arguments: [1_200_000, 600_000, 300_000], [1, 4])
  func aChatTemplateIsRenderedOrRefused(kilobytes: Int, threads: Int) throws {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "m", directoryHint: .isDirectory)
      try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
      try Data(Self.template.utf8).write(to: model.appending(path: "chat_template.jinja"))
      let strata = StrataProgram(folder: folder)
      let ask = ["trace", "-q", "--model", "./m", "--chat", "the keys", "--threads", "\(threads)"]
      let free = try strata.run(ask + ["-o", "free.json"])
      try #require(free.status == 0, "\(free.err)")
      // Without the cache, which has the rendered text now.
      try FileManager.default.removeItem(at: folder.appending(path: "cache"))
      let words = (ask + ["-o", "limited.json"]).map { "'\($0)'" }.joined(separator: " ")
      let script =
        "cd '\(folder.path)'; ulimit -v \(kilobytes); exec timeout -s KILL 120 '\(try StrataProgram.path())' \(words)"
      let result = try Tool.run(
        "sh", ["-c", script],
        environment: ["HOME": folder.path, "XDG_CACHE_HOME": folder.appending(path: "cache").path])
      let file = folder.appending(path: "limited.json")
      switch result.status {
      case 0: #expect(try ids(file) == ids(folder.appending(path: "free.json")))
      case 64:
        #expect(result.output.contains("kB of address space or more, found \(kilobytes)"), "\(result.output)")
        #expect(result.output.contains("ulimit -v"), "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: file.path))
      default: Issue.record("status \(result.status): \(result.output)")
      }
      #expect(result.status == (kilobytes < 1 << 20 ? 64 : 0))
    }
  }
}
