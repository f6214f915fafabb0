import Traces

/// A request that cannot be run, or a run with wrong numbers.
public enum RunError: EngineError, Equatable {
  /// The prompt gives no tokens.
  case emptyPrompt(model: String)
  /// The conversation of the prompt was not rendered before the run.
  case chatNotRendered(model: String)
  /// A conversation is given to an encoder-decoder model.
  case chatForEncoder(model: String)
  /// States of another program are given for a model with an encoder.
  case noStatesOfEncoder(model: String)
  /// The parts of a model whose parts cannot be told apart are asked for, by `attribute`, `patch` or `changes`.
  case partsOfModel(model: String, what: String, found: String)
  /// The beginning of a decoder's text is given to a model without an encoder.
  case noDecoderBesideEncoder(model: String)
  /// The files of a masked model name no token that hides another.
  case noMaskToken(model: String)
  /// The prompt of a masked model hides nothing.
  case noMask(model: String, mask: String)
  /// A prompt of a dataset for a masked model hides another number of tokens than one.
  case severalMasks(model: String, mask: String, found: Int)
  /// Tokens after the prompt are asked of a masked model.
  case textForMasks(model: String, mask: String)
  /// Positions that hide nothing are asked of a masked model.
  case columnsWithoutMask(model: String, mask: String)
  /// A text has padding in it, which would move the positions of what follows.
  case padding(model: String, position: Int)
  /// Prompt and generated tokens together are longer than the context, which `setting` of the files states.
  case tooLong(model: String, tokens: Int, context: Int, setting: String?)
  /// A watched text is empty.
  case watchIsEmpty(model: String)
  /// A watched text is more than one token.
  case watchIsSeveralTokens(model: String, text: String, pieces: [String], inSet: Bool)
  /// A watched text has characters that the vocabulary lacks.
  case watchIsUnknown(model: String, text: String)
  /// A watched id is not in the vocabulary.
  case watchIDIsUnknown(model: String, id: Int, vocabulary: Int)
  /// A watched set has no members.
  case watchSetIsEmpty(model: String, name: String)
  /// A watched set has the same id twice.
  case watchSetRepeats(model: String, name: String, id: Int)
  /// The number of tokens to keep for each cell is below 1 or above the vocabulary.
  case badTopK(model: String, found: Int, vocabulary: Int)
  /// Tokens of the tokenizer for which the model has no row.
  case tokenWithoutRow(model: String, id: Int, text: String, position: Int, rows: Int)
  /// A watched token has no row in the head.
  case watchWithoutRow(model: String, id: Int, text: String, rows: Int)
  /// The number of tokens to generate is negative.
  case badGenerate(model: String, found: Int)
  /// A parameter of sampling is out of its range.
  case badSampling(model: String, key: String, found: String, expected: String)
  /// A state or logit became infinite or NaN.
  case notFinite(model: String, row: String, position: Int)
  /// The last row is not the model's own output.
  case lensDisagrees(model: String, position: Int, detail: String)
  /// The model's own logits differ from plain sums over the last state.
  case outputDisagrees(model: String, position: Int, detail: String)
  /// What the parts of the model add does not sum to the model's own difference of two logits.
  case attributionDisagrees(model: String, position: Int, detail: String)
  /// A target or foil is not one token of the model.
  case badWord(model: String, name: String, reason: WordProblem)
  /// A target and a foil are the same token.
  case samePair(model: String, what: String, text: String)
  /// A text whose tokens are to be scored has one token alone.
  case textOfOneToken(model: String, text: String)
  /// A position that was asked for lies outside the text.
  case badPosition(model: String, what: String, found: Int, tokens: Int)
  /// A request for tokens to watch names a position that the text does not have.
  case noSuchPosition(model: String, asked: String, positions: Int)
  /// States cannot be put into the run of a conversation.
  case patchOfChat(model: String)
  /// The two texts of a patch have different numbers of tokens.
  case patchLengths(model: String, base: [String], source: [String])
  /// The texts of a patch are too long.
  case patchTooLong(model: String, tokens: Int, most: Int)
  /// The system starts no more threads.
  case noThreads(Int)
  /// The system gives no more memory.
  case noMemory(model: String)
  /// Keys and values of a text need more bytes than the machine has.
  case cacheTooLarge(model: String, tokens: Int, bytes: Int, memory: Int)

