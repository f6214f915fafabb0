import Engine
import Figures
import Foundation
import Traces
import Words
import Yams

/// Reads a spec and reports all of its problems at once, with places and advice.
///
/// Opens no model.
public struct SpecReader {
  package let source: SpecSource
  package let vocabulary: SpecVocabulary
  package var problems: [Diagnostic] = []
  /// Where the files that the spec names are read from.
  var reading = SpecFiles.none
  /// The files that the spec names and that were opened, as the spec has them.
  var files: [String] = []
  /// The patterns of checkpoints that were looked for, as the spec has them.
  var patterns: [String] = []
  /// The row of a table that is being read, whose nodes have no marks.
  var row: SpecTableRow?
  /// The key whose value is being read: tells where in a row a problem is.
  var key: String?
  /// Entries that have problems of their own.
  ///
  /// What refers to them is no problem.
  var broken = SpecBroken()
  /// Whether figures that cannot be drawn whatever the models say are left out, and no problems.
  var leavesOutImpossible = false
  /// Why figures are left out.
  var leftOut: [Diagnostic] = []
  /// How many words were compared with those that exist, for advice.
  private var advised = 0

  /// From its parts.
  package init(
    source: SpecSource, vocabulary: SpecVocabulary, problems: [Diagnostic] = []
  ) {
    self.source = source
    self.vocabulary = vocabulary
    self.problems = problems
  }

  /// Reads `bytes` as the spec called `name` (the path as the user wrote it, used in messages).
  ///
  /// - Parameter files: The files that the spec names.
  /// - Throws: `DiagnosticList` with every problem found.
  public static func read(
    _ bytes: Data, name: String, vocabulary: SpecVocabulary, files: SpecFiles = .none
  ) throws(DiagnosticList) -> ReportSpec {
    let reading = look(at: bytes, name: name, vocabulary: vocabulary, files: files)
    guard let spec = reading.spec else { throw DiagnosticList(reading.problems) }
    return spec
  }

  /// The same, with the files that a spec names even when it has problems.
  ///
  /// - Parameter leavesOutImpossible: Whether figures that cannot be drawn whatever the models say are left out, and told in `leftOut`.
  public static func look(
    at bytes: Data, name: String, vocabulary: SpecVocabulary, files: SpecFiles, leavesOutImpossible: Bool = false
  ) -> SpecReading {
    let source: SpecSource
    do {
      source = try SpecSource(name: name, bytes: bytes)
    } catch {
      return SpecReading(spec: nil, draft: nil, problems: [error], files: [])
    }
    var reader = SpecReader(source: source, vocabulary: vocabulary)
    reader.reading = files
    reader.leavesOutImpossible = leavesOutImpossible
    let spec = reader.spec(sha256: SHA256.hex(of: bytes))
    return SpecReading(
      spec: reader.problems.isEmpty ? spec : nil, draft: spec, problems: reader.problems, files: reader.files,
      patterns: reader.patterns, leftOut: reader.leftOut)
  }

