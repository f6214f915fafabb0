import Engine
import Foundation
import Traces
import Words
import Yams

// Changes of a run: states of another text that are put in, and directions that are added.

/// A change of the run, or a list of them.
struct SpecChanges: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [RunChange]? {
    var nodes = [node]
    if case .sequence = node { nodes = reader.list(node, called: name.text) ?? [] }
    let changes = nodes.enumerated().compactMap { index, node in
      reader.change(node, called: "change \(index + 1)" + (name.owner.map { " of \($0)" } ?? ""))
    }
    return changes.isEmpty || changes.count < nodes.count ? nil : changes
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a change, or a list of them" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    .oneOrSeveral(.reference(to: .change), areDistinct: false)
  }
}

/// A layer: its number, or `embedding`.
struct SpecLayer: SpecType {
  private static let word = "embedding"
  private static let range = 0...9999

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> RunChange.Layer? {
    if node.scalar?.string == Self.word { return .embedding }
    guard node.kind == .int else {
      reader.report(node.mark, "\(name.text) must be a layer, counted from 0, or embedding, found \(node.described)")
      return nil
    }
    return reader.integer(node, called: name.text, in: Self.range).map { .block($0) }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a layer, counted from 0, or `embedding`" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["anyOf": [SpecInteger(Self.range).schema(vocabulary), ["const": .text(Self.word)]]]
  }
}

/// Positions of a text: a number, a list of numbers, `last`, `from 3`, or `all`.
struct SpecPositions: SpecType {
  private static let range = 1...1_000_000

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> RunChange.Positions? {
    if case .sequence = node {
      let nodes = reader.list(node, called: name.text) ?? []
      let numbers = nodes.compactMap { reader.integer($0, called: name.member("a position"), in: Self.range) }
      guard !numbers.isEmpty, numbers.count == nodes.count else { return nil }
      for (index, number) in numbers.enumerated() where numbers[..<index].contains(number) {
        reader.report(nodes[index].mark, "position \(number) is given twice in \(name.text)")
      }
      return .these(numbers)
    }
    if node.kind == .int {
      return reader.integer(node, called: name.text, in: Self.range).map { .these([$0]) }
    }
    switch node.scalar?.string {
    case "last": return .last
    case "all": return .all
    case let written?:
      if let match = written.wholeMatch(of: /from ([1-9]\d{0,5})/), let first = Int(match.1) { return .from(first) }
    case nil: break
    }
    reader.report(
      node.mark, "\(name.text) must be a position, a list of positions, last, all or 'from 3', found \(node.described)",
      ["positions count from 1 and include special tokens such as BOS"])
    return nil
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "a position from 1, a list of positions, `last`, `all`, or `from 3`"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    let one = SpecInteger(Self.range).schema(vocabulary)
    return [
      "anyOf": [
        one, .list(of: one, areDistinct: true), ["type": "string", "pattern": "^(last|all|from [1-9][0-9]{0,5})$"],
      ]
    ]
  }
}

