/// The numbers of a lens for captured rows (points of the network) and columns (positions).
///
/// Ranks, log-probabilities, top tokens, entropy and KL: the contract `strata.trace/1` of docs/trace-format.md, or
/// `strata.trace/2` where the first cannot say it. Matrices are `[row][column]`, rows from the bottom of the network to the top; a
/// value that does not exist is nil.
public struct Trace: Encodable, Equatable, Sendable {
  /// The schema of traces that every version of the program reads.
  public static let schemaName = "strata.trace/1"
  /// The schema of traces with a Jacobian lens, with rows that no lens read, or of a changed run.
  public static let secondSchemaName = "strata.trace/2"

  /// `schemaName`, or `secondSchemaName`.
  public var schema: String
  /// The model the numbers came from.
  public var model: Model
  /// Which lens was applied.
  public var lens: Lens
  /// Precision of activations and accumulations: "f32".
  public var compute: String
  /// The prompt's text; of an encoder-decoder model what the encoder read.
  public var prompt: String
  /// Tokens of the prompt, special ones included.
  public var promptLength: Int
  /// The conversation that the prompt was made of; nil for a plain text.
  public var chat: Conversation?
  /// What an encoder-decoder model's encoder read, and then `tokens` are the decoder's; nil for a model without an encoder.
  public var encoder: EncoderText?
  /// Positions of the tokens that a masked model was to fill in; nil for a model that predicts the next token.
  ///
  /// With them, the state at a position predicts the token at that position, and a target is the model's own choice.
  public var masks: [Int]?
  /// Where the tokens after the prompt came from.
  public var method: Method
  /// Every token, prompt first.
  public var tokens: [Token]
  /// Captured points, top of the network last.
  public var rows: [Row]
  /// Captured positions.
  public var columns: [Column]
  /// Rank of the target, 1 + the number of strictly greater logits. [row][column]
  public var rank: [[Int?]]
  /// Natural logarithm of the target's probability. [row][column]
  public var logprob: [[Float?]]
  /// The most probable tokens.
  public var top: Top
  /// Tokens watched besides the target.
  public var watch: [Watch]
  /// Which of the watched tokens a first run found; nil where nobody asked.
  public var automatic: Automatic?
  /// Entropy in nats. [row][column]
  public var entropy: [[Float?]]
  /// KL(final row || this row) in nats. [row][column]
  public var kl: [[Float?]]
  /// What the parts of the model add to the difference of two logits; nil where nobody asked.
  public var attribution: Attribution?
  /// The runs of the prompt into which a state of another text was put; nil where nobody asked.
  public var patching: Patching?
  /// How the run was changed, in the order in which changes of one state were made; nil for the model's own run.
  public var changes: [Change]?
  /// Text of every id that occurs; nil where a token is not whole UTF-8 (see `tokens[].bytes`).
  public var texts: [Int: TokenText]

  /// The model's identity.
  public struct Model: Encodable, Equatable, Sendable {
    /// The name shown in figures.
    public var name: String
    /// The family: "Llama".
    public var architecture: String
    /// L, number of blocks.
    public var layers: Int
    /// D, width of the residual stream.
    public var width: Int
    /// V, rows of the head.
    public var vocabulary: Int
    /// Rows of the head without a token, left out of ranks and probabilities unless the lens is raw; nil for none.
    public var padding: Int?
    /// Stored number format of most weights ("Q4_1"), as declared by the file.
    public var weights: String
    /// SHA-256 over the model's content files, hex.
    public var sha256: String
    /// As its publisher names it.
    public var license: String?
    /// Where it comes from.
    public var source: String?
    /// Settings of its files that were not followed because the user accepted it; nil for none.
    public var acceptedSettings: [AcceptedSetting]?
    /// Whether texts began with BOS, if the user and not the model's files decided this: "yes" or "no".
    public var bos: BOSChoice?
    /// The adapter added to its products; nil for none.
    public var adapter: Adapter?

    /// A setting that was not followed.
    public struct AcceptedSetting: Codable, Equatable, Sendable {
      /// Its place in the file: "rope_scaling.factor".
      public var name: String
      /// Its value in words.
      public var value: String
      /// The kind of file: "config.json".
      public var file: String

      /// A setting by its key, the value that the file states, and the file.
      public init(name: String, value: String, file: String) {
        self.name = name
        self.value = value
        self.file = file
      }
    }

