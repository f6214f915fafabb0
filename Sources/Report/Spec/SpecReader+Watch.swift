import Engine
import Foundation
import Traces
import Words
import Yams

// `watch`: words, and sets of tokens as one series.

extension SpecReader {
  package mutating func watched(_ node: Node, of name: String) -> [Watched] {
    var found: [Watched] = []
    var nodes = [node]
    if case .sequence = node { nodes = list(node, called: "watch of \(name)") ?? [] }
    for node in nodes {
      guard let watched = series(node, of: name) else { continue }
      if found.contains(where: { $0.name == watched.name }) {
        report(
          node.mark, "watched word '\(Node.shortened(watched.name))' of \(name) is given twice",
          found.contains(watched) ? [] : ["give the set another name"])
      } else {
        found.append(watched)
      }
    }
    return found
  }

  private mutating func series(_ node: Node, of name: String) -> Watched? {
    guard case .mapping = node else { return text(node, called: "a watched word of \(name)").map { .token($0) } }
    return watchSet(node, of: name).map { .set($0) }
  }

  /// `{name: London, tokens: [" London", "London"]}`, or with `first_of` or `ids` in place of `tokens`.
  fileprivate mutating func watchSet(_ node: Node, of name: String) -> WatchSet? {
    let called = "a watch set of \(name)"
    let fields = mapping(node, called: called, known: ["name", "tokens", "first_of", "ids"])
    let kinds = ["tokens", "first_of", "ids"].compactMap { fields[$0] }
    guard kinds.count < 2 else {
      report(kinds[1].keyMark, "\(called) has both \(kinds[0].key) and \(kinds[1].key)", ["make two sets of them"])
      return nil
    }
    guard let members = kinds.first else {
      report(
        node.mark, "\(called) has no members",
        ["write tokens: [\" London\", \"London\"], first_of: [\" Paris\", \" Berlin\"], or ids: [5139, 7392]"])
      return nil
    }
    let title = fields["name"].flatMap { text($0.value, called: "name of \(called)") }
    if fields["name"] != nil, title == nil { return nil }
    if members.key == "ids" {
      let ids = distinct(members.value, called: "ids of \(called)") { reader, node in
        reader.integer(node, called: "an id of \(called)", in: 0...Int(Int32.max))
      }
      return ids.map {
        WatchSet(name: title ?? "ids \($0.map(String.init).joined(separator: ", "))", members: .ids($0))
      }
    }
    let words = distinct(members.value, called: "\(members.key) of \(called)") { reader, node in
      reader.text(node, called: "a word of \(called)")
    }
    return words.map {
      WatchSet(
        name: title ?? $0.joined(separator: " | "),
        members: members.key == "tokens" ? .tokens($0) : .firstTokens(of: $0))
    }
  }

  /// The elements of a list, none of them twice; nil where something was wrong.
  private mutating func distinct<Value: Hashable>(
    _ node: Node, called name: String, _ read: (inout SpecReader, Node) -> Value?
  ) -> [Value]? {
    let before = problems.count
    var values: [Value] = []
    for element in list(node, called: name) ?? [] {
      guard let value = read(&self, element) else { continue }
      if values.contains(value) {
        report(element.mark, "'\(value)' is given twice in \(name)", ["it would be counted twice: remove one"])
      } else {
        values.append(value)
      }
    }
    return problems.count == before ? values : nil
  }
}

extension WatchSet {
  /// A set written on the command line as in a spec: `{name: London, tokens: [" London", "London"]}`.
  ///
  /// - Throws: `DiagnosticList` of the category `usage`.
  public static func parse(_ written: String) throws -> WatchSet {
    let place = "--watch-set \(written)"
    let source = try SpecSource(name: place, bytes: Data(written.utf8))
    let vocabulary = SpecVocabulary(kinds: [], formats: [], venues: [], spans: [], catalog: [])
    var reader = SpecReader(source: source, vocabulary: vocabulary)
    let (root, found) = source.compose()
    reader.problems = found
    var set: WatchSet?
    if case .some(.mapping) = root, let root {
      set = reader.watchSet(root, of: "the command line")
    } else if found.isEmpty {
      reader.report(
        nil, "a watch set must be a mapping, as in a spec",
        ["write it so: --watch-set '{name: London, tokens: [\" London\", \"London\"]}'"])
    }
    guard let set, reader.problems.isEmpty else {
      throw DiagnosticList(
        reader.problems.map { Diagnostic(place: place, $0.message, hints: $0.hints, category: .usage) })
    }
    return set
  }
}
