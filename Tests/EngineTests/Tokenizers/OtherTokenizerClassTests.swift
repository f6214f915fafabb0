import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// other-classes.json: classes of Unigram and WordPiece (Tools/make_tokenizer_class_fixtures.py).
struct OtherClasses {
  struct Case {
    var base: String
    var modelType: String
    var name: String?
    /// tokenizer_config.json without the class.
    var settings: [String: Any]
    var outcome: Int
  }

  var texts: [String]
  /// Ids of every text; nil where transformers cannot open the folder.
  var outcomes: [[[Int]]?]
  var bases: [String: Data]
  var cases: [Case]

  static var read: OtherClasses? {
    guard let data = try? Fixtures.data("tokenizers/other-classes.json"),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { return nil }
    let bases = (root["bases"] as? [String: Any] ?? [:]).compactMapValues {
      try? JSONSerialization.data(withJSONObject: $0)
    }
    return OtherClasses(
      texts: root["texts"] as? [String] ?? [], outcomes: (root["outcomes"] as? [Any] ?? []).map { $0 as? [[Int]] },
      bases: bases,
      cases: (root["cases"] as? [[Any]] ?? []).map {
        Case(
          base: $0[0] as? String ?? "", modelType: $0[1] as? String ?? "", name: $0[2] as? String,
          settings: $0[3] as? [String: Any] ?? [:], outcome: $0[4] as? Int ?? -1)
      })
  }
}

@Suite("Tokenizer classes of T5 and BERT")
struct OtherTokenizerClassTests {
  @Test func everyClassAndSettingGivesTheIDsOfTransformers() throws {
    let all = try #require(OtherClasses.read)
    #expect(all.cases.count > 200)
    var disagreements: [String] = []
    var refused = 0
    for each in all.cases {
      let file = try #require(all.bases[each.base])
      var configuration = each.settings
      configuration["tokenizer_class"] = each.name
      let found: [[Int]]? = try withTemporaryFolder { folder in
        try file.write(to: folder.appending(path: "tokenizer.json"))
        try JSONSerialization.data(withJSONObject: configuration).write(
          to: folder.appending(path: "tokenizer_config.json"))
        try Data(#"{"model_type": "\#(each.modelType)"}"#.utf8).write(to: folder.appending(path: "config.json"))
        do {
          let tokenizer = try openTokenizer(folder: folder.path)
          return try all.texts.map { try tokenizer.encode($0, addSpecialTokens: true) }
        } catch is TokenizerError {
          return nil
        }
      }
      if found == nil { refused += 1 }
      guard found != all.outcomes[each.outcome] else { continue }
      disagreements.append(
        "\(each.base), \(each.modelType), \(each.name ?? "no class"), \(each.settings): \(found?.description ?? "refused"), "
          + "expected \(all.outcomes[each.outcome]?.description ?? "no tokenizer")")
    }
    print("\(all.cases.count) cases, \(refused) refused by both, \(disagreements.count) disagreements")
    #expect(disagreements.isEmpty, "\(disagreements.prefix(4).joined(separator: "\n"))")
  }
}