    /// A model: L `layers`, D `width`, V `vocabulary`, the rows of which the last `padding` belong to no token.
    public init(
      name: String, architecture: String, layers: Int, width: Int, vocabulary: Int, padding: Int? = nil,
      weights: String,
      sha256: String,
      license: String?, source: String?, acceptedSettings: [AcceptedSetting]? = nil, bos: BOSChoice? = nil,
      adapter: Adapter? = nil
    ) {
      self.name = name
      self.architecture = architecture
      self.layers = layers
      self.width = width
      self.vocabulary = vocabulary
      self.padding = padding
      self.weights = weights
      self.sha256 = sha256
      self.license = license
      self.source = source
      self.acceptedSettings = acceptedSettings
      self.bos = bos
      self.adapter = adapter
    }

    enum CodingKeys: String, CodingKey {
      case name, architecture, layers, width, vocabulary, padding, weights, sha256, license, source, bos, adapter
      case acceptedSettings = "accepted_settings"
    }
  }

  /// A LoRA adapter.
  public struct Adapter: Codable, Equatable, Sendable {
    /// The name shown in figures.
    public var name: String
    /// SHA-256 over its files, hex.
    public var sha256: String
    /// The rank of its changes unless patterns override it; for GGUF the largest.
    public var rank: Int
    /// The factor of its changes before division by the rank (or its root).
    public var alpha: Double
    /// The model it was trained for, according to its files.
    public var baseModel: String?
    /// Where it comes from.
    public var source: String?

    /// A LoRA adapter with its digest, its rank and its scale.
    public init(
      name: String, sha256: String, rank: Int, alpha: Double, baseModel: String? = nil, source: String? = nil
    ) {
      self.name = name
      self.sha256 = sha256
      self.rank = rank
      self.alpha = alpha
      self.baseModel = baseModel
      self.source = source
    }

    enum CodingKeys: String, CodingKey {
      case name, sha256, rank, alpha, source
      case baseModel = "base_model"
    }
  }

  /// Where the tokens after the prompt came from.
  public enum Method: Hashable, Sendable {
    /// Greedy decoding of that many tokens.
    case generate(Int)
    /// That many tokens, drawn from the model's probabilities.
    case sample(Int, Sampling)
    /// A given text, teacher-forced.
    case continuation(String)

    /// The number of tokens that the model was to write; nil for a given text.
    public var generated: Int? {
      switch self {
      case .generate(let count), .sample(let count, _): count
      case .continuation: nil
      }
    }
  }

  /// A token of the text.
  public struct Token: Encodable, Equatable, Sendable {
    /// Index in the vocabulary.
    public var id: Int
    /// Exact text, nil where the bytes are not whole UTF-8.
    public var text: String?
    /// Hex of the bytes, only if `text` is nil.
    public var bytes: String?

    /// A token with its text, or its bytes as hex where they are no whole characters.
    public init(id: Int, text: String?, bytes: String?) {
      self.id = id
      self.text = text
      self.bytes = bytes
    }
  }

  /// What the encoder of an encoder-decoder model read, and what its decoder was given to begin with.
  public struct EncoderText: Encodable, Equatable, Sendable {
    /// The tokens of `prompt`, special ones included.
    public var tokens: [Token]
    /// The given beginning of the decoder's text, after its start token; nil for none.
    public var decoder: String?

    /// The tokens that the encoder read, and the given beginning of the decoder's text.
    public init(tokens: [Token], decoder: String? = nil) {
      self.tokens = tokens
      self.decoder = decoder
    }
  }

  /// A captured point of the network.
  public struct Row: Encodable, Equatable, Hashable, Sendable {
    /// Where in the network.
    public enum Point: String, Encodable, Sendable, CaseIterable {
      /// The input of the first block.
      case embedding
      /// The stream after attention was added in a block, cross attention included.
      case attention
      /// The same place in a block whose mixer is not attention alone: after its recurrent layer, or after attention and a recurrent
      /// layer side by side, or before the MLP of a block that has nothing else.
      case mixer
      /// The output of a block.
      case block

      /// Whether the point lies within a block.
      public var isWithinBlock: Bool { self == .attention || self == .mixer }
    }
    /// 0 for the embedding; i for a point of block i, counted from 0.
    public var layer: Int
    /// Where in the layer.
    public var point: Point

    /// A point in a layer, counted from 0; the embedding has layer 0.
    public init(layer: Int, point: Point) {
      self.layer = layer
      self.point = point
    }
  }

  /// A captured position: the state at `position` predicts the token at position + 1, whose id is `target`; with `masks`, the token at
  /// the position itself.
  public struct Column: Encodable, Equatable, Sendable {
    /// Index into `tokens`.
    public var position: Int
    /// nil at the last position of a fixed text.
    public var target: Int?

