import Foundation
import Plot
import Traces
import Words

extension Trace {
  /// The rows that a figure shows, with or without the embedding: indices of the trace's rows, at least one.
  ///
  /// - Throws: `FigureError.badTrace` when the trace has only the embedding, and the figure leaves it out.
  func shownRows(embedding: Bool) throws(FigureError) -> [Int] {
    let shown = rows.indices.filter { embedding || rows[$0].point != .embedding }
    guard !shown.isEmpty else {
      throw .badTrace(model: model.name, reason: "the trace has only the row of the embedding, which is left out")
    }
    return shown
  }

  /// The rows that a figure of ranks shows; the article's figures have no embedding.
  func shownRows(embedding: Bool, look: FigureLook) throws(FigureError) -> [Int] {
    try shownRows(embedding: embedding && look != .article)
  }

  /// The axis of rows in the chosen look: the article writes "Layer 5" beside each row.
  func rowAxis(_ shown: [Int], look: FigureLook) -> RowAxis {
    guard look == .article else { return rowAxis(shown) }
    return RowAxis(
      labels: shown.map { Label("Layer \(rowName($0))") }, mayThin: true, across: shown.map { Label(rowName($0)) })
  }

  /// The name of a row.
  func rowName(_ row: Int) -> String { rows[row].name }

  /// The name of a row within a sentence.
  package func rowPhrase(_ row: Int) -> String { rows[row].phrase }

  /// The axis of those rows; the embedding stands a little apart.
  func rowAxis(_ shown: [Int]) -> RowAxis {
    let apart = shown.indices.filter { rows[shown[$0]].point == .embedding }
    return RowAxis(
      labels: shown.map { Label(rowName($0)) }, title: "Layer", gapsAfter: Set(apart), mayThin: true,
      across: shown.map { Label(rows[$0].point == .embedding ? "emb." : rowName($0)) })
  }

  /// The token at a position, made visible; empty beyond the end.
  package func tokenLabel(at position: Int) -> Label {
    tokens.indices.contains(position) ? tokenLabel(tokens[position]) : .token("")
  }

  /// A token of the trace, made visible.
  package func tokenLabel(_ token: Token) -> Label {
    .token(TokenDisplay.label(token.text.map(TokenText.text) ?? .bytes(token.bytes ?? "")))
  }

  /// A token by its id, made visible.
  package func tokenLabel(id: Int?) -> Label { id.map { .token(TokenDisplay.label(text(of: $0))) } ?? .token("") }

  /// The prompt on one line: breaks and invisible characters marked, spaces as they are.
  ///
  /// Behind what an encoder reads stand an arrow and the given beginning of the decoder's text.
  var promptLine: String {
    guard let encoder else { return line(prompt) }
    return "\(promptBeforeDecoder) →" + (encoder.decoder.map { " " + line($0) } ?? "")
  }

  /// What an encoder reads, on one line.
  var promptBeforeDecoder: String { line(prompt) }

