import Traces
import Words

/// The layers that a figure shows, where it does not show all.
///
/// The last row is the model's own output, and every figure keeps it.
public struct LayerChoice: Codable, Equatable, Sendable {
  /// A part of the choice.
  public enum Part: Codable, Equatable, Sendable {
    /// The row of the embedding.
    case embedding
    /// The embedding, layer 0 and every so many layers after it.
    case every(Int)
    /// The layers from the first to the last, both included.
    case range(Int, Int)
  }

  /// In the order of the spec; a layer may be in several.
  public var parts: [Part]

  /// A choice of at least one part.
  public init(_ parts: [Part]) { self.parts = parts }

  /// As a spec has it: "every 2", "embedding, 0, 8-11".
  package var written: String {
    parts.map { part in
      switch part {
      case .embedding: "embedding"
      case .every(let step): "every \(step)"
      case .range(let low, let high): low == high ? "\(low)" : "\(low)-\(high)"
      }
    }.joined(separator: ", ")
  }

  /// The first layer that it names and that a model of `count` layers does not have; nil when the model has all.
  package func missingLayer(of count: Int) -> Int? {
    parts.lazy.compactMap { part -> Int? in
      guard case .range(let low, let high) = part else { return nil }
      return [low, high].first { $0 >= count }
    }.first
  }

  /// The error of a layer that a model does not have; its last layer is `last`.
  package static func missing(_ layer: Int, last: Int, option: String, kind: String, model: String) -> FigureError {
    .missingRow(
      "layer \(layer)", option: option, kind: kind, model: model, hint: "its layers are counted from 0 to \(last)")
  }

  /// The indices of the chosen rows; the last row is always among them.
  ///
  /// - Throws: `FigureError` when there is no such layer, or no row for the embedding.
  func indices(in rows: [Trace.Row], kind: String, model: String) throws(FigureError) -> [Int] {
    let last = rows.map(\.layer).max() ?? 0
    for part in parts {
      switch part {
      case .every: break
      case .embedding:
        guard rows.contains(where: { $0.point == .embedding }) else {
          throw .missingRow(
            "row for the embedding", option: "layers", kind: kind, model: model, hint: "name layers by their numbers")
        }
      case .range(let low, let high):
        guard let missing = [low, high].first(where: { layer in !rows.contains { $0.isLayer(layer) } }) else { break }
        throw Self.missing(missing, last: last, option: "layers", kind: kind, model: model)
      }
    }
    return rows.indices.filter { index in index == rows.count - 1 || parts.contains { $0.has(rows[index]) } }
  }
}

extension LayerChoice.Part {
  fileprivate func has(_ row: Trace.Row) -> Bool {
    switch self {
    case .embedding: row.point == .embedding
    case .every(let step): row.point == .embedding || row.layer.isMultiple(of: max(1, step))
    case .range(let low, let high): row.point != .embedding && (low...max(low, high)).contains(row.layer)
    }
  }
}

extension Trace.Row {
  /// Whether it lies in a block of that number.
  fileprivate func isLayer(_ number: Int) -> Bool { point != .embedding && layer == number }
}

extension Numbers {
  /// The same numbers with the chosen rows only.
  func showing(_ choice: LayerChoice, kind: String) throws(FigureError) -> Numbers {
    switch self {
    case .trace(let trace): .trace(try trace.showing(choice, kind))
    case .summary(let summary): .summary(try summary.showing(choice, kind))
    }
  }

  /// The captured points.
  fileprivate var rows: [Trace.Row] {
    switch self {
    case .trace(let trace): trace.rows
    case .summary(let summary): summary.rows
    }
  }

  /// The layers that a view of these numbers shows, for its caption; nil when it shows all.
  fileprivate func shownLayers(in view: Numbers) -> String? {
    guard view.rows.count < rows.count else { return nil }
    let layers = view.rows.filter { $0.point != .embedding }.map(\.layer).uniqued
    let all = Set(rows.filter { $0.point != .embedding }.map(\.layer)).count
    let names = (view.rows.contains { $0.point == .embedding } ? ["the embedding"] : []) + Wording.layers(layers)
    return "\(Wording.enumeration(names)) of the model’s \(Wording.count(all, "layer"))"
  }
}

extension Trace {
  /// The trace with the chosen rows only.
  fileprivate func showing(_ choice: LayerChoice, _ kind: String) throws(FigureError) -> Trace {
    // A damaged trace is refused by its recipe, with the place of the fault.
    guard firstFault() == nil else { return self }
    let kept = try choice.indices(in: rows, kind: kind, model: model.name)
    var view = self
    view.rows = kept.map { rows[$0] }
    view.rank = kept.map { rank[$0] }
    view.logprob = kept.map { logprob[$0] }
    view.entropy = kept.map { entropy[$0] }
    view.kl = kept.map { kl[$0] }
    view.top.ids = kept.map { top.ids[$0] }
    view.top.logprobs = kept.map { top.logprobs[$0] }
    for index in watch.indices {
      view.watch[index].rank = kept.map { watch[index].rank[$0] }
      view.watch[index].logprob = kept.map { watch[index].logprob[$0] }
    }
    return view
  }
}

