import Traces

/// A tuned lens that cannot be used.
public enum TunedLensError: EngineError, Equatable {
  /// A folder without a lens in it.
  case noLens(path: String, found: [String])
  /// An unknown kind of lens.
  case unknownType(path: String, found: String)
  /// A count in its configuration outside its range.
  case badCount(path: String, key: String, found: Int)
  /// A lens for another model.
  case doesNotFit(path: String, model: String, layers: Int, width: Int, lensLayers: Int, lensWidth: Int)
  /// A lens without maps for rows after attention.
  case attentionRows(path: String)
  /// A lens that was trained through the final norm.
  case withoutNorm(path: String)

  /// The folder or its configuration.
  public var place: String {
    switch self {
    case .noLens(let path, _), .doesNotFit(let path, _, _, _, _, _), .attentionRows(let path), .withoutNorm(let path):
      path
    case .unknownType(let path, _): "\(path): lens_type"
    case .badCount(let path, let key, _): "\(path): \(key)"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .noLens(_, let found):
      "expected a tuned lens (config.json with params.pt or a .safetensors file), found "
        + (found.isEmpty ? "an empty folder" : FolderListing.shown(found))
    case .unknownType(_, let found): "expected 'linear_tuned_lens', found '\(found)'"
    case .badCount(_, _, let found): "expected 1 to \((1 << 20) - 1), found \(found)"
    case .doesNotFit(_, let model, let layers, let width, let lensLayers, let lensWidth):
      "expected a lens of \(layers) layers and width \(width) for \(model), "
        + "found one of \(lensLayers) layers and width \(lensWidth)"
    case .attentionRows: "a tuned lens has maps for the inputs of blocks, but none for rows after attention"
    case .withoutNorm: "a tuned lens is trained through the model's final norm and cannot be read without it"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .noLens, .badCount: []
    case .unknownType: ["lenses of the tuned-lens package are read"]
    case .doesNotFit: ["the lens was trained for another model; its config.json names that model"]
    case .attentionRows: ["use the rows 'blocks', or no tuned lens"]
    case .withoutNorm: ["use the norm 'final', or no tuned lens"]
    }
  }
}