  private func line(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : TokenDisplay.label(String($0)) }.joined(separator: " ")
  }

  /// The prompt for a caption, cut at its beginning to a number of characters.
  func promptExcerpt(_ length: Int = 90) -> String {
    let line = promptLine
    return line.count <= length ? line : "…" + VisibleText.tail(of: line, count: length - 1)
  }

  /// "SmolLM2 135M Instruct (Q4_1 weights, vocabulary of 49,152; logit lens after the final norm)".
  var modelPhrase: String { model.phrase + modelDetails }

  /// What the target of a column is, in words.
  var outputRole: String { masks == nil ? "the token that came next" : "the model’s own choice" }

  /// What a column predicts, in words.
  var predicted: String { masks == nil ? "next token" : "masked token" }

  /// A blank behind a text whose next token is predicted; empty where masks are written in it.
  var blank: String { masks == nil ? " ____" : "" }

  /// The prompt in quotes, with a blank behind it where the next token is predicted: “The keys ____”, “The [MASK] are here”.
  var promptWithBlank: String { "“\(promptExcerpt())\(blank)”" }

  /// " (Q4_1 weights, vocabulary of 49,152; logit lens after the final norm)".
  var modelDetails: String {
    // A masked model has no final norm.
    let details =
      masks == nil ? Wording.lensDetails(lens) : "; \(lens.kind.rawValue) lens through the head for masked tokens"
    return " (\(model.weights) weights, vocabulary of \(CountFormat.full(model.vocabulary))\(details))"
  }

  /// The column at a position: the first after the prompt, the last, or a number from 1.
  package func column(_ position: WordOrNumber<PositionWord>, kind: String) throws -> Int {
    guard !columns.isEmpty else { throw FigureError.badTrace(model: model.name, reason: "the trace has no columns") }
    switch position {
    case .number(let number):
      guard columns.indices.contains(number - 1) else {
        throw FigureError.outOfRange(what: "position", found: number, count: columns.count, kind: kind)
      }
      return number - 1
    case .word(.last): return columns.count - 1
    // The columns of a trace of all positions begin inside the prompt.
    case .word(.first): return columns.indices.first(where: predictsOutput) ?? columns.count - 1
    }
  }

  /// "9 positions of “1, 1, 1,”", or "38 positions: 9 of “…” and 29 of the text after it".
  func placesPhrase(_ columns: [Int]) -> String {
    // The state at the prompt's last token predicts the first token after it.
    let inside = columns.count { self.columns[$0].position < promptLength }
    let after = columns.count - inside
    let all = Wording.count(columns.count, "position")
    if after == 0 { return "\(all) of “\(promptExcerpt())”" }
    return inside == 0
      ? "\(all) of the text after “\(promptExcerpt())”"
      : "\(all): \(inside) of “\(promptExcerpt())” and \(after) of the text after it"
  }

  /// The number of a column's prediction, when there are several.
  func columnPhrase(_ column: Int) -> String {
    columns.count > 1 ? ", prediction \(column + 1) of \(columns.count)" : ""
  }

  /// The row after a layer.
  package func row(_ layer: WordOrNumber<LayerWord>, kind: String) throws -> Int {
    switch layer {
    case .word(.last): return rows.count - 1
    case .word(.embedding):
      guard let row = rows.firstIndex(where: { $0.point == .embedding }) else {
        throw FigureError.missingRow(
          "row for the embedding", option: "layer", kind: kind, model: model.name, hint: "name a layer by its number")
      }
      return row
    case .number(let number):
      guard let row = rows.firstIndex(where: { $0.point == .block && $0.layer == number }) else {
        throw LayerChoice.missing(
          number, last: rows.map(\.layer).max() ?? 0, option: "layer", kind: kind, model: model.name)
      }
      return row
    }
  }

  /// Those of some rows that have numbers.
  func read(_ rows: [Int]) -> [Int] {
    let blank = blankRows
    return rows.filter { !blank.contains($0) }
  }

  /// Throws when a single row that a figure shows has no numbers.
  func requireNumbers(_ row: Int, kind: String) throws(FigureError) {
    guard blankRows.contains(row) else { return }
    throw .nothingToShow(
      kind: kind, model: model.name, needs: "numbers after \(rowPhrase(row)), which the lens does not read",
      hint: "name a layer that the lens reads: "
        + Wording.enumeration(Wording.layers(read(Array(rows.indices)).map { rows[$0].layer }.uniqued)))
  }

  /// Throws unless a token follows one of the columns.
  func requireOutput(kind: String) throws(FigureError) {
    guard columns.contains(where: { $0.target != nil }) else {
      throw .nothingToShow(
        kind: kind, model: model.name, needs: "output tokens",
        hint: "generate at least one token (generate: 1), or give a continuation")
    }
  }

  /// Throws unless the trace is whole, so that recipes can index freely.
  package func checkShape() throws {
    if let fault = firstFault() {
      throw FigureError.badTrace(model: model.name, reason: "'\(fault.key)': \(fault.reason)")
    }
    guard !rows.isEmpty, !columns.isEmpty else {
      throw FigureError.badTrace(model: model.name, reason: "the trace has no rows or no columns")
    }
  }
}

extension Trace.Model {
  /// "SmolLM2 135M Instruct", "SmolLM2 135M Instruct with adapter stories".
  var phrase: String { name + (adapter.map { " with adapter \($0.name)" } ?? "") }

  /// Names that distinguish the models, with their adapters when several models share a name.
  package static func names(of models: [Trace.Model]) -> [String] {
    models.map { model in
      models.contains { $0.name == model.name && $0.adapter != model.adapter } ? model.phrase : model.name
    }
  }
}

// A file may claim any number of layers, and figures draw what it holds of them.

extension Trace {
  /// The number of the model's layers, as far as the trace has rows of them.
  var heldLayers: Int { rows.heldLayers(of: model.layers) }
}

extension DatasetSummary {
  /// The number of the model's layers, as far as the summary has rows of them.
  var heldLayers: Int { rows.heldLayers(of: model.layers) }
}

extension [Trace.Row] {
  fileprivate func heldLayers(of claimed: Int) -> Int {
    Swift.max(0, Swift.min(claimed, (map(\.layer).max() ?? -1) + 1))
  }
}
