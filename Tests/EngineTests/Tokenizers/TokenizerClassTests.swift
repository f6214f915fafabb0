import Foundation
import TestSupport
import Testing

@testable import Engine

/// Small tokenizers under every class, model_type and setting against transformers; fixtures from
/// Tools/make_tokenizer_class_fixtures.py.
@Suite("The class of a tokenizer decides what is made of its files, as in transformers")
struct TokenizerClassTests {
  struct Group: Sendable, CustomTestStringConvertible {
    var base: String
    var modelType: String
    var name: String?
    /// Settings, template, outcome.
    var cases: [(settings: Int, template: String, outcome: Int)]
    var testDescription: String { "\(base), \(modelType), \(name ?? "no class")" }
    /// Whether the class brings a byte-level pre-tokenizer of its own.
    var makesBytes: Bool {
      let declaration = TokenizerClass.Declaration(name: name, modelType: modelType, hasCode: false)
      let kind = TokenizerClass(declaration, isByteLevel: false)
      let settings = kind.settings.compactMap { key, value in value.map { (key, $0) } }
      guard let decoder = kind.parts(Dictionary(settings) { $1 })?["decoder"] else { return false }
      return decoder["type"]?.string == "ByteLevel"
    }
  }

  struct Matrix: Sendable {
    var texts: [String] = []
    /// tokenizer_config.json without the class, as JSON.
    var settings: [Data] = []
    /// Ids of every text; nil where transformers cannot open the folder.
    var outcomes: [[[Int]]?] = []
    var groups: [Group] = []
    /// tokenizer.json by base and template.
    var files: [String: [String: Data]] = [:]
  }

  static let matrix: Matrix = (try? read()) ?? Matrix()

  private static func read() throws -> Matrix {
    var root: [String: Any] = [:]
    for name in ["classes", "class-outcomes"] {
      let part = try JSONSerialization.jsonObject(with: Fixtures.data("tokenizers/\(name).json"))
      root.merge(part as? [String: Any] ?? [:]) { first, _ in first }
    }
    var matrix = Matrix(texts: root["texts"] as? [String] ?? [])
    matrix.settings = try (root["settings"] as? [[String: Any]] ?? []).map {
      try JSONSerialization.data(withJSONObject: $0)
    }
    matrix.outcomes = (root["outcomes"] as? [Any] ?? []).map { $0 as? [[Int]] }
    for group in root["groups"] as? [[String: Any]] ?? [] {
      matrix.groups.append(
        Group(
          base: group["base"] as? String ?? "", modelType: group["model_type"] as? String ?? "",
          name: group["class"] as? String,
          cases: (group["cases"] as? [[Any]] ?? []).map {
            ($0[0] as? Int ?? -1, $0[1] as? String ?? "", $0[2] as? Int ?? -1)
          }))
    }
    for (base, file) in root["bases"] as? [String: [String: Any]] ?? [:] {
      for (name, template) in (root["templates"] as? [String: [String: Any]] ?? [:])[base] ?? [:] {
        var file = file
        file["post_processor"] = template
        matrix.files[base, default: [:]][name] = try JSONSerialization.data(withJSONObject: file)
      }
    }
    return matrix
  }

  @Test func everyClassIsCompared() {
    let groups = TokenizerClassTests.matrix.groups
    #expect(groups.count == 560)
    #expect(groups.map(\.cases.count).reduce(0, +) == 3008)
    let others = OtherClasses.read?.cases.compactMap(\.name) ?? []
    let compared = Set((groups.compactMap(\.name) + others).map(TokenizerClass.plain))
    #expect(TokenizerClass.all.map(\.name).filter { !compared.contains($0) } == [])
  }