/// A file of vectors, which is read.
struct SpecVectorFile: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> (path: String, data: Data)? {
    guard let path = reader.text(node, called: name.text) else { return nil }
    return reader.bytes(of: path, at: node, most: SteeringVectors.largestSize).map { (path, $0) }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "the path of a safetensors file" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

extension SpecReader {
  /// One change; nil after a report.
  mutating func change(_ node: Node, called name: String) -> RunChange? {
    typealias Key = SpecSection.Change
    let before = problems.count
    let fields = fields(node, of: .change, called: name)
    let (source, file) = (read(Key.source, in: fields), read(Key.file, in: fields))
    let (plus, minus) = (read(Key.plus, in: fields), read(Key.minus, in: fields))
    let place = read(Key.of, in: fields) ?? .stream
    let (layer, positions) = (read(Key.layer, in: fields), read(Key.positions, in: fields))
    let (by, tensor) = (read(Key.by, in: fields), read(Key.tensor, in: fields))
    let (ofLayer, ofPosition) = (read(Key.fromLayer, in: fields), read(Key.fromPosition, in: fields))
    let kinds = [[Key.source.name], [Key.plus.name, Key.minus.name], [Key.file.name]]
    let given = kinds.map { $0.compactMap { fields.entries[$0] } }.filter { !$0.isEmpty }
    if given.isEmpty, fields.misspelt.isDisjoint(with: kinds.joined()), case .mapping = node {
      report(
        node.mark, "\(name) says neither which state is put in nor which direction is added",
        ["write source: TEXT, or plus: TEXT and minus: TEXT, or file: PATH"])
    } else if given.count > 1 {
      report(
        given[1][0], "\(name) has both \(given[0][0].key) and \(given[1][0].key)", ["make two changes of them"])
    } else if given.first?.first.map({ kinds[1].contains($0.key) }) == true {
      for key in kinds[1] where fields.entries[key] == nil { reportMissing(key, in: fields) }
    }
    /// Keys that say nothing of a change of another kind.
    func refuse(_ keys: [String], unless isRight: Bool, _ needed: String) {
      guard !isRight, given.count == 1 else { return }
      for key in keys {
        guard let entry = fields.entries[key] else { continue }
        report(entry, "\(name) has \(key) without \(needed)", ["leave it out"])
      }
    }
    refuse([Key.by.name], unless: fields[Key.source] == nil, "a direction")
    refuse([Key.tensor.name], unless: fields[Key.file] != nil, "a file")
    refuse(
      [Key.fromLayer.name, Key.fromPosition.name], unless: fields[Key.plus] != nil || fields[Key.minus] != nil,
      "plus and minus")
    if place != .stream, fields[Key.source] == nil, given.count == 1, let entry = fields[Key.of] {
      report(entry, "\(name) adds a direction to '\(place.rawValue)', expected the stream", ["leave 'of' out"])
    }
    guard problems.count == before, let layer, let positions else { return nil }
    if let source { return RunChange(.patch(source: source), layer: layer, positions: positions, place: place) }
    if let plus, let minus {
      let difference = RunChange.Difference(plus: plus, minus: minus, position: ofPosition, layer: ofLayer)
      return RunChange(.steer(.difference(difference), by: by ?? 1), layer: layer, positions: positions)
    }
    guard let file else { return nil }
    do {
      let vectors = try SteeringVectors(file.data, path: file.path, tensor: tensor)
      return RunChange(.steer(.file(vectors), by: by ?? 1), layer: layer, positions: positions)
    } catch {
      var problem = Diagnostic.one(from: error)
      // The file is named by the spec, and its own place is what is wrong in it.
      if problem.place == nil { problem.place = file.path }
      problems.append(problem)
      return nil
    }
  }
}

extension SpecReader {
  /// Reports what is asked of models' own runs beside changes of all their runs.
  mutating func checkChanges(
    of models: [ReportSpec.Model], _ prompts: [ReportSpec.Prompt], _ datasets: [ReportSpec.Dataset]
  ) {
    guard let model = models.first(where: { !$0.changes.isEmpty }) else { return }
    let hints = ["give the changes to prompts, or make a spec of its own for the changed model"]
    func refuse(_ what: String, at place: String) {
      report(
        place: place, "\(what) is about models' own runs, but the runs of model '\(model.name)' are changed", hints)
    }
    if let dataset = datasets.first { refuse("dataset '\(dataset.id)'", at: dataset.place) }
    for prompt in prompts {
      if prompt.attribute != nil { refuse("attribute of prompt '\(prompt.id)'", at: prompt.place) }
      if prompt.patch != nil { refuse("patch of prompt '\(prompt.id)'", at: prompt.place) }
    }
  }
}

extension RunChange {
  /// A change written on the command line as in a spec: `{source: "The keys", layer: 3, positions: 2}`.
  ///
  /// - Parameter files: The files that it may name.
  /// - Throws: `DiagnosticList` of the category `usage`.
  public static func parse(_ written: String, files: SpecFiles) throws -> RunChange {
    try SpecReader.option(
      "--change", written, noun: "a change",
      example: "{plus: \"I love\", minus: \"I hate\", layer: 6, positions: all, by: 4}",
      files: files
    ) { reader, root in reader.change(root, called: "the change") }
  }
}
