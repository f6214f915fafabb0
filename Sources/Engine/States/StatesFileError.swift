import Traces

/// A file of states that cannot be read, or does not fit the model.
public enum StatesFileError: EngineError, Equatable {
  /// Neither this program's layout nor vLLM's.
  case noStates(path: String, found: [String])
  /// Another version of this program's layout.
  case otherFormat(path: String, found: String)
  /// Words about the file that are not in it.
  case missingMetadata(path: String, keys: [String])
  /// A tensor that is not in the file.
  case missingTensor(path: String, tensor: String)
  /// A tensor of numbers that cannot be what it is for.
  case type(path: String, tensor: String, found: String, expected: String)
  /// A tensor of another shape.
  case shape(path: String, tensor: String, found: [Int], expected: String)
  /// Two parts of the file that have different lengths or tokens.
  case lengths(path: String, tensor: String, found: Int, other: String, expected: Int)
  /// A position that is not in the text, or not behind the one before it.
  case position(path: String, tensor: String, index: Int, found: Int, expected: Range<Int>)
  /// A state that is infinite or NaN.
  case notFinite(path: String, tensor: String, index: [Int], value: String)
  /// States of another width than the model's.
  case width(path: String, model: String, found: Int, expected: Int)
  /// Another number of rows than the model has points.
  case layers(path: String, model: String, found: Int, expected: Int)
  /// Rows of a model of another kind.
  case rows(path: String, model: String, found: String, expected: String)
  /// States of a model with an encoder, or of one that fills in masks, for a model without, or the other way round.
  case kind(path: String, model: String)
  /// A token that the model does not have.
  case token(path: String, model: String, index: Int, found: Int, vocabulary: Int)
  /// A text that the tokens of the file do not begin with.
  case otherPrompt(path: String, position: Int, found: String, expected: String)
  /// A text that is said to follow the states, although the tokens of the file go on after the prompt.
  case followedTwice(path: String, tokens: Int)
  /// None of the positions that are asked for is in the file.
  case noColumns(path: String)
  /// A text that the file says itself.
  case textIsSaid(path: String, option: String)
  /// What a run was asked, in a form that this program does not write.
  case asked(path: String, key: String, found: String)
  /// A position that is asked for, and whose state the file does not have.
  case missingColumn(path: String, position: Int)
  /// Rows within the blocks, which the file does not have.
  case missingRows(path: String)

  /// The file, with the tensor where there is one.
  public var place: String {
    switch self {
    case .noStates(let path, _), .otherFormat(let path, _), .missingMetadata(let path, _),
      .missingTensor(let path, _), .width(let path, _, _, _), .layers(let path, _, _, _), .rows(let path, _, _, _),
      .token(let path, _, _, _, _), .otherPrompt(let path, _, _, _), .followedTwice(let path, _),
      .noColumns(let path), .textIsSaid(let path, _), .kind(let path, _), .missingColumn(let path, _),
      .missingRows(let path):
      path
    case .type(let path, let tensor, _, _), .shape(let path, let tensor, _, _), .lengths(let path, let tensor, _, _, _),
      .position(let path, let tensor, _, _, _):
      "\(path): \(tensor)"
    case .notFinite(let path, let tensor, let index, _): "\(path): \(tensor)\(index)"
    case .asked(let path, let key, _): "\(path): \(key)"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .noStates(_, let found):
      "expected states.0, tokens.0, positions.0, ... of this program, or hidden_states and token_ids of vLLM, found "
        + (found.isEmpty ? "no tensors" : MessageText.names(found, most: 6))
    case .otherFormat(_, let found): "expected the format '\(CapturedStates.format)', found '\(found)'"
    case .missingMetadata(_, let keys):
      "expected \(keys.map { "'\($0)'" }.joined(separator: ", ")) in the metadata, found none"
    case .missingTensor(_, let tensor): "expected the tensor '\(tensor)', found none"
    case .type(_, _, let found, let expected): "expected \(expected), found \(found)"
    case .shape(_, _, let found, let expected): "expected \(expected), found \(found)"
    case .lengths(_, _, let found, let other, let expected):
      found == expected
        ? "expected the tokens of \(other), found others" : "expected \(expected), as many as \(other), found \(found)"
    case .position(_, _, let index, let found, let expected):
      "expected \(expected.lowerBound) to \(expected.upperBound - 1) at index \(index), found \(found)"
    case .notFinite(_, _, _, let value): "expected a finite number below 1e15, found \(value)"
    case .width(_, let model, let found, let expected):
      "expected states of width \(expected) for \(model), found \(found)"
    case .layers(_, let model, let found, let expected):
      "expected \(expected) layers for \(model), the embedding and the output of every block, found \(found)"
    case .rows(_, let model, let found, let expected): "expected the rows '\(expected)' of \(model), found '\(found)'"
    case .token(_, _, let index, let found, let vocabulary):
      "expected 0 to \(vocabulary - 1) as token \(index), found \(found)"
    case .otherPrompt(_, let position, let found, let expected):
      "expected tokens that begin with those of the prompt, found \(found) instead of \(expected) at position \(position)"
    case .followedTwice(_, let tokens):
      "the file has \(tokens) tokens after the prompt, expected none where --continuation says what follows"
    case .kind(_, let model):
      "expected states of a model like \(model), found those of one that reads texts in another way"
    case .noColumns: "expected the state of a position that is asked for, found none"
    case .textIsSaid(_, let option): "the file says itself what was asked: expected no \(option)"
    case .asked(_, _, let found): "expected what a run was asked, {lens, top, watch}, found \(found)"
    case .missingColumn(_, let position):
      "expected the state of position \(position), which --columns asks for, found none"
    case .missingRows: "expected states within the blocks, which --rows attention asks for, found none"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .noStates: ["strata trace --save-states FILE writes such a file; docs/trace-format.md describes both layouts"]
    case .otherFormat: ["save the states again with this program: strata trace --save-states FILE"]
    case .lengths(_, "hidden_states", _, _, _):
      [
        "prefix caching leaves out tokens that were cached: serve with --no-enable-prefix-caching",
        "chunked prefill may keep the last chunk alone: serve with --no-enable-chunked-prefill",
      ]
    case .layers:
      ["ask vLLM for the layer ids 0 to L: 0 is the embedding, i the output of block i - 1"]
    case .width, .rows, .kind, .token: ["are these states of this model?"]
    case .otherPrompt: ["the model's tokenizer may put a token before every text: --bos"]
    case .noColumns: ["--columns all takes every position that is there"]
    case .asked: ["save the states again with this program: strata trace --save-states FILE"]
    case .missingColumn: ["without --columns every position is taken that is there"]
    case .missingRows: ["save the states with --rows attention, or leave it out here"]
    case .lengths, .missingMetadata, .missingTensor, .type, .shape, .position, .notFinite, .followedTwice, .textIsSaid:
      []
    }
  }
}
