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
      if watched.automatic != nil, found.contains(where: { $0.automatic != nil }) {
        report(
          node.mark, "watch of \(name) asks for automatic words twice", ["one auto(n) finds as many as are wanted"])
      } else if found.contains(where: { $0.name == watched.name }) {
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
    guard case .mapping = node else {
      guard let written = text(node, called: "a watched word of \(name)") else { return nil }
      return Self.watched(written) { report(node.mark, "\($0) of \(name)", $1) }
    }
    return watchSet(node, of: name).map { .set($0) }
  }

  /// A word, or a request such as `auto(3)`; nil for one that is badly written, which is reported.
  fileprivate static func watched(_ written: String, _ report: (_ problem: String, _ hints: [String]) -> Void)
    -> Watched?
  {
    let watched = Watched(written: written)
    guard AutoWatch.isMeant(by: written), watched.automatic == nil else { return watched }
    report(
      "expected auto(n) with n from \(AutoWatch.counts.lowerBound) to \(AutoWatch.counts.upperBound), found "
        + "'\(Node.shortened(written))' in watch",
      [
        "auto(3) looks at the first predicted token, auto(3, last), auto(3, 2) and auto(3, all) at others",
        "to watch this text itself, make a set of it: {tokens: [\"\(Node.shortened(written))\"]}",
      ])
    return nil
  }

  /// `{name: London, tokens: [" London", "London"]}`, or with `first_of` or `ids` in place of `tokens`.
  fileprivate mutating func watchSet(_ node: Node, of name: String) -> WatchSet? {
    typealias Key = SpecSection.WatchSets
    let fields = fields(node, of: .watchSet, called: "a watch set of \(name)")
    let members = SpecSection.watchSet.alternatives.flatMap(\.keys).compactMap { fields.entries[$0] }
    guard members.count < 2 else {
      report(
        members[1], "\(fields.called) has both \(members[0].key) and \(members[1].key)",
        ["make two sets of them"])
      return nil
    }
    if members.isEmpty {
      report(
        node.mark, "\(fields.called) has no members",
        ["write tokens: [\" London\", \"London\"], first_of: [\" Paris\", \" Berlin\"], or ids: [5139, 7392]"])
      return nil
    }
    let title = read(Key.name, in: fields)
    if fields[Key.name] != nil, title == nil { return nil }
    if let tokens = read(Key.tokens, in: fields) {
      return WatchSet(name: title ?? tokens.joined(separator: " | "), members: .tokens(tokens))
    }
    if let words = read(Key.firstOf, in: fields) {
      return WatchSet(name: title ?? words.joined(separator: " | "), members: .firstTokens(of: words))
    }
    return read(Key.ids, in: fields).map {
      WatchSet(name: title ?? "ids \($0.map(String.init).joined(separator: ", "))", members: .ids($0))
    }
  }
}

extension Watched {
  /// A word written on the command line: the text of one token, or a request such as `auto(3)`.
  ///
  /// - Throws: `DiagnosticList` of the category `usage`.
  public static func parse(_ written: String) throws -> Watched {
    var problems: [Diagnostic] = []
    let watched = SpecReader.watched(written) {
      problems.append(Diagnostic(place: "--watch \(written)", $0, hints: $1, category: .usage))
    }
    guard let watched else { throw DiagnosticList(problems) }
    return watched
  }
}

extension WatchSet {
  /// A set written on the command line as in a spec: `{name: London, tokens: [" London", "London"]}`.
  ///
  /// - Throws: `DiagnosticList` of the category `usage`.
  public static func parse(_ written: String) throws -> WatchSet {
    try SpecReader.option(
      "--watch-set", written, noun: "a watch set",
      example: "{name: London, tokens: [\" London\", \"London\"]}"
    ) { reader, root in reader.watchSet(root, of: "the command line") }
  }
}

extension Sampling {
  /// Sampling written on the command line as in a spec: `{temperature: 0.8, seed: 7}`.
  ///
  /// - Throws: `DiagnosticList` of the category `usage`.
  public static func parse(_ written: String) throws -> Sampling {
    try SpecReader.option("--sample", written, noun: "sample", example: "{temperature: 0.8, top_p: 0.95, seed: 7}") {
      reader, root in reader.sampling(reader.fields(root, of: .sample, called: "sample"))
    }
  }
}

extension AttributionRequest {
  /// Two words written on the command line as in a spec: `auto`, or `{target: " are", foil: " is"}`.
  ///
  /// - Throws: `DiagnosticList` of the category `usage`.
  public static func parse(_ written: String) throws -> AttributionRequest {
    guard written != SpecAttribute.word else { return AttributionRequest() }
    return try SpecReader.option(
      "--attribute", written, noun: "attribute", example: "{target: \" are\", foil: \" is\"}"
    ) { reader, root in SpecAttribute().read(root, SpecName(key: "attribute", owner: nil), &reader) }
  }
}

extension PatchRequest {
  /// Another text written on the command line as in a spec: `{source: "The keys to the cabinet"}`.
  ///
  /// - Throws: `DiagnosticList` of the category `usage`.
  public static func parse(_ written: String) throws -> PatchRequest {
    try SpecReader.option(
      "--patch", written, noun: "patch",
      example: "{source: \"The keys to the cabinet\", target: \" are\", foil: \" is\"}"
    ) { reader, root in SpecPatch().read(root, SpecName(key: "patch", owner: nil), &reader) }
  }
}

extension SpecReader {
  /// A mapping of the command line, written as in a spec.
  static func option<Value>(
    _ name: String, _ written: String, noun: String, example: String, files: SpecFiles = .none,
    _ read: (inout SpecReader, Node) -> Value?
  ) throws -> Value {
    let place = "\(name) \(written)"
    let source = try SpecSource(name: place, bytes: Data(written.utf8))
    let vocabulary = SpecVocabulary(kinds: [], formats: [], venues: [], spans: [], catalog: [])
    var reader = SpecReader(source: source, vocabulary: vocabulary)
    let (root, found) = source.compose()
    reader.problems = found
    reader.reading = files
    var value: Value?
    if case .some(.mapping) = root, let root {
      value = read(&reader, root)
    } else if found.isEmpty {
      reader.report(nil, "\(noun) must be a mapping, as in a spec", ["for example: \(name) '\(example)'"])
    }
    guard let value, reader.problems.isEmpty else {
      throw DiagnosticList(
        reader.problems.map { problem in
          // A file that the option names is an input, and the rest is the command line.
          let category: ErrorCategory = problem.category == .badInput ? .badInput : .usage
          return Diagnostic(place: place, problem.message, hints: problem.hints, category: category)
        })
    }
    return value
  }
}
