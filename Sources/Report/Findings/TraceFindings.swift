import Foundation
import Traces
import Words

/// What the trace of one prompt by one model shows (docs/findings.md defines each value).
///
/// Rows after attention and rows that the lens does not read are left out: layers are the outputs of blocks, and the embedding lies before them.
public struct TraceFindings: Equatable, Sendable {
  /// The model that was asked.
  public var model: Trace.Model
  /// What was changed in its run, in words; empty for its own run.
  public var changes: [String]
  /// The lens that read its states.
  public var lens: Trace.Lens
  /// The last row, the model's own output.
  public var lastRow: Trace.Row
  /// The most probable token after the prompt; nil when the trace names no most probable tokens.
  public var prediction: Prediction?
  /// The tokens after the prompt, generated or given.
  public var output: [OutputToken]
  /// Whether the tokens after the prompt were given.
  public var isGiven: Bool
  /// Whether the model fills in masked tokens of the prompt, which then are the output.
  public var isMasked: Bool
  /// Where the tokens after the prompt are settled; nil without such tokens.
  public var settled: SettledSpread?
  /// The same for each class of token that occurs, in the order of `TokenClass`.
  public var classes: [ClassSpread]
  /// What the watched words show after the prompt; nil with fewer than two.
  public var watched: WatchedOrder?
  /// What the parts of the model add to the difference of two logits; nil where nothing was attributed.
  public var attribution: AttributionFindings?
  /// Which states of another text carry such a difference; nil where nothing was patched.
  public var patching: PatchingFindings?
  /// Which tokens its layers list most often; nil where nobody counts them.
  public var vocabulary: VocabularyFindings?

  /// The most probable token after the prompt.
  public struct Prediction: Equatable, Sendable {
    /// Made visible.
    public var label: String
    /// Natural logarithm of its probability after the last layer.
    public var logprob: Float
    /// Where it is the most probable token.
    public var settling: Settling
  }

  /// A token after the prompt.
  public struct OutputToken: Equatable, Sendable {
    /// Index into the trace's tokens.
    public var position: Int
    /// Made visible.
    public var label: String
    /// What it is.
    public var tokenClass: TokenClass
    /// Natural logarithm of its probability after the last layer; nil where the trace has none.
    public var logprob: Float?
    /// Where it comes first.
    public var settling: Settling
  }

  /// Where the tokens of one class are settled.
  public struct ClassSpread: Equatable, Sendable {
    /// The class.
    public var tokenClass: TokenClass
    /// Over its tokens.
    public var settled: SettledSpread

    /// One for each class that occurs, in the order of `TokenClass`.
    static func all(of tokens: [OutputToken]) -> [ClassSpread] {
      TokenClass.allCases.compactMap { tokenClass in
        SettledSpread(tokens.filter { $0.tokenClass == tokenClass }.map(\.settling)).map {
          ClassSpread(tokenClass: tokenClass, settled: $0)
        }
      }
    }
  }

  /// Reads a trace; nil when it has no row of a block or the embedding, or no column.
  ///
  /// `column` is the one whose prediction and watched words are read: if nil, the one after the prompt.
  package init?(_ trace: Trace, column: Int? = nil) {
    guard !trace.columns.isEmpty, trace.firstFault() == nil else { return nil }
    // Rows that the lens does not read say nothing for or against a token.
    let blank = trace.blankRows
    let shown = trace.rows.indices.filter { !trace.rows[$0].point.isWithinBlock && !blank.contains($0) }
    guard let last = shown.last else { return nil }
    let rows = shown.map { trace.rows[$0] }
    model = trace.model
    changes = Wording.changes(of: trace)
    lens = trace.lens
    lastRow = trace.rows[last]
    if case .continuation = trace.method { isGiven = true } else { isGiven = false }
    isMasked = trace.masks != nil
    let next = column ?? trace.columnAfterPrompt
    prediction = Prediction(trace, column: next, shown: shown, rows: rows)
    output = trace.columns.enumerated().compactMap { column, place in
      guard trace.predictsOutput(column), let target = place.target else { return nil }
      let position = trace.predictedPosition(column)
      return OutputToken(
        position: position, label: TokenDisplay.label(trace.text(of: target)),
        tokenClass: TokenClass(
          trace.text(of: target), after: position > 0 ? trace.tokens[position - 1].whole : .text("")),
        logprob: trace.logprob[last][column],
        settling: Settling(ranks: shown.map { trace.rank[$0][column] }, rows: rows))
    }
    settled = SettledSpread(output.map(\.settling))
    classes = ClassSpread.all(of: output)
    watched = WatchedOrder(trace, column: next, shown: shown, rows: rows)
    attribution = AttributionFindings(trace)
    patching = PatchingFindings(trace)
  }
}

extension TraceFindings.Prediction {
  /// Nil where a row of the column names no most probable token.
  fileprivate init?(_ trace: Trace, column: Int, shown: [Int], rows: [Trace.Row]) {
    guard let last = shown.last, let id = trace.top.ids[last][column].first,
      let logprob = trace.top.logprobs[last][column].first
    else { return nil }
    label = TokenDisplay.label(trace.text(of: id))
    self.logprob = logprob
    if trace.columns[column].target == id {
      settling = Settling(ranks: shown.map { trace.rank[$0][column] }, rows: rows)
    } else {
      // Only whether the token is first is known of other rows: its rank among the most probable tokens.
      settling = Settling(
        ranks: shown.map { row in trace.top.ids[row][column].firstIndex(of: id).map { $0 + 1 } }, rows: rows)
    }
  }
}

extension Trace {
  /// The column that predicts the first token after the prompt, or the last one when the trace ends before it.
  package var columnAfterPrompt: Int {
    columns.indices.first(where: predictsOutput) ?? columns.count - 1
  }
}

extension Trace.Token {
  /// The text, or the bytes where they are no whole characters.
  fileprivate var whole: Trace.TokenText { text.map(Trace.TokenText.text) ?? .bytes(bytes ?? "") }
}