extension DatasetSummary {
  /// The summary with the chosen rows only; its histograms count prompts over all rows and stay as they are.
  fileprivate func showing(_ choice: LayerChoice, _ kind: String) throws(FigureError) -> DatasetSummary {
    let kept = try choice.indices(in: rows, kind: kind, model: model.name)
    func curve(_ curve: Curve) -> Curve {
      var view = curve
      view.value = kept.map { curve.value[$0] }
      view.low = kept.map { curve.low[$0] }
      view.high = kept.map { curve.high[$0] }
      return view
    }
    var view = self
    view.rows = kept.map { rows[$0] }
    view.groups = groups.map { group in
      var view = group
      view.logprob = curve(group.logprob)
      view.rank = group.rank.map(curve)
      view.medianRank = group.medianRank.map(curve)
      view.top1 = group.top1.map(curve)
      view.accuracy = group.accuracy.map(curve)
      view.difference = group.difference.map(curve)
      if var corpus = group.corpus {
        (corpus.bitsPerByte, corpus.kl) = (curve(corpus.bitsPerByte), curve(corpus.kl))
        (corpus.entropy, corpus.agreement) = (curve(corpus.entropy), curve(corpus.agreement))
        view.corpus = corpus
      }
      return view
    }
    view.items?.right = items?.right.map { right in kept.map { right[$0] } }
    view.items?.logprob = kept.compactMap { items?.logprob[$0] }
    view.words = nil
    return view
  }
}

extension FigureDescription {
  /// The description of a view of some numbers, whose words say that it shows only some layers.
  ///
  /// - Parameters:
  ///   - counts: Whether the figure counts over the layers that it shows.
  ///   - hasFinding: Whether a finding stands in the caption, which counts every layer.
  func showing(_ views: [Numbers], of numbers: [Numbers], counts: Bool, hasFinding: Bool) -> FigureDescription {
    let shown = zip(numbers, views).map { $0.shownLayers(in: $1) }
    guard shown.contains(where: { $0 != nil }) else { return self }
    var words: [String]
    if Set(shown).count == 1 {
      words = ["Only \(shown[0] ?? "")"]
    } else {
      let names = Trace.Model.names(of: numbers.map(\.model))
      words = zip(names, shown).compactMap { name, shown in shown.map { "\(name): only \($0)" } }.uniqued
    }
    var description = self
    description.title = Self.someLayers(title)
    let note =
      "\(words.joined(separator: "; ")) are shown\(counts ? " and counted" : "") here"
      + (hasFinding ? "; findings count every layer." : ".")
    description.layersNote = note
    description.caption = caption.changed(Self.someLayers).and(note)
    description.alt = Self.someLayers(alt)
    description.figure.title = Self.someLayers(figure.title)
    description.figure.description = Self.someLayers(figure.description)
    return description
  }

  /// A text that does not claim every layer; quoted texts stay as they are.
  private static func someLayers(_ text: String) -> String {
    var parts: [String] = []
    var rest = text[...]
    // Quotation marks do not nest in these texts: tokens have none of these marks as letters.
    while let open = rest.firstIndex(of: "“") {
      let close = rest[open...].firstIndex(of: "”") ?? rest.index(before: rest.endIndex)
      parts.append(String(rest[..<open]).replacing("every layer", with: "some layers"))
      parts.append(String(rest[open...close]))
      rest = rest[rest.index(after: close)...]
    }
    return parts.joined() + String(rest).replacing("every layer", with: "some layers")
  }
}

extension Wording {
  /// "layer 3", "layers 20 to 29", "layers 0, 2, …, 28": runs and regular steps are shortened, several parts follow one word.
  static func layers(_ numbers: [Int]) -> [String] {
    var parts: [String] = []
    var rest = numbers[...]
    while let first = rest.first {
      let step = rest.count > 1 ? rest[rest.startIndex + 1] - first : 1
      var count = 1
      while count < rest.count, rest[rest.startIndex + count] == first + step * count { count += 1 }
      let last = first + step * (count - 1)
      switch count {
      case 3... where step == 1: parts.append("\(first) to \(last)")
      case 4...: parts.append("\(first), \(first + step), …, \(last)")
      default:
        count = 1
        parts.append("\(first)")
      }
      rest = rest.dropFirst(count)
    }
    guard !parts.isEmpty else { return [] }
    parts[0] = (numbers.count == 1 ? "layer " : "layers ") + parts[0]
    return parts
  }
}
