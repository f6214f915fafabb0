import Traces

/// A change of a run that cannot be made; changes are numbered from 1, in the order of the request.
public enum ChangeError: EngineError, Equatable {
  /// A layer that the model does not have.
  case noLayer(model: String, change: Int, found: Int, layers: Int)
  /// A part that the embedding or a block does not have.
  case noPart(model: String, change: Int, place: Trace.Patching.Place, layer: Int?)
  /// A direction that is to be added to something else than the stream.
  case notStream(model: String, change: Int, place: Trace.Patching.Place)
  /// A position outside a text, which is called `of`.
  case noPosition(model: String, change: Int, of: String, found: Int, tokens: Int)
  /// A text without tokens, which is called `of`.
  case empty(model: String, change: Int, of: String)
  /// A text that is too long.
  case tooLong(model: String, change: Int, of: String, tokens: Int, context: Int)
  /// A token without a row in the table of embeddings.
  case tokenWithoutRow(model: String, change: Int, of: String, text: String, rows: Int)
  /// The two texts of a patch have different numbers of tokens.
  case lengths(model: String, change: Int, base: [String], source: [String])
  /// States of a plain text cannot be put into a conversation.
  case ofChat(model: String, change: Int)
  /// A change that a later one replaces.
  case overwritten(model: String, change: Int, by: Int, position: Int)
  /// Two states that are the same, so that their difference has no direction.
  case sameStates(model: String, change: Int)
  /// A factor that is too large for float32, or no number.
  case badFactor(model: String, change: Int, found: String)
  /// A question about the model's own run beside a change.
  case beside(model: String, what: String)
  /// A state of another text that is not finite.
  case notFiniteState(model: String, change: Int)
  /// A file with several tensors.
  case severalTensors(path: String, found: [String])
  /// A file without the tensor.
  case noTensor(path: String, tensor: String, found: [String])
  /// A tensor that is neither one vector nor a list of vectors.
  case noVectors(path: String, tensor: String, found: [Int])
  /// A value that is infinite or no number.
  case notFinite(path: String, tensor: String, index: String, value: String)
  /// A tensor for another model.
  case doesNotFit(path: String, tensor: String, found: [Int], model: String, layers: Int, width: Int)
  /// A tensor without a vector for the embedding.
  case noEmbedding(path: String, tensor: String, found: [Int], model: String)
  /// A vector of zeros.
  case onlyZeros(path: String, tensor: String, row: Int?)

  /// The model, or the file.
  public var place: String {
    switch self {
    case .noLayer(let model, _, _, _), .noPart(let model, _, _, _), .notStream(let model, _, _),
      .noPosition(let model, _, _, _, _), .empty(let model, _, _), .tooLong(let model, _, _, _, _),
      .tokenWithoutRow(let model, _, _, _, _), .lengths(let model, _, _, _), .ofChat(let model, _),
      .overwritten(let model, _, _, _), .sameStates(let model, _), .badFactor(let model, _, _),
      .beside(let model, _), .notFiniteState(let model, _):
      model
    case .severalTensors(let path, _): path
    case .noTensor(let path, let tensor, _), .noVectors(let path, let tensor, _),
      .notFinite(let path, let tensor, _, _), .doesNotFit(let path, let tensor, _, _, _, _),
      .noEmbedding(let path, let tensor, _, _), .onlyZeros(let path, let tensor, _):
      "\(path): \(tensor)"
    }
  }

  /// What was expected and found.
  public var message: String {
    switch self {
    case .noLayer(_, let change, let found, let layers):
      "layer of change \(change) is \(found), expected embedding or 0 to \(layers - 1)"
    case .noPart(_, let change, let place, let layer):
      "change \(change) is of the \(place == .mlp ? "MLP" : "attention") of "
        + "\(layer.map { "layer \($0)" } ?? "the embedding"), which has none"
    case .notStream(_, let change, let place):
      "change \(change) adds a direction to '\(place.rawValue)', expected the stream"
    case .noPosition(_, let change, let text, let found, let tokens):
      "a position of change \(change) is \(found), expected 1 to \(tokens), the tokens of \(text)"
    case .empty(_, let change, let text): "\(text) of change \(change) has no tokens, expected some text"
    case .tooLong(_, let change, let text, let tokens, let context):
      "\(text) of change \(change) has \(tokens) tokens, expected at most \(context)"
    case .tokenWithoutRow(_, let change, let text, let label, let rows):
      "\(text) of change \(change) has the token '\(label)', but the model has rows for \(rows) tokens only"
    case .lengths(_, let change, let base, let source):
      "source of change \(change) is \(source.count) tokens (\(source.joined(separator: "|"))), expected \(base.count) as in "
        + "the prompt (\(base.joined(separator: "|")))"
    case .ofChat(_, let change): "change \(change) puts states of a plain text into the run of a conversation"
    case .overwritten(_, let change, let by, let position):
      "change \(change) has no effect at position \(position + 1), because change \(by) replaces the same state"
    case .sameStates(_, let change):
      "the two states of change \(change) are the same, so their difference has no direction"
    case .badFactor(_, let change, let found): "by of change \(change) is \(found), expected a number of float32"
    case .beside(_, let what):
      "expected '\(what)' of the model's own run, found it beside a change of the run"
    case .notFiniteState(_, let change): "a state of another text of change \(change) is not finite"
    case .severalTensors(_, let found):
      found.isEmpty
        ? "expected a tensor of floating-point numbers, found none"
        : "expected one tensor, found \(found.count): \(ChangeError.list(found))"
    case .noTensor(_, _, let found): "no such tensor; the file has \(ChangeError.list(found))"
    case .noVectors(_, _, let found): "the shape is \(found), expected a vector [D] or vectors [rows, D]"
    case .notFinite(_, _, let index, let value): "the value at \(index) is \(value), expected a finite number"
    case .doesNotFit(_, _, let found, let model, let layers, let width):
      "the shape is \(found), expected [\(width)], [\(layers), \(width)] or [\(layers + 1), \(width)] for \(model)"
    case .noEmbedding(_, _, let found, let model):
      "the shape is \(found), which has no vector for the embedding of \(model)"
    case .onlyZeros(_, _, let row):
      "the vector\(row.map { " of row \($0)" } ?? "") has only zeros, which is no direction"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .noPosition: ["positions count from 1 and include special tokens such as BOS"]
    case .lengths: ["replace words by others with as many tokens, so that each state has its place in the other text"]
    case .ofChat: ["write the rendered text as text:, or add a direction instead"]
    case .overwritten: ["leave one of them out, or give them different positions"]
    case .sameStates: ["give texts that differ up to the token whose state counts"]
    case .beside(_, let what): ["give a prompt with '\(what)' and one with the change"]
    case .severalTensors(_, let found): found.isEmpty ? [] : ["choose one: tensor: \(found[0])"]
    case .doesNotFit: ["a row is a block, in their order; with one row more, the first is the embedding"]
    case .noEmbedding: ["begin the tensor with a row for the embedding, or name a layer from 0"]
    case .tokenWithoutRow: ["the tokenizer has tokens that the model was not trained with; leave it out"]
    default: []
    }
  }

  /// Some names of a file, which may have many.
  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : MessageText.names(names, most: 8)
  }
}
