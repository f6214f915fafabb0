import Traces

/// What to run and what to capture.
public struct TraceRequest: Sendable, Hashable, Encodable {
  /// Which positions are captured.
  public enum Columns: String, Sendable, Hashable, Encodable, CaseIterable {
    /// Those that predict generated or given tokens; the end of the prompt when there are none. In a masked model, every mask.
    case generated
    /// The end of the prompt; in a masked model, the last mask.
    case last
    /// Every position.
    case all
  }

  /// Which points of the network are captured, always including the embedding.
  public enum Rows: String, Sendable, Hashable, Encodable, CaseIterable {
    /// The output of every block.
    case blocks
    /// Also the stream after attention, cross attention included, was added; in a parallel block, before the MLP's share is added.
    case attention
  }

  /// Where the text of a prompt comes from, if it is a conversation.
  public enum Chat: Sendable, Hashable, Encodable {
    /// The model's chat template is still to render it; `prompt` is empty.
    case asked(ChatPrompt)
    /// A template rendered it; `prompt` is the rendered text, or a text that was given as rendered.
    case rendered(RenderedChat)

    /// Whether a template is still to render it.
    public var isAsked: Bool { if case .asked = self { true } else { false } }

    /// Writes the conversation itself.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .asked(let chat): try container.encode(chat)
      case .rendered(let chat): try container.encode(chat)
      }
    }
  }

  /// How many most probable tokens are kept where nobody says.
  public static let usualTop = 10

  /// The prompt's text, not empty; in an encoder-decoder model what the encoder reads.
  public var prompt: String
  /// The given beginning of the decoder's text, in an encoder-decoder model; nil for none.
  public var decoder: String?
  /// The conversation that the prompt is made of; nil for a plain text.
  public var chat: Chat?
  /// Where the tokens after the prompt come from.
  public var method: Trace.Method
  /// Tokens, and sets of tokens, watched besides the target.
  public var watch: [Watched]
  /// Most probable tokens kept for each row and column.
  public var topK: Int
  /// Which positions are captured.
  public var columns: Columns
  /// Whether the final norm is applied to every state.
  public var norm: Trace.Lens.Norm
  /// Which points of the network are captured.
  public var rows: Rows
  /// Two tokens: what the parts of the model add to the difference of their logits; nil for no such question.
  public var attribute: AttributionRequest?
  /// Another text, whose states are put into the run of the prompt; nil for no such runs.
  public var patch: PatchRequest?
  /// Changes of the run, of one state in their order; nil for the model's own run.
  public var changes: [RunChange]?

  /// A request; by default the lens at the end of the prompt.
  public init(
    prompt: String, method: Trace.Method = .generate(0), watch: [Watched] = [], topK: Int = TraceRequest.usualTop,
    columns: Columns = .generated, norm: Trace.Lens.Norm = .final, rows: Rows = .blocks, chat: Chat? = nil,
    decoder: String? = nil, attribute: AttributionRequest? = nil, patch: PatchRequest? = nil,
    changes: [RunChange]? = nil
  ) {
    self.prompt = prompt
    self.decoder = decoder
    self.chat = chat
    self.method = method
    self.watch = watch
    self.topK = topK
    self.columns = columns
    self.norm = norm
    self.rows = rows
    self.attribute = attribute
    self.patch = patch
    self.changes = changes
  }
}

extension TraceRequest {
  /// Whether a trace is of a run with the changes that are asked for.
  public func hasChanges(of trace: Trace) -> Bool {
    let (asked, told) = (changes ?? [], trace.changes ?? [])
    return asked.count == told.count
      && zip(asked, told).allSatisfy {
        $0.isTold(by: $1, promptLength: trace.promptLength, tokens: trace.tokens.count)
      }
  }
}
