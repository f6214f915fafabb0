import Engine
import Figures
import Foundation
import Plot
import Spec
import Threads
import Traces
import Words

/// Figures of files of numbers, outside of any spec.
public struct DrawJob: Sendable {
  let figures: any FigureSource
  let vocabulary: SpecVocabulary

  /// A job over a source of figures and the words that options may use.
  public init(figures: any FigureSource, vocabulary: SpecVocabulary) {
    self.figures = figures
    self.vocabulary = vocabulary
  }

  /// Whether a kind shows summaries of datasets alone.
  public func showsDatasetsAlone(_ kind: String) -> Bool {
    vocabulary.kinds.contains { $0.name == kind && $0.needs == .dataset }
  }

  /// Whether a kind shows summaries of datasets as well as traces.
  public func showsBoth(_ kind: String) -> Bool {
    vocabulary.kinds.contains { $0.name == kind && $0.showsDatasets && $0.needs != .dataset }
  }

  /// Draws every file's numbers as a figure of one kind, once for each output; several at a time.
  ///
  /// All numbers share one figure if the kind and its options say so. Summaries of several models share one by default.
  ///
  /// - Parameters:
  ///   - assignments: Options as `key=value`.
  ///   - outputs: Paths whose endings name the formats; numbered when there are several figures.
  /// - Throws: `Diagnostic` of the category `usage` for a wrong word; others for numbers that the kind cannot show.
  public func draw(
    _ numbers: [Numbers], kind: String, assignments: [String], style: FigureStyle, outputs: [String]
  ) throws -> [(path: String, data: Data)] {
    let formats = try outputs.map(format)
    let given = try SpecReader.options(assignments, kind: kind, vocabulary: vocabulary)
    try check(style)
    let takes = vocabulary.kinds.first { $0.name == kind }?.takes ?? .one
    let options = takes.completed(given, by: .usual(models: numbers.count))
    let joins = takes.joins(options)
    // Traces of checkpoints are known by the names that a spec gives to these.
    let steps = numbers.compactMap { numbers in
      TrainingStep(name: numbers.model.name).map { (step: $0, numbers: numbers) }
    }
    .sorted { $0.step.number < $1.step.number }
    let isOneRun = joins && steps.count == numbers.count && steps.map(\.step).isOneRun
    let groups = joins ? [isOneRun ? steps.map(\.numbers) : numbers] : numbers.map { [$0] }
    var shown = style
    if isOneRun { shown.steps = steps.map(\.step) }
    let drawn = try Parallel.tryMap(groups.count) { [shown] in
      try figures.draw(kind, groups[$0], options: options, style: shown)
    }
    let files = try render(drawn, as: formats, outputs)
    return drawn.indices.flatMap { index in
      zip(outputs, formats).enumerated().map { place, target in
        let ending = String(target.0.suffix(figures.fileName("", format: target.1).count))
        let path = drawn.count == 1 ? target.0 : "\(target.0.dropLast(ending.count))-\(index + 1)\(ending)"
        return (path, files[index * outputs.count + place])
      }
    }
  }

  /// The files of figures, each in every format.
  private func render(_ drawn: [DrawnFigure], as formats: [String], _ outputs: [String]) throws -> [Data] {
    let known = OutputFormat.inDrawingOrder.map(\.name)
    let order = formats.indices.sorted {
      (known.firstIndex(of: formats[$0]) ?? known.count, $0) < (known.firstIndex(of: formats[$1]) ?? known.count, $1)
    }
    let files = try Parallel.tryMap(drawn.count * formats.count) { index in
      let place = order[index % formats.count]
      // A LaTeX snippet names the PDF beside it, which is numbered when there are several.
      let number = drawn.count == 1 ? "" : "-\(index / formats.count + 1)"
      return try figures.render(
        drawn[index / formats.count], format: formats[place], id: stem(of: outputs[place]) + number)
    }
    return drawn.indices.flatMap { figure in
      formats.indices.map { place in files[figure * formats.count + (order.firstIndex(of: place) ?? place)] }
    }
  }

  /// The name of the format whose ending the path has, in upper or lower case.
  private func format(of output: String) throws -> String {
    guard let format = FigureFormat.ofFile(output.lowercased()) else {
      throw Diagnostic(
        place: output, "expected a file that ends in \(list(FigureFormat.all.map(\.ending)))", category: .usage)
    }
    return format.name
  }

  private func stem(of output: String) -> String {
    Slug.make(URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent)
  }

  private func check(_ style: FigureStyle) throws {
    try check(style.venue, among: vocabulary.venues, called: "venue")
    try check(style.span, among: vocabulary.spans, called: "span")
    for (name, size) in [("width", style.width), ("height", style.height)] {
      guard let size, !(72...2000).contains(size) else { continue }
      throw Diagnostic("expected a \(name) from 72 to 2000 units, found \(size)", category: .usage)
    }
  }

  private func check(_ word: String?, among words: [String], called name: String) throws {
    guard let word, !words.contains(word) else { return }
    throw Diagnostic(
      "unknown \(name) '\(word)'", hints: [Suggestion.hint(for: word, among: words, called: name + "s")],
      category: .usage)
  }

  private func list(_ words: [String]) -> String {
    words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
  }
}

extension SpecReader {
  /// Options of a figure given as `key=value`, read by the rules of a spec.
  static func options(
    _ assignments: [String], kind: String, vocabulary: SpecVocabulary
  ) throws -> [String: OptionValue] {
    guard let schema = vocabulary.kinds.first(where: { $0.name == kind }) else {
      throw Diagnostic(
        "unknown figure kind '\(kind)'",
        hints: [Suggestion.hint(for: kind, among: vocabulary.kinds.map(\.name), called: "kinds")], category: .usage)
    }
    var options: [String: OptionValue] = [:]
    var problems: [Diagnostic] = []
    for assignment in assignments {
      let place = "--set \(assignment)"
      let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        problems.append(Diagnostic(place: place, "expected key=value", category: .usage))
        continue
      }
      guard let option = schema.options.first(where: { $0.name == parts[0] }) else {
        problems.append(
          Diagnostic(
            place: place, "unknown option '\(parts[0])' of \(kind)",
            hints: [Suggestion.hint(for: parts[0], among: schema.options.map(\.name), called: "options")],
            category: .usage))
        continue
      }
      let source = try SpecSource(name: place, bytes: Data(parts[1].utf8))
      var reader = SpecReader(source: source, vocabulary: vocabulary)
      let (root, found) = source.compose()
      reader.problems = found
      if let root { options[option.name] = reader.value(root, of: option, called: "\(option.name) of \(kind)") }
      problems += reader.problems.map { problem in
        Diagnostic(place: place, problem.message, hints: problem.hints, category: .usage)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return options
  }
}