  private mutating func spec(sha256: String) -> ReportSpec? {
    let (root, found) = source.compose()
    problems = found
    guard let root, root.kind != .null else {
      if problems.isEmpty {
        report(
          nil, "the spec is empty", ["a spec has a title, models, prompts and figures: see docs/spec.md"])
      }
      return nil
    }
    guard case .mapping = root else {
      report(root.mark, "a spec must be a mapping of keys to values, found \(root.described)")
      return nil
    }
    if let schema = root.mapping?[Node("schema")]?.scalar?.string,
      schema.hasPrefix("strata.trace/") || schema.hasPrefix("strata.dataset/")
    {
      reportNumbers(schema, at: root)
      return nil
    }
    typealias Root = SpecSection.Root
    let fields = fields(root, of: .root, called: "the spec")
    let title = read(Root.title, in: fields)
    let head = ReportSpec.Head(
      subtitle: read(Root.subtitle, in: fields), authors: read(Root.authors, in: fields) ?? [],
      date: read(Root.date, in: fields), intro: read(Root.intro, in: fields),
      conclusion: read(Root.conclusion, in: fields))
    let models = self.models(read(Root.models, in: fields) ?? [])
    // A spec of datasets alone needs neither prompts nor figures.
    let isOfDatasets =
      fields[Root.datasets] != nil && fields[Root.prompts] == nil
      && (fields[Root.figures]?.value.sequence ?? []).allSatisfy(showsDatasets)
    if !isOfDatasets {
      for key in SpecSection.root.keys where key.presence == .requiredWithoutDatasets {
        if fields.entries[key.name] == nil { reportMissing(key.name, in: fields) }
      }
    }
    let isTable = fields[Root.prompts]?.value.mapping != nil
    let before = problems.count
    let prompts = self.prompts(read(Root.prompts, in: fields) ?? [], areTables: isTable)
    var datasets = self.datasets(read(Root.datasets, in: fields) ?? [], prompts: prompts)
    broken.hasSubjects = problems.count > before
    checkChanges(of: models, prompts, datasets)
    let figures = self.figures(
      read(Root.figures, in: fields) ?? [], models: models, prompts: prompts, datasets: datasets)
    // What is compared item by item is kept item by item.
    let compared = Set(figures.filter { $0.kind == DatasetComparison.name }.flatMap(\.subjects))
    for index in datasets.indices where compared.contains(datasets[index].id) { datasets[index].keepsItems = true }
    let lens = read(Root.lens, in: fields).map { self.lens($0) } ?? (norm: .final, rows: .blocks)
    if let given = fields[Root.lens] { check(lens, isReadBy: models, at: given) }
    let style = read(Root.style, in: fields).map { self.style($0) } ?? FigureStyle()
    let outputs = read(Root.output, in: fields)
    let output = self.output(outputs)
    let traces = read(Root.traces, in: fields)
    let stem = SpecReader.stem(of: source.name)
    var spec = ReportSpec(
      name: Slug.make(stem), sha256: sha256, title: title ?? stem, head: head, models: models, prompts: prompts,
      figures: figures, datasets: datasets,
      norm: lens.norm, rows: lens.rows, style: style, output: output, commitsTraces: traces == "commit", files: files)
    spec.path = source.name
    spec.logoPlace = outputs?[SpecSection.Output.logo].map { place(of: $0.value.mark) }
    spec.templatePlace = outputs?[SpecSection.Output.template].map { place(of: $0.value.mark) }
    problems += spec.namingProblems(without: broken.figures)
    let impossible = spec.impossibleFigures(without: broken)
    let possible = leavesOutImpossible && !impossible.isEmpty ? spec.possibleFigures : []
    // A gallery shows something.
    if possible.isEmpty { problems += impossible } else { (spec.figures, leftOut) = (possible, impossible) }
    return spec
  }

  /// Reports that a file of numbers was given for a spec.
  private mutating func reportNumbers(_ schema: String, at root: Node) {
    let file = ShellWord.path(source.name)
    let kind = schema.hasPrefix("strata.trace/") ? FigureKind.topTokens.name : DatasetProfile.name
    report(
      root.mark, "expected a spec, found numbers of the form \(Node.shortened(schema))",
      [
        "strata draw \(file) --kind \(kind) -o FIGURE.pdf draws them; strata gather FOLDER makes a gallery of all in a folder"
      ])
  }

  private static func stem(of name: String) -> String {
    URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
  }
}

// MARK: typed values, each with its message

extension SpecReader {
  /// Reports a problem at a place in the file.
  mutating func report(_ mark: Mark?, _ message: String, _ hints: [String] = []) {
    report(place: place(of: mark), message, hints)
  }

  /// Reports a problem at a place of any file.
  mutating func report(place: String, _ message: String, _ hints: [String] = []) {
    problems.append(Diagnostic(place: place, message, hints: hints, category: .badSpec))
  }