  /// The model, or the machine.
  public var place: String {
    switch self {
    case .emptyPrompt(let model), .chatNotRendered(let model), .chatForEncoder(let model),
      .noStatesOfEncoder(let model), .partsOfModel(let model, _, _),
      .noDecoderBesideEncoder(let model), .noMaskToken(let model), .noMask(let model, _),
      .severalMasks(let model, _, _), .textForMasks(let model, _), .columnsWithoutMask(let model, _),
      .padding(let model, _), .tooLong(let model, _, _, _), .watchIsEmpty(let model),
      .watchIsSeveralTokens(let model, _, _, _), .watchIsUnknown(let model, _), .watchIDIsUnknown(let model, _, _),
      .watchSetIsEmpty(let model, _), .watchSetRepeats(let model, _, _), .badTopK(let model, _, _),
      .badGenerate(let model, _), .tokenWithoutRow(let model, _, _, _, _), .watchWithoutRow(let model, _, _, _),
      .badSampling(let model, _, _, _), .notFinite(let model, _, _), .lensDisagrees(let model, _, _),
      .outputDisagrees(let model, _, _), .attributionDisagrees(let model, _, _), .badWord(let model, _, _),
      .noSuchPosition(let model, _, _), .textOfOneToken(let model, _),
      .samePair(let model, _, _), .badPosition(let model, _, _, _), .patchOfChat(let model),
      .patchLengths(let model, _, _), .patchTooLong(let model, _, _),
      .noMemory(let model),
      .cacheTooLarge(let model, _, _, _):
      model
    case .noThreads: "this machine"
    }
  }

