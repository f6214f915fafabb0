@testable import Build
@testable import Figures
@testable import Models
@testable import Spec
@testable import Words
import Foundation
import TestSupport
import Testing

/// docs/spec.md says what the table of keys says, its blocks are specs, and the errors it shows are the reader's.
@Suite struct SpecDocumentationTests {
  /// A fenced block of a page: the language after the fence, and the text.
  struct Block: Equatable, CustomTestStringConvertible, Sendable {
    let page: String
    let line: Int
    let language: String
    let text: String
    var testDescription: String { "\(page):\(line)" }

    /// The lines of a key at the left margin; nil where it is not there.
    func lines(of key: String) -> String? {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      guard let first = lines.firstIndex(where: { $0.hasPrefix("\(key):") }) else { return nil }
      let rest = lines[(first + 1)...].prefix { $0.isEmpty || $0.hasPrefix(" ") }
      return ([lines[first]] + rest).map { $0 + "\n" }.joined()
    }
  }

  /// Pages whose blocks are specs; those of docs/ci.md are for other programs.
  static let pages: [String] = {
    let root = Fixtures.repository
    let found = ["docs", "docs/figures"].flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? [])
        .filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }
    }
    return ["README.md"] + found.filter { $0 != "docs/ci.md" }.sorted()
  }()

  static let blocks: [Block] = pages.flatMap { page in (try? blocks(of: page)) ?? [] }
  static let specs = blocks.filter { $0.language == "yaml" && mistakes(of: $0) == nil }
  static let mistaken = blocks.filter { mistakes(of: $0) != nil }

  static func blocks(of page: String) throws -> [Block] {
    var blocks: [Block] = []
    var open: (line: Int, language: String, text: [Substring])?
    for (index, line) in try SpecContext.page(page).split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      if line.hasPrefix("```") {
        if let block = open {
          let text = block.text.map { $0 + "\n" }.joined()
          blocks.append(Block(page: page, line: block.line, language: block.language, text: text))
          open = nil
        } else {
          open = (index + 1, String(line.dropFirst(3)), [])
        }
      } else {
        open?.text.append(line)
      }
    }
    return blocks
  }

  /// The messages that a page shows for a spec: the next block, where it is one of errors.
  static func mistakes(of block: Block) -> String? {
    guard block.language == "yaml", let index = blocks.firstIndex(of: block), index + 1 < blocks.count else {
      return nil
    }
    let next = blocks[index + 1]
    return next.page == block.page && next.text.hasPrefix("error: ") ? next.text : nil
  }

  /// A block as a whole spec: what it leaves out comes from the blocks before it on its page, or is added.
  static func completed(_ block: Block) -> String {
    let value = SchemaValue(yaml: block.text)
    let indented = block.text.split(separator: "\n").map { "    \($0)\n" }.joined()
    if value?.names == ["watch"] {
      return "models: {mine: ./m.gguf}\nprompts:\n  - id: heathrow\n    text: A\n" + indented
        + "figures: [token-ranks]\n"
    }
    var (text, keys) = (block.text, Set(value?.names ?? []))
    if case .array = value { (text, keys) = ("figures:\n" + indented, ["figures"]) }
    let standard: [(key: String, line: String)] = [
      ("models", "{mine: ./m.gguf}"),
      ("prompts", "[{id: heathrow, text: A, generate: 1, watch: [\" is\", \" are\"]}]"), ("figures", "[top-tokens]"),
    ]
    // The many models of a page are too many lines for the figure of a dataset.
    let earlier = keys.contains("datasets") ? [] : specs.filter { $0.page == block.page && $0.line < block.line }
    let rest = standard.filter { !keys.contains($0.key) }.map { key, line in
      earlier.reversed().lazy.compactMap { $0.lines(of: key) }.first ?? "\(key): \(line)\n"
    }
    return rest.joined() + text
  }

  @Test func thereAreBlocks() {
    #expect(Self.specs.count { $0.page == "docs/spec.md" } >= 6)
    #expect(Self.mistaken.count { $0.page == "docs/spec.md" } >= 1)
    #expect(Self.specs.contains { $0.page == "README.md" })
  }

  @Test(arguments: specs) func everyBlockIsACleanSpec(block: Block) throws {
    let yaml = Self.completed(block)
    #expect(try SpecContext.messages(yaml) == [])
    #expect(try SpecContext.schema.fault(of: #require(SchemaValue(yaml: yaml))) == nil)
  }

  @Test(arguments: mistaken) func everyErrorThatIsShownIsTheReaders(block: Block) throws {
    let found = try SpecContext.messages(block.text).map { $0 + "\n" }.joined()
    #expect(found == Self.mistakes(of: block))
  }

  @Test func everyTableIsTheTableOfKeys() throws {
    let page = try SpecContext.page("docs/spec.md")
    let vocabulary = try SpecContext.vocabulary
    for name in KeyList.names {
      let table = "<!-- keys: \(name) -->\n\(try KeyList.markdown(of: name, vocabulary))<!-- /keys -->\n"
      #expect(page.contains(table), "\(name): python3 Tools/spec_pages.py writes the tables again")
    }
    #expect(page.contains("<!-- kinds -->\n\(KindList.markdown)<!-- /kinds -->\n"))
    #expect(page.matches(of: /<!-- keys:/).count == KeyList.names.count)
  }
}