  @Test(arguments: ["bytes", "spaced", "digits", "pieces", "marks"])
  func everyClassAndSettingGivesTheIDsOfTransformers(base: String) throws {
    let matrix = TokenizerClassTests.matrix
    var (count, refused, unfit) = (0, 0, 0)
    var disagreements: [String] = []
    for group in matrix.groups where group.base == base {
      for each in group.cases {
        count += 1
        let isByteLevel = !["pieces", "marks"].contains(base)
        // transformers takes the alphabet of bytes for pieces then, and drops what it does not find.
        let isUnfit = !isByteLevel && group.makesBytes
        let expected = isUnfit ? nil : matrix.outcomes[each.outcome]
        let found = try ids(group, each.settings, each.template)
        if isUnfit { unfit += 1 } else if expected == nil, found == nil { refused += 1 }
        guard found != expected else { continue }
        let settings = String(decoding: matrix.settings[each.settings], as: UTF8.self)
        disagreements.append(
          "\(group.testDescription) \(settings) template \(each.template): \(found?.description ?? "refused"), "
            + "expected \(expected?.description ?? "no tokenizer")")
      }
    }
    print(
      "\(base): \(count) cases, \(refused) refused by both, \(unfit) whose class does not fit the vocabulary, "
        + "\(disagreements.count) disagreements")
    #expect(disagreements.isEmpty, "\(disagreements.prefix(3).joined(separator: "\n"))")
  }

  /// The ids of every text; nil where the folder is refused.
  private func ids(_ group: Group, _ settings: Int, _ template: String) throws -> [[Int]]? {
    let matrix = TokenizerClassTests.matrix
    let file = try #require(matrix.files[group.base]?[template])
    var configuration = try #require(
      try JSONSerialization.jsonObject(with: matrix.settings[settings]) as? [String: Any])
    configuration["tokenizer_class"] = group.name
    return try withTemporaryFolder { folder in
      try file.write(to: folder.appending(path: "tokenizer.json"))
      try JSONSerialization.data(withJSONObject: configuration).write(
        to: folder.appending(path: "tokenizer_config.json"))
      try Data(#"{"model_type": "\#(group.modelType)"}"#.utf8).write(to: folder.appending(path: "config.json"))
      do {
        let tokenizer = try openTokenizer(folder: folder.path)
        return try matrix.texts.map { try tokenizer.encode($0, addSpecialTokens: true) }
      } catch is TokenizerError {
        return nil
      }
    }
  }
}

/// Special and added tokens named in all the ways there are.
@Suite("Special tokens are collected as in transformers")
struct SpecialTokenTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    enum File: Decodable, Sendable {
      case text(String)
      case shared(String)

      init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
          self = .text(text)
        } else {
          self = .shared(try decoder.singleValueContainer().decode([String: String].self)["shared"] ?? "")
        }
      }
    }

    var name: String
    var files: [String: File]
    /// nil where transformers cannot open the folder.
    var ids: [[Int]]?
    var special: [Int]?
    var testDescription: String { name }
  }

  private struct Fixture: Decodable {
    var texts: [String]
    var shared: [String: String]
    var cases: [Case]
  }

  private static let fixture = Result {
    try JSONDecoder().decode(Fixture.self, from: Fixtures.data("tokenizers/special.json"))
  }

  static let cases: [Case] = (try? fixture.get().cases) ?? []

  @Test func everyWayIsCompared() { #expect(SpecialTokenTests.cases.count == 27) }

  @Test(arguments: cases) func aFolderGivesTheSameIDs(_ each: Case) throws {
    let fixture = try SpecialTokenTests.fixture.get()
    try withTemporaryFolder { folder in
      for (name, file) in each.files {
        let text: String?
        switch file {
        case .text(let whole): text = whole
        case .shared(let key): text = fixture.shared[key]
        }
        try Data(try #require(text).utf8).write(to: folder.appending(path: name))
      }
      guard let ids = each.ids else {
        #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
        return
      }
      let tokenizer = try openTokenizer(folder: folder.path)
      #expect(try fixture.texts.map { try tokenizer.encode($0, addSpecialTokens: true) } == ids)
      #expect((0..<tokenizer.vocabularySize).filter(tokenizer.isSpecial) == each.special)
    }
  }
}