    /// A position and the token that comes next there, nil where the text ends.
    public init(position: Int, target: Int?) {
      self.position = position
      self.target = target
    }
  }

  /// The k most probable tokens, most probable first, ties by smaller id. [row][column][k]
  public struct Top: Encodable, Equatable, Sendable {
    /// Tokens per row and column.
    public var k: Int
    /// Their ids; empty lists in rows that no lens read. [row][column][k]
    public var ids: [[[Int]]]
    /// Natural logarithms of their probabilities. [row][column][k]
    public var logprobs: [[[Float]]]

    /// The `k` most probable tokens of every cell, the best first. [row][column][k]
    public init(k: Int, ids: [[[Int]]], logprobs: [[[Float]]]) {
      self.k = k
      self.ids = ids
      self.logprobs = logprobs
    }
  }

  /// A watched token, or a set of tokens watched as one series.
  public struct Watch: Encodable, Equatable, Sendable {
    /// Index in the vocabulary; nil for a set.
    public var id: Int?
    /// The token as requested, or the name of the set.
    public var text: String
    /// Members of a set, distinct; nil for a single token.
    public var ids: [Int]?
    /// Their texts.
    public var texts: [TokenText]?
    /// If members are first tokens of words: the words that each begins. [member][word]
    public var firstOf: [[String]]?
    /// 1 + the number of strictly greater logits; of a set, the best of its members. [row][column]
    public var rank: [[Int?]]
    /// Natural logarithm of its probability; of a set, of the sum over its members. [row][column]
    public var logprob: [[Float?]]

    /// A single token.
    public init(id: Int, text: String, rank: [[Int?]], logprob: [[Float?]]) {
      self.id = id
      self.text = text
      self.rank = rank
      self.logprob = logprob
    }

    /// A set.
    public init(
      name: String, ids: [Int], texts: [TokenText], firstOf: [[String]]?, rank: [[Int?]], logprob: [[Float?]]
    ) {
      text = name
      self.ids = ids
      self.texts = texts
      self.firstOf = firstOf
      self.rank = rank
      self.logprob = logprob
    }

    enum CodingKeys: String, CodingKey {
      case id, text, ids, texts, rank, logprob
      case firstOf = "first_of"
    }
  }

  /// Text of a token, or the hex of its bytes where they are not whole UTF-8.
  ///
  /// In JSON a string, or {"bytes": hex}.
  public enum TokenText: Equatable, Sendable {
    /// Text of whole characters.
    case text(String)
    /// Bytes that are no whole characters, as hex.
    case bytes(String)
  }

  /// A trace in this version's schema and precision.
  ///
  /// Matrices are [row][column] over `rows` and `columns`; `texts` has the text of every id that occurs.
  public init(
    model: Model, lens: Lens, prompt: String, promptLength: Int, method: Method, tokens: [Token], rows: [Row],
    columns: [Column], rank: [[Int?]], logprob: [[Float?]], top: Top, watch: [Watch], entropy: [[Float?]],
    kl: [[Float?]], texts: [Int: TokenText], chat: Conversation? = nil, encoder: EncoderText? = nil,
    masks: [Int]? = nil
  ) {
    self.schema = lens.kind == .jacobian ? Trace.secondSchemaName : Trace.schemaName
    self.model = model
    self.lens = lens
    self.compute = "f32"
    self.prompt = prompt
    self.promptLength = promptLength
    self.chat = chat
    self.encoder = encoder
    self.masks = masks
    self.method = method
    self.tokens = tokens
    self.rows = rows
    self.columns = columns
    self.rank = rank
    self.logprob = logprob
    self.top = top
    self.watch = watch
    self.entropy = entropy
    self.kl = kl
    self.texts = texts
  }

  enum CodingKeys: String, CodingKey {
    case schema, model, lens, compute, prompt, chat, encoder, masks, method, tokens, rows, columns, rank, logprob, top,
      watch,
      entropy,
      kl
    case attribution, patching, changes, texts
    case automatic = "watch_auto"
    case promptLength = "prompt_length"
  }
}

extension Trace {
  /// Whether a column predicts a token after the prompt, or one that a mask hides.
  public func predictsOutput(_ column: Int) -> Bool {
    masks.map { $0.contains(columns[column].position) } ?? (columns[column].position >= promptLength - 1)
  }

  /// The position of the token that a column predicts.
  package func predictedPosition(_ column: Int) -> Int { columns[column].position + (masks == nil ? 1 : 0) }

  /// The text of an id that occurs in the trace, for showing: exact text, or nil with its bytes.
  public func text(of id: Int) -> TokenText? { texts[id] }
}
