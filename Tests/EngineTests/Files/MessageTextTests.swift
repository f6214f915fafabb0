import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Messages stay short, however many names a file holds and however long they are.
@Suite struct MessageTextTests {
  @Test func listsAreCutAndCounted() {
    let many = (1...30).map { "n\($0)" }
    #expect(MessageText.names(["a"]) == "'a'" && MessageText.names(["a", "b"], most: 1) == "'a' and 1 more")
    #expect(MessageText.names(many).hasSuffix("'n25' and 5 more") && MessageText.list([]) == "")
    #expect(MessageText.numbers([1, 2]) == "[1, 2]" && MessageText.numbers([1, 2, 3], most: 2) == "[1, 2, ...] of 3")
    #expect(
      MessageText.short("abc", most: 3) == "abc" && MessageText.short("abcd", most: 3) == "abc... (1 more characters)")
    #expect(MessageText.short("ééé", most: 3) == "ééé")
  }

  /// The words of the error for a copy of a tiny model with another config.json.
  private func words(_ change: (inout [String: Any]) -> Void) throws -> String {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "m")
      try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
      let config = model.appending(path: "config.json")
      var root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any])
      change(&root)
      try JSONSerialization.data(withJSONObject: root).write(to: config)
      let error = #expect(throws: (any Error).self) { try openModel(model, name: "m") }
      return (error as? any EngineError).map { ([$0.place, $0.message] + $0.hints).joined(separator: "\n") } ?? ""
    }
  }

  @Test func aConfigurationOfManyUnknownKeysHasAShortMessage() throws {
    let words = try words { root in for number in 0..<20_000 { root["unknown_key_\(number)"] = number + 1 } }
    #expect(words.contains("20000 settings are not followed: ") && words.contains(" and 19975 more"), "\(words)")
    #expect(words.utf8.count < 4_000, "\(words.utf8.count) bytes")
  }

  @Test(arguments: ["model_type", "hidden_act"])
  func aValueOfAnyLengthHasAShortMessage(key: String) throws {
    let words = try words { $0[key] = String(repeating: "x", count: 1_000_000) }
    #expect(words.contains("more characters") && words.utf8.count < 8_000, "\(words.prefix(1000))")
  }
}