  /// Reports a problem of a key and its value.
  mutating func report(_ entry: SpecEntry, _ message: String, _ hints: [String] = []) {
    let outer = key
    key = entry.key
    report(entry.keyMark, message, hints)
    key = outer
  }

  /// The place of a mark, or in the row of the table that is being read.
  func place(of mark: Mark?) -> String { row?.place(of: key) ?? source.place(mark?.place) }

  /// The entries of a mapping by key.
  ///
  /// Reports unknown keys. Reports a node that is not a mapping, and returns no entries for it.
  mutating func fields(_ node: Node, of section: SpecSection, called name: String) -> SpecFields {
    var fields: [String: SpecEntry] = [:]
    var misspelt: Set<String> = []
    let names = section.names
    for entry in entries(node, called: name) {
      if names.contains(entry.key) {
        fields[entry.key] = entry
      } else {
        let meant = closest(to: entry.key, among: names)
        if let meant { misspelt.insert(meant) }
        report(
          entry, "unknown key '\(Node.shortened(entry.key))' in \(name)",
          [section.foreign[entry.key] ?? Suggestion.hint(meant, among: names, called: "keys")])
      }
    }
    return SpecFields(section: section, node: node, called: name, entries: fields, misspelt: misspelt)
  }

  /// The word that was probably meant; of very many wrong words only the first ones are compared with those that exist.
  mutating func closest(to word: String, among words: [String]) -> String? {
    advised += 1
    return advised > Suggestion.mostAdvised ? nil : Suggestion.closest(to: word, among: words)
  }

  /// Advice on a wrong word.
  mutating func advice(on word: String, among words: [String], called plural: String) -> String {
    Suggestion.hint(closest(to: word, among: words), among: words, called: plural)
  }

  /// The value of a key; nil when it is wrong or missing.
  ///
  /// Reports a wrong value, and a required key that is missing.
  mutating func read<Type>(_ key: SpecKey<Type>, in fields: SpecFields) -> Type.Value? {
    if let entry = fields[key] {
      let outer = self.key
      // Mappings inside of a value have no place of their own in a row.
      if row?.columns[key.name] != nil { self.key = key.name }
      defer { self.key = outer }
      return key.type.read(entry.value, fields.name(of: key), &self)
    }
    if key.presence == .required { reportMissing(key.name, in: fields) }
    return nil
  }

  /// Reports that a required key is missing, unless an unknown key was reported that is probably meant to be it.
  mutating func reportMissing(_ key: String, in fields: SpecFields, _ hints: [String] = []) {
    guard !fields.misspelt.contains(key) else { return }
    report(fields.node.mark, "'\(key)' is missing in \(fields.called)", hints)
  }

  /// The entries of a mapping in the order of the file, without those that repeat a key.
  mutating func entries(_ node: Node, called name: String) -> [SpecEntry] {
    guard case .mapping(let pairs) = node else {
      report(node.mark, "\(name) must be a mapping of keys to values, found \(node.described)")
      return []
    }
    var entries: [SpecEntry] = []
    for (key, value) in pairs {
      guard case .scalar(let scalar) = key else {
        report(key.mark, "a key in \(name) must be text, found \(key.described)")
        continue
      }
      if scalar.string.unicodeScalars.first == SpecSource.renamedKeyMark { continue }
      entries.append(SpecEntry(key: scalar.string, keyMark: scalar.mark, value: value))
    }
    return entries
  }

  /// The elements of a list that is not empty.
  mutating func list(_ node: Node, called name: String) -> [Node]? {
    guard case .sequence(let sequence) = node else {
      report(
        node.mark, "\(name) must be a list, found \(node.described)",
        node.mapping.map { $0.style != .flow } == true ? ["begin every entry of the list with \"- \""] : [])
      return nil
    }
    guard !sequence.isEmpty else {
      report(node.mark, "\(name) must have at least one entry")
      return nil
    }
    return Array(sequence)
  }

