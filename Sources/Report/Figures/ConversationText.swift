import Plot
import Traces
import Words

/// The tokens of a text that a figure shows, by the roles of the conversation that its prompt is.
struct ConversationText {
  /// The trace with the columns that predict shown tokens alone.
  let trace: Trace
  /// Positions of the shown tokens.
  let positions: [Int]
  let treatment: TemplateTokens
  /// Runs of shown tokens by message; none where the prompt is no conversation.
  let spans: [NamedSpan]
  private let columns: ConversationColumns

  /// The text of a trace that holds together.
  ///
  /// - Throws: `FigureError.nothingToShow` when nothing but template tokens is predicted.
  init(_ trace: Trace, _ treatment: TemplateTokens, kind: String) throws {
    columns = try ConversationColumns(trace, treatment, by: .next, kind: kind)
    (self.trace, self.treatment) = (columns.trace, treatment)
    positions = trace.tokens.indices.filter { treatment != .hide || !trace.isTemplate(at: $0) }
    spans = trace.spans(of: positions)
  }

  /// A caption with what is said of roles and template tokens.
  func caption(_ caption: Caption) -> Caption {
    guard trace.chat != nil else { return caption }
    let isDimmed = positions.contains { trace.tokenLabel(at: $0, treatment).isMuted }
    let isKnown = spans.allSatisfy { $0.name != nil }
    let whose = "Names at the left say whose the tokens are\(isKnown ? "" : ", where this is known")."
    return caption.and(spans.isEmpty ? "" : whose)
      .and(isDimmed ? "The chat template’s own tokens have fainter letters where these can be read on the tint." : "")
      .and(
        ConversationColumns.leftOut(
          trace.tokens.count - positions.count, "token", "tokens", of: "of the chat template")
      ).and(columns.isUnknown ? ConversationColumns.notKnown : "")
  }

  /// What is said of a figure that counts positions: how many are left out.
  var hiddenPositions: String { ConversationColumns.hiddenPositions([columns]) }

  /// An alternative text with the roles of the tokens.
  func alt(_ alt: String) -> String { alt + Trace.rolesPhrase(spans, "token") }
}