  /// What was expected and found.
  public var message: String {
    switch self {
    case .emptyPrompt: "the prompt is empty, expected some text"
    case .chatNotRendered: "expected a prompt that a chat template has rendered, found a conversation"
    case .partsOfModel(_, let what, let found):
      "expected a model with one stream that continues its text, found \(found), for which '\(what)' is not defined"
    case .noStatesOfEncoder:
      "expected a model that continues its text, found one that reads it as a whole, which vLLM's files do not describe"
    case .chatForEncoder: "expected a plain text, which the encoder reads, found a conversation"
    case .noDecoderBesideEncoder:
      "expected a prompt of one text, found one with the beginning of a decoder's text: this model has no encoder"
    case .noMaskToken: "this model fills in masked tokens, and its tokenizer's files name no mask_token"
    case .noMask(_, let mask):
      "this model fills in masked tokens, and the prompt has none: expected '\(mask)' where a word is to be predicted"
    case .severalMasks(_, let mask, let found):
      "the prompt has \(found) masked tokens, expected '\(mask)' once, where the target stands"
    case .textForMasks:
      "this model fills in masked tokens and writes no text: expected a prompt without generate, sample or continuation"
    case .columnsWithoutMask:
      "this model predicts masked tokens alone: expected the columns 'generated' or 'last', found 'all'"
    case .padding(_, let position): "the padding token stands at position \(position) of the text, expected none"
    case .tooLong(_, let tokens, let context, let setting):
      "the text has \(tokens) tokens, generated ones included, but the model takes at most \(context)"
        + (setting.map { ", its '\($0)'" } ?? "")
    case .watchIsEmpty: "a watched word is empty, expected the text of one token"
    case .watchIsSeveralTokens(_, let text, let pieces, _):
      "the watched word '\(text)' is \(pieces.count) tokens (\(pieces.joined(separator: " | "))), expected one"
    case .watchIsUnknown(_, let text): "the watched word '\(text)' is not a token of this model"
    case .watchIDIsUnknown(_, let id, let vocabulary): "the watched id is \(id), expected 0 to \(vocabulary - 1)"
    case .watchSetIsEmpty(_, let name): "the watch set '\(name)' has no members, expected one token or more"
    case .watchSetRepeats(_, let name, let id):
      "the watch set '\(name)' has token \(id) twice, which would count it twice"
    case .tokenWithoutRow(_, let id, let text, let position, let rows):
      "token \(id) ('\(text)') stands at position \(position) of the text, but the model has rows for \(rows) tokens only"
    case .watchWithoutRow(_, let id, let text, let rows):
      "the watched word '\(text)' is token \(id), but the model has rows for \(rows) tokens only"
    case .badTopK(_, let found, let vocabulary): "top is \(found), expected 1 to \(vocabulary)"
    case .badGenerate(_, let found): "generate is \(found), expected 0 or more"
    case .badSampling(_, let key, let found, let expected): "\(key) of sample is \(found), expected \(expected)"
    case .notFinite(_, let row, let position): "the logits of \(row) at position \(position) are not finite numbers"
    case .lensDisagrees(_, let position, let detail):
      "the last row of the lens differs from the model's own logits at position \(position): \(detail)"
    case .outputDisagrees(_, let position, let detail):
      "the model's logits at position \(position) differ from a sum in double precision: \(detail)"
    case .attributionDisagrees(_, let position, let detail):
      "the parts of the model do not sum to its difference of two logits at position \(position): \(detail)"
    case .badWord(_, let name, let reason): reason.message(name)
    case .textOfOneToken(_, let text):
      "'\(text)' is one token, before which nothing stands that predicts it; expected two tokens or more"
    case .samePair(_, let what, let text): "target and foil of \(what) are the same token, '\(text)'"
    case .badPosition(_, let what, let found, let tokens):
      "position of \(what) is \(found), expected 1 to \(tokens), the tokens of the text"
    case .noSuchPosition(_, let asked, let positions):
      "watch: \(asked) names a position that is not captured, expected 1 to \(positions)"
    case .patchOfChat: "patch puts states into the run of a plain text, found a conversation"
    case .patchLengths(_, let base, let source):
      "source of patch is \(source.count) tokens (\(source.joined(separator: "|"))), expected \(base.count) as in the prompt "
        + "(\(base.joined(separator: "|")))"
    case .patchTooLong(_, let tokens, let most): "the texts of patch have \(tokens) tokens, expected at most \(most)"
    case .noThreads(let count): "cannot make \(count) threads"
    case .noMemory: "not enough memory for the lens"
    case .cacheTooLarge(_, let tokens, let bytes, let memory):
      "keys and values of a text of \(tokens) tokens take \(bytes >> 20) MiB, and this machine has \(memory >> 20) MiB"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .emptyPrompt: ["a prompt needs at least one character; a space is enough"]
    case .chatNotRendered: ["render it first, and give TraceRequest.Chat.rendered with the text as its prompt"]
    case .partsOfModel(_, let what, _): ["leave out '\(what)' for this model"]
    case .chatForEncoder: ["give one plain text; an encoder reads it as it is written"]
    case .noMaskToken: ["name it in tokenizer_config.json, as in \"mask_token\": \"[MASK]\""]
    case .noMask(_, let mask), .severalMasks(_, let mask, _):
      [
        "write it as in 'Paris is the capital of \(mask).'; several hidden words are several masks in a prompt, and one in a dataset"
      ]
    case .textForMasks(_, let mask):
      [
        "write '\(mask)' for each token to predict, and watch the words that could stand there",
        "in a spec, give models that write text a prompt of their own, and name prompts: and models: in figures",
      ]
    case .columnsWithoutMask(_, let mask): ["hide more tokens by '\(mask)'"]
    case .noDecoderBesideEncoder: ["write both into the prompt's text"]
    case .tooLong, .cacheTooLarge: ["shorten the prompt or generate less"]
    case .watchIsSeveralTokens(_, _, _, inSet: true):
      ["list it under first_of: instead of tokens: to watch the first token of each word; mind the leading space"]
    case .watchIsSeveralTokens(_, let text, let pieces, _):
      // A piece that is not text cannot be written in a request.
      if let first = pieces.first, !first.isEmpty, text.hasPrefix(first) {
        ["watch its first piece, '\(first)', or another word; mind the leading space"]
      } else {
        ["watch another word; mind the leading space"]
      }
    case .watchIsUnknown: ["check the spelling; most words are tokens only with their leading space"]
    case .tokenWithoutRow, .watchWithoutRow:
      ["the tokenizer has tokens that the model was not trained with, for images for example; leave it out"]
    case .notFinite: ["the weights may hold NaN or overflow in float32; `strata models verify` checks a catalog model"]
    case .badWord(_, _, let reason): reason.hints
    case .samePair: ["a difference needs two tokens; leave out the foil to compare with the next most probable token"]
    case .textOfOneToken: ["write a longer text, or begin texts with BOS (bos: true of the model, --bos)"]
    case .patchOfChat: ["write the rendered text as text:"]
    case .patchLengths:
      ["replace words by others with as many tokens, so that each state has its place in the other text"]
    case .patchTooLong: ["shorten both texts: every position is run in every layer"]
    case .noSuchPosition: ["capture more positions: generate: 5, columns: all; or leave the position out"]
    case .badPosition: ["positions count from 1 and include special tokens such as BOS"]
    case .lensDisagrees, .outputDisagrees, .attributionDisagrees:
      ["this is a bug of the engine: no figure is drawn from such numbers; please report it"]
    case .noThreads, .noMemory: ["use fewer --threads, or close other programs"]
    default: []
    }
  }

  /// Bad requests are bad input; a disagreement is a bug.
  public var category: ErrorCategory {
    switch self {
    case .lensDisagrees, .outputDisagrees, .attributionDisagrees, .noThreads, .noMemory: .internalFault
    default: .badInput
    }
  }
}
