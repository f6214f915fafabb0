import Traces

/// A tuned lens: for each row but the last an affine map whose result is added to the state, h + W h + b.
///
/// The model's own norm and head follow, as in the logit lens. Belrose and others 2023. The format is that of the tuned-lens
/// package: a folder of `config.json` and `params.pt`, or the same tensors as safetensors. Translator i belongs to the input
/// of block i: 0 to the embedding, i to the output of block i - 1.
public final class TunedLens: Sendable {
  /// The name in its config.json of the model it was trained for.
  public let baseModel: String?
  /// SHA-256 over its files, hex.
  public let sha256: String
  /// The folder.
  public let path: String
  /// [L] maps of shape [D, D].
  let translators: [Projection]

  /// L, translators.
  public var layers: Int { translators.count }
  /// D, width of the states.
  public var width: Int { translators.first?.outputs ?? 0 }

  /// Opens a lens; matrices stay in the file until used.
  ///
  /// - Throws: `TunedLensError`, or `FileError`, `JSONError`, `TorchError`, `SafetensorsError` for its files.
  public init(path folder: String, sha256: String) throws {
    let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let paths = try TunedLens.contentPaths(of: folder)
    let config = try ConfigFile(path: paths.config)
    let (tensors, map) =
      paths.parameters.hasSuffix(".pt")
      ? try TunedLens.pickled(paths.parameters) : try TunedLens.safe(paths.parameters)
    if let type = try config.string("lens_type"), type != "linear_tuned_lens" {
      throw TunedLensError.unknownType(path: paths.config, found: type)
    }
    func count(_ key: String) throws -> Int {
      guard let value = try config.integer(key) else {
        throw ConfigurationError.missing(path: paths.config, key: key)
      }
      guard (1..<1 << 20).contains(value) else {
        throw TunedLensError.badCount(path: paths.config, key: key, found: value)
      }
      return value
    }
    let (width, layers) = (try count("d_model"), try count("num_hidden_layers"))
    let hasBias = try config.flag("bias") ?? true
    var left = Set(tensors.keys)
    func take(_ name: String, _ shape: [Int]) throws -> StoredTensor {
      guard let tensor = tensors[name] else { throw LoadError.missingTensor(name: name, path: paths.parameters) }
      guard tensor.shape == shape else {
        throw LoadError.badShape(tensor: name, path: paths.parameters, found: tensor.shape, expected: "\(shape)")
      }
      left.remove(name)
      return tensor
    }
    translators = try (0..<layers).map { layer in
      let weight = try take("\(layer).weight", [width, width])
      let bias = hasBias ? try take("\(layer).bias", [width]).values : nil
      return Projection(weights: try WeightMatrix(weight, transposed: false, owner: map), bias: bias)
    }
    guard left.isEmpty else { throw LoadError.unusedTensors(names: left.sorted(), path: paths.parameters) }
    baseModel = try config.string("base_model_name_or_path")
    path = folder
    self.sha256 = sha256
  }

  /// The files of a lens: its configuration and its parameters.
  ///
  /// - Throws: `FileError`, `TunedLensError`.
  public static func contentPaths(of folder: String) throws -> (config: String, parameters: String) {
    let names = try FolderListing.names(in: folder)
    guard names.contains("config.json") else { throw TunedLensError.noLens(path: folder, found: names) }
    let safe = names.filter { $0.hasSuffix(".safetensors") }
    guard safe.count < 2 else { throw ModelFolderError.severalWeights(path: folder, names: safe) }
    guard let parameters = safe.first ?? names.first(where: { $0 == "params.pt" }) else {
      throw TunedLensError.noLens(path: folder, found: names)
    }
    // Whoever asks for the files reads them, too.
    try ModelFile("\(folder)/config.json", as: .settings).checked()
    return ("\(folder)/config.json", "\(folder)/\(parameters)")
  }

  /// Checks that the lens fits a model.
  ///
  /// - Throws: `TunedLensError.doesNotFit`.
  func require(fits model: LanguageModel) throws(TunedLensError) {
    guard layers == model.layers, width == model.width else {
      throw .doesNotFit(
        path: path, model: model.identity.name, layers: model.layers, width: model.width, lensLayers: layers,
        lensWidth: width)
    }
  }

  /// Checks that the lens supports a request's rows and norm.
  ///
  /// - Throws: `TunedLensError.attentionRows`, `TunedLensError.withoutNorm`.
  func require(canShow request: TraceRequest) throws(TunedLensError) {
    if request.rows == .attention { throw .attentionRows(path: path) }
    if request.norm == .none { throw .withoutNorm(path: path) }
  }

  /// Adds the translators' results to the states of whole columns of `rows` states; the last state does not change.
  func apply(to states: FloatMatrix, columns: Int, rows: Int, pool: ThreadPool) {
    let gathered = FloatMatrix(rows: columns, columns: states.columns)
    let change = FloatMatrix(rows: columns, columns: states.columns)
    for (row, translator) in translators.enumerated() where row < rows - 1 {
      for column in 0..<columns {
        gathered.row(column).update(from: states.row(column * rows + row), count: states.columns)
      }
      translator.apply(gathered, count: columns, into: change, pool: pool)
      for column in 0..<columns { change.add(row: column, to: states.row(column * rows + row)) }
    }
  }

  private static func pickled(_ path: String) throws -> ([String: StoredTensor], any AnyObject & Sendable) {
    let checkpoint = try TorchCheckpoint(path: path)
    if let (name, type) = checkpoint.otherTensors.min(by: { $0.key < $1.key }) {
      throw TorchError.unsupportedType(path: path, tensor: name, type: type)
    }
    return (checkpoint.tensors, checkpoint.owner)
  }

  private static func safe(_ path: String) throws -> ([String: StoredTensor], any AnyObject & Sendable) {
    let shard = try SafetensorsShard(path: path)
    return (shard.tensors, shard.map)
  }
}