  /// Text that is not empty.
  mutating func text(_ node: Node, called name: String) -> String? {
    guard case .scalar(let scalar) = node, node.kind == .str else {
      let hints = node.isUnquotedValue ? ["put it in quotes: \"\(node.scalar?.string ?? "")\""] : []
      report(node.mark, "\(name) must be text, found \(node.described)", hints)
      return nil
    }
    guard !scalar.string.isEmpty else {
      report(node.mark, "\(name) must not be empty")
      return nil
    }
    return scalar.string
  }

  /// True or false.
  mutating func flag(_ node: Node, called name: String) -> Bool? {
    guard node.kind == .bool, let flag = node.bool else {
      report(node.mark, "\(name) must be true or false, found \(node.described)")
      return nil
    }
    return flag
  }

  /// One of some words.
  mutating func word(_ node: Node, called name: String, among words: [String], plural: String) -> String? {
    // To a number or a truth value quotes are no help, unless they make one of the words of it.
    let unquoted = node.isUnquotedValue ? node.scalar?.string : nil
    guard let word = unquoted.flatMap({ words.contains($0) ? nil : $0 }) ?? text(node, called: name) else { return nil }
    guard words.contains(word) else {
      report(
        node.mark, "unknown \(name) '\(Node.shortened(word))'",
        [advice(on: word, among: words, called: plural)])
      return nil
    }
    return word
  }

  /// An integer in a range.
  mutating func integer(_ node: Node, called name: String, in range: ClosedRange<Int>) -> Int? {
    guard node.kind == .int else {
      report(node.mark, "\(name) must be an integer, found \(node.described)")
      return nil
    }
    let written = node.scalar?.string ?? ""
    guard WrittenNumber.isWhole(written) else {
      report(node.mark, "\(name) must be an integer, found \(node.described)", [WrittenNumber.advice])
      return nil
    }
    guard let value = WrittenNumber.whole(written) else {
      // An integer of more digits than any that is asked for.
      let found = Node.shortened(written)
      report(node.mark, "\(name) must be between \(range.lowerBound) and \(range.upperBound), found \(found)")
      return nil
    }
    guard range.contains(value) else {
      report(node.mark, "\(name) must be between \(range.lowerBound) and \(range.upperBound), found \(value)")
      return nil
    }
    return value
  }

  /// A real number in a range.
  mutating func number(_ node: Node, called name: String, in range: ClosedRange<Double>) -> Double? {
    let isNumber = [.int, .float].contains(node.kind)
    guard isNumber, let value = WrittenNumber.real(node.scalar?.string ?? "") else {
      report(
        node.mark, "\(name) must be a number, found \(node.described)", isNumber ? [WrittenNumber.advice] : [])
      return nil
    }
    guard range.contains(value) else {
      report(
        node.mark,
        "\(name) must be between \(PlainNumber.text(range.lowerBound)) and \(PlainNumber.text(range.upperBound)), found \(PlainNumber.text(value))"
      )
      return nil
    }
    return value
  }

  /// A word, or a list of words, without repetitions.
  mutating func words(_ node: Node, called name: String, among words: [String], plural: String) -> [String] {
    var nodes = [node]
    if case .sequence = node { nodes = list(node, called: plural) ?? [] }
    let known = Set(words)
    var (found, seen): ([String], Set<String>) = ([], [])
    for node in nodes {
      // Of thousands of names each is looked up; one that is not there is reported with all that are.
      let written = node.kind == .str ? node.scalar?.string : nil
      let word = written.flatMap { known.contains($0) ? $0 : nil }
      guard let word = word ?? self.word(node, called: name, among: words, plural: plural) else { continue }
      if seen.insert(word).inserted {
        found.append(word)
      } else {
        report(node.mark, "\(name) '\(word)' is given twice")
      }
    }
    return found
  }
}
