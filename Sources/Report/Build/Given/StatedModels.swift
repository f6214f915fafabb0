import Traces
import Words

/// What numbers from elsewhere state about their models, each with the place where it was first found.
///
/// A digest stands for one model, so numbers of one digest have to agree on its sizes.
struct StatedModels: Sendable {
  /// In the order in which they were found.
  private var all: [Found] = []
  private var known: Set<Statement> = []
  private var vocabularies = StatedVocabularies()

  private struct Found {
    var statement: Statement
    var place: String
  }

  private struct Statement: Hashable {
    var model: Identity
    var sizes: Sizes
    var architecture: String
    var compute: String
    /// The build of the program that ran the model, which shards alone tell.
    var program: String?
  }

  /// What makes numbers those of one model.
  private struct Identity: Hashable {
    var sha256: String
    var adapter: String?

    var words: String { "sha256 \(sha256.prefix(12))…" }
  }

  private struct Sizes: Hashable {
    var vocabulary: Int
    var layers: Int
    var width: Int

    /// Those that another model has otherwise.
    func words(besides other: Sizes) -> String {
      [
        vocabulary == other.vocabulary ? nil : "vocabulary \(Wording.grouped(vocabulary))",
        layers == other.layers ? nil : "layers \(Wording.grouped(layers))",
        width == other.width ? nil : "width \(Wording.grouped(width))",
      ].compactMap(\.self).joined(separator: ", ")
    }
  }

  /// Adds what numbers state, unless others have stated it.
  mutating func add(_ model: Trace.Model, compute: String, program: String? = nil, place: String) {
    add(
      Found(
        statement: Statement(
          model: Identity(sha256: model.sha256, adapter: model.adapter?.sha256),
          sizes: Sizes(vocabulary: model.vocabulary, layers: model.layers, width: model.width),
          architecture: model.architecture, compute: compute, program: program), place: place))
  }

  /// Adds what a trace says about the tokens of its model.
  mutating func add(tokensOf trace: Trace, place: String) { vocabularies.add(trace, place: place) }

  /// Adds what the numbers of another folder state.
  mutating func add(_ others: StatedModels) {
    for found in others.all { add(found) }
    vocabularies.add(others.vocabularies)
  }

  private mutating func add(_ found: Found) {
    if known.insert(found.statement).inserted { all.append(found) }
  }

  /// Numbers that state one digest and models of different sizes.
  ///
  /// - Parameter entry: Where a spec names the folder; nil for the places of the numbers themselves.
  func contradictions(at entry: String? = nil) -> [Diagnostic] {
    var first: [Identity: Found] = [:]
    var told: [Identity: Set<Sizes>] = [:]
    return all.compactMap { found in
      let (model, sizes) = (found.statement.model, found.statement.sizes)
      guard told[model, default: []].insert(sizes).inserted else { return nil }
      guard let other = first[model] else {
        first[model] = found
        return nil
      }
      let own = other.statement.sizes
      return Diagnostic(
        place: entry ?? found.place,
        "expected one model with \(model.words), found \(own.words(besides: sizes)) in \(other.place) and "
          + "\(sizes.words(besides: own)) in \(found.place)",
        hints: ["one of the two was changed, or states the digest of another model: make it again"],
        category: .badInput)
    }
  }

  /// What numbers that are taken together have otherwise, though they contradict nothing.
  var notes: [String] {
    let models = all.map(\.statement.model).uniqued
    let kinds = models.flatMap { model in
      let own = all.filter { $0.statement.model == model }
      return [
        Self.different(own, \.statement.compute).map {
          "numbers of one model (\(model.words)) were computed in different precisions: \($0)"
        },
        Self.different(own, \.statement.architecture).map {
          "numbers of one model (\(model.words)) name different architectures: \($0)"
        },
      ].compactMap(\.self)
    }
    let builds = Self.different(all.filter { $0.statement.program != nil }) {
      String(($0.statement.program ?? "").prefix(12))
    }
    return kinds + vocabularies.notes
      + [builds.map { "numbers of different builds of the program are taken together: \($0)" }].compactMap(\.self)
  }

  /// "f32 in a.json, f16 in b.json", where there is more than one value.
  private static func different(_ found: [Found], _ value: (Found) -> String) -> String? {
    var values: Set<String> = []
    let firsts = found.filter { values.insert(value($0)).inserted }
    guard firsts.count > 1 else { return nil }
    return Wording.list(firsts.map { "\(VisibleText.excerpt(of: value($0), count: 40)) in \($0.place)" }, most: 5)
  }
}
