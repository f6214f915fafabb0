import Traces

/// A Jacobian lens that cannot be used.
public enum JacobianLensError: EngineError, Equatable {
  /// A file of torch.save that holds something else.
  case noLens(path: String, found: String)
  /// A checkpoint of a fit that is not finished, after so many prompts.
  case unfinished(path: String, prompts: Int?)
  /// A file without one of the entries.
  case missing(path: String, key: String)
  /// An entry that occurs twice.
  case twice(path: String, key: String)
  /// Entries that are not understood.
  case unknownKeys(path: String, names: [String])
  /// A count that is no positive whole number.
  case badCount(path: String, key: String, found: String)
  /// Matrices that are not tensors under whole numbers.
  case badMatrices(path: String, found: String)
  /// A list of blocks that is none.
  case badSourceLayers(path: String, found: String)
  /// A list of blocks that is not that of the matrices.
  case layersDisagree(path: String, listed: [Int], found: [Int])
  /// A matrix of another shape than the width says.
  case badShape(path: String, layer: Int, found: [Int], width: Int)
  /// A value that is infinite or no number.
  case notFinite(path: String, layer: Int, index: String, value: String)
  /// A lens for a model of another width.
  case wrongWidth(path: String, model: String, width: Int, found: Int)
  /// A lens for a model with more blocks.
  case wrongLayers(path: String, model: String, layers: Int, found: Int)
  /// A matrix of the last block that changes the model's own output.
  case lastLayer(path: String, model: String, layer: Int)
  /// A lens without matrices for rows after attention.
  case attentionRows(path: String)
  /// A lens whose images are read through the final norm.
  case withoutNorm(path: String)

  /// The file, and the entry in it.
  public var place: String {
    switch self {
    case .noLens(let path, _), .unfinished(let path, _), .missing(let path, _), .twice(let path, _),
      .unknownKeys(let path, _), .wrongWidth(let path, _, _, _), .wrongLayers(let path, _, _, _),
      .attentionRows(let path), .withoutNorm(let path):
      path
    case .badCount(let path, let key, _): "\(path): \(key)"
    case .badMatrices(let path, _): "\(path): J"
    case .badSourceLayers(let path, _), .layersDisagree(let path, _, _): "\(path): source_layers"
    case .badShape(let path, let layer, _, _), .notFinite(let path, let layer, _, _),
      .lastLayer(let path, _, let layer):
      "\(path): J[\(layer)]"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .noLens(_, let found):
      "expected a Jacobian lens (a dictionary with J, n_prompts, source_layers and d_model), found \(found)"
    case .unfinished(_, let prompts):
      "expected a Jacobian lens, found the checkpoint of a fit that is not finished"
        + (prompts.map { " (\($0) prompts done)" } ?? "")
    case .missing(_, let key): "expected the entry '\(key)', found none"
    case .twice(_, let key): "the entry '\(key)' occurs twice"
    case .unknownKeys(_, let names):
      "expected the entries J, n_prompts, source_layers and d_model, found also " + Self.list(names)
    case .badCount(_, _, let found): "expected a positive whole number, found \(found)"
    case .badMatrices(_, let found): "expected matrices under whole numbers from 0, found \(found)"
    case .badSourceLayers(_, let found): "expected a list of whole numbers, found \(found)"
    case .layersDisagree(_, let listed, let found):
      "expected the layers that J has, \(Self.list(found)), found \(Self.list(listed))"
    case .badShape(_, _, let found, let width):
      "expected the shape [\(width), \(width)] as in d_model, found \(MessageText.numbers(found))"
    case .notFinite(_, _, let index, let value): "expected finite numbers, found \(value) at \(index)"
    case .wrongWidth(_, let model, let width, let found):
      "expected a lens of width \(width) for \(model), found one of width \(found)"
    case .wrongLayers(_, let model, let layers, let found):
      "expected layers below \(layers) for \(model), found layer \(found)"
    case .lastLayer(_, let model, let layer):
      "expected no matrix, or the identity, for the last layer of \(model), found another matrix of layer \(layer)"
    case .attentionRows: "a Jacobian lens has matrices for outputs of blocks, but none for rows after attention"
    case .withoutNorm: "a Jacobian lens is read through the model's final norm and has no reading without it"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .noLens, .missing, .badMatrices, .badSourceLayers, .badCount, .layersDisagree, .badShape, .twice:
      ["lenses of the hub repository neuronpedia/jacobian-lens are read, and those of Tools/fit_jacobian_lens.py"]
    case .unfinished: ["let the fit finish, or merge its shards: Tools/fit_jacobian_lens.py"]
    case .unknownKeys: ["an unknown entry may change what the matrices mean; save the lens without it"]
    case .notFinite: ["a float16 ends at 65504: fit the lens again, or save its matrices as float32"]
    case .wrongWidth, .wrongLayers: ["the lens was fitted to another model"]
    case .lastLayer: ["the lens was fitted to another model, or to another output than that of the last block"]
    case .attentionRows: ["use the rows 'blocks', or no Jacobian lens"]
    case .withoutNorm: ["use the norm 'final', or no Jacobian lens"]
    }
  }

  /// "0, 1, 2 and 5 more".
  static func list<Element>(_ elements: [Element]) -> String {
    if elements.isEmpty { return "none" }
    return MessageText.list(elements.lazy.map { MessageText.short("\($0)", most: 40) }, most: 12)
  }
}
