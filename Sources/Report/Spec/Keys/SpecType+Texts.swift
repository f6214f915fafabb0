import Engine
import Figures
import Markdown
import Words
import Yams

// Keys whose values are texts of the author: lines, Markdown, authors, captions.

/// A line of text for people.
struct SpecLine: SpecType {
  /// The largest number of characters.
  let most: Int

  init(_ most: Int) { self.most = most }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    reader.line(node, called: name.text, most: most)
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "a line of at most \(Wording.count(most, "character"))"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

/// A text in Markdown, or a file of it.
struct SpecMarkdown: SpecType {
  /// The largest number of characters.
  let most: Int

  init(_ most: Int) { self.most = most }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    if case .mapping = node {
      let fields = reader.fields(node, of: .textFile, called: name.text)
      guard let found = reader.read(SpecSection.TextFile.file, in: fields) else { return nil }
      guard found.text.count <= most else {
        reader.report(
          place: found.name,
          "\(name.text) must have at most \(Wording.count(most, "character")), "
            + "found \(Wording.grouped(found.text.count))")
        return nil
      }
      for problem in MarkdownText(found.text).problems {
        reader.report(
          place: "\(found.name):\(problem.line):\(problem.column)", "\(name.text): \(problem.message)", [problem.hint])
      }
      return found.text
    }
    guard let text = reader.words(node, called: name.text, most: most) else { return nil }
    for problem in MarkdownText(text).problems {
      reader.report(
        node.mark, "\(name.text), line \(problem.line), column \(problem.column): \(problem.message)", [problem.hint])
    }
    return text
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "Markdown of at most \(Wording.count(most, "character")), or a mapping with `file`"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["anyOf": [SpecText.schema, .reference(to: .textFile)]]
  }
}

/// The path of a text file, which is read.
struct SpecTextFile: SpecType {
  /// A file as the spec names it, and its text.
  struct Found: Equatable {
    var name: String
    var text: String
  }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Found? {
    guard let path = reader.text(node, called: name.text) else { return nil }
    return reader.textFile(path, at: node).map { Found(name: path, text: $0) }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a path" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

/// Authors: names, or mappings, one or a list.
struct SpecAuthors: SpecType {
  private static let most = 100

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [ReportSpec.Author]? {
    var nodes = [node]
    if case .sequence = node { nodes = reader.list(node, called: name.text) ?? [] }
    if nodes.count > Self.most {
      reader.report(node.mark, "\(name.text) must be at most \(Self.most), found \(nodes.count)")
      return nil
    }
    return nodes.compactMap { reader.author($0) }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a name, a mapping, or a list of them" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    .oneOrSeveral(["anyOf": [SpecText.schema, .reference(to: .author)]], areDistinct: false)
  }
}

/// An address of mail: it becomes a link.
struct SpecMail: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    guard let text = SpecLine(200).read(node, name, &reader) else { return nil }
    guard text.wholeMatch(of: /[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+/) != nil else {
      reader.report(node.mark, "\(name.text) must be an address of mail, found '\(Node.shortened(text))'")
      return nil
    }
    return text
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "an address of mail" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

/// An ORCID iD, whose last character checks the others (ISO 7064, MOD 11-2).
struct SpecORCID: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    guard var text = reader.text(node, called: name.text) else { return nil }
    if let address = text.firstMatch(of: /^https:\/\/orcid\.org\//) { text.removeSubrange(address.range) }
    guard text.wholeMatch(of: /[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]/) != nil, Self.isSound(text) else {
      reader.report(
        node.mark, "\(name.text) must be an ORCID iD, found '\(Node.shortened(text))'",
        ["for example 0000-0002-1825-0097; its last character checks the others"])
      return nil
    }
    return text
  }

  private static func isSound(_ text: String) -> Bool {
    let digits = text.filter { $0 != "-" }
    let total = digits.dropLast().reduce(0) { ($0 + ($1.wholeNumberValue ?? 0)) * 2 }
    let check = (12 - total % 11) % 11
    return digits.last == (check == 10 ? "X" : Character(String(check)))
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "an ORCID iD" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

/// A text with `{finding}` and the like in it.
struct SpecPattern: SpecType {
  /// The names that it may have in braces.
  let names: [FigureText.Name]
  /// The largest number of characters.
  let most: Int
  /// Whether it is one line; in other texts a line break is a space.
  var isLine = true

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> FigureText? {
    var text: String
    if isLine {
      guard let line = reader.line(node, called: name.text, most: most) else { return nil }
      text = line
    } else {
      guard let words = reader.words(node, called: name.text, most: most) else { return nil }
      if let unseen = SpecReader.unseen(in: words, called: name.text) {
        reader.report(node.mark, unseen.text, [unseen.hint])
        return nil
      }
      text = words.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }.joined(separator: " ")
    }
    do {
      return try FigureText(text, names: names)
    } catch {
      for problem in error.diagnostics {
        reader.report(node.mark, "\(name.text): \(problem.message)", problem.hints)
      }
      return nil
    }
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "\(isLine ? "a line" : "text") of at most \(Wording.count(most, "character")); "
      + Wording.enumeration(names.map { "`{\($0.rawValue)}`" }) + " are filled in"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

/// A label of LaTeX.
struct SpecLabel: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> FigureText? {
    guard let text = SpecPattern(names: [.prompt, .model], most: 100).read(node, name, &reader) else { return nil }
    let sample = text.filled { _ in "x" }
    guard sample.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9:._\-]*/) != nil else {
      reader.report(
        node.mark, "\(name.text) must be letters, digits and :._-, found '\(Node.shortened(sample))'",
        ["for example fig:crossing, or fig:crossing-{prompt} for several prompts"])
      return nil
    }
    return text
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "letters, digits and `:._-`; `{prompt}` and `{model}` are filled in"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

/// Layers: `every 2`, a number, a range, `embedding`, or a list of them.
struct SpecLayers: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> LayerChoice? {
    var nodes = [node]
    if case .sequence = node { nodes = reader.list(node, called: name.text) ?? [] }
    let parts = nodes.compactMap { part($0, isOne: nodes.count == 1 && node.sequence == nil, name, &reader) }
    guard !parts.isEmpty, parts.count == nodes.count else { return nil }
    return LayerChoice(parts)
  }

  private func part(
    _ node: Node, isOne: Bool, _ name: SpecName, _ reader: inout SpecReader
  ) -> LayerChoice.Part? {
    // YAML reads 20-29 as text, and 5 as a number.
    let written = node.scalar?.string ?? ""
    if let match = written.wholeMatch(of: /(\d{1,4})(?:\s*(?:-|\.\.|–)\s*(\d{1,4}))?/), let low = Int(match.1) {
      let high = match.2.flatMap { Int($0) } ?? low
      guard low <= high else {
        reader.report(node.mark, "a range of \(name.text) must go up, found '\(written)'", ["write \(high)-\(low)"])
        return nil
      }
      return .range(low, high)
    }
    if written == "embedding" { return .embedding }
    if isOne, let match = written.wholeMatch(of: /every (\d{1,4})/), let step = Int(match.1), step >= 2 {
      return .every(step)
    }
    reader.report(
      node.mark,
      "\(name.text) must be 'every 2' (or more), a layer, a range such as 0-11, or a list of layers and "
        + "ranges, found \(node.described)", ["for example layers: [embedding, 0, 4, 20-29]"])
    return nil
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "`every 2` or more, a layer, a range, `embedding`, or a list of the last three"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    .oneOrSeveral(["anyOf": [["type": "integer", "minimum": 0], SpecText.schema]], areDistinct: false)
  }
}
