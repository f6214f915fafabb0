import Traces

/// The identity of a model for traces, given by the caller that found its files.
public struct ModelIdentity: Sendable, Equatable {
  /// The name shown in figures.
  public var name: String
  /// SHA-256 over the content files, hex.
  public var sha256: String
  /// As its publisher names it.
  public var license: String?
  /// Where it comes from.
  public var source: String?

  /// A model by its name and the digest of its files; licence and origin if known.
  public init(name: String, sha256: String, license: String? = nil, source: String? = nil) {
    self.name = name
    self.sha256 = sha256
    self.license = license
    self.source = source
  }

  /// A model by its name and the digest of what `files` holds; reads every byte of it.
  ///
  /// - Throws: `FileError` for a file that cannot be read.
  public init(name: String, contentOf files: any ModelFiles) throws {
    let digests = try files.contentPaths.map { path in
      let file = path.split(separator: "/").last.map(String.init) ?? path
      return (name: file, digest: try SHA256.hex(ofFile: path))
    }
    self.init(name: name, sha256: SHA256.combined(digests))
  }
}

/// An opened language model: its network in the memory map, its tokenizer, its identity.
///
/// Opening reads the configuration, the vocabulary and the norms; matrices stay in the file until used.
public final class LanguageModel: Sendable {
  /// Its identity.
  public let identity: ModelIdentity
  /// The family's name: "Llama".
  public let architecture: String
  /// L, number of blocks; of an encoder-decoder model those of the decoder.
  public let layers: Int
  /// Longest text in tokens.
  public let context: Int
  /// The setting of its files that states it; nil where its network takes less, and where nothing states it.
  let contextSetting: String?
  /// Number format of the weights: "Q4_1", "Q4_K_M", "F32".
  public let weights: String
  /// Its tokenizer.
  public let tokenizer: any Tokenizer
  /// Settings of its files that are not followed because the user accepted it.
  public let acceptedSettings: [SettingAccount]
  /// The user's choice whether texts begin with BOS.
  public let bos: BOSChoice
  /// The adapter whose changes are added to its products.
  public let adapter: Adapter?
  let network: Network
  private let files: any ModelFiles

  /// What the user should know about how it was opened.
  public var notes: [ModelNote] { files.notes.all }

  /// Whether the files have a tensor, by its name in them: one of which the output alone is opened may lack others.
  func holds(_ tensor: String) -> Bool { files.tensors[tensor] != nil }
  /// Whether it fills in masked tokens of a text instead of continuing it.
  public var fillsMasks: Bool { if case .maskedToken = network.objective { true } else { false } }
  /// The token that hides another one, as it is written in a prompt; nil where its files name none.
  public var mask: String? { tokenizer.specialTokens["mask_token"] }
  /// Whether an encoder reads the prompt, and a decoder writes.
  public var hasEncoder: Bool { network.encoder != nil }
  /// The first token of every text of an encoder-decoder model's decoder; nil for a model without an encoder.
  var decoderStart: Int? { network.encoder?.decoderStart }
  /// What keeps the parts of the model from being told apart by `attribute` and `patch`, and changed by `changes`, as a message puts it; nil where they can be.
  var partsLacking: String? {
    // The sums of parts and the runs from within a network are those of decoders with one stream.
    if hasEncoder || fillsMasks { return "one with an encoder" }
    if network.embedding.streams != nil || network.embedding.hyper != nil {
      return "one whose blocks pass on several streams"
    }
    if network.stack.passesOnMore { return "one whose blocks pass on further states" }
    if network.blocks.contains(where: { $0.keptOutputs > 0 }) {
      return "one whose blocks mix outputs of neighbouring tokens"
    }
    return network.output.activation == nil ? nil : "one whose head has an activation"
  }
  /// How every setting of its files is used.
  public var settings: [SettingAccount] { files.ledger.accounts(family: files.architecture) }

  /// D, width of the residual stream.
  public var width: Int { network.width }
  /// V, rows of the head.
  public var vocabulary: Int { network.vocabulary }
  /// Rows at the head's end without a token: the vocabulary was padded to a round number (Pythia, Phi).
  public var padding: Int { max(0, network.vocabulary - tokenizer.vocabularySize) }

  /// Rows of the head that count in ranks and probabilities.
  ///
  /// Rows without a token are left out, except in the raw lens, because Ecco counts them.
  func counted(_ norm: Trace.Lens.Norm) -> Int {
    switch norm {
    // The opposite exists too: tokens without a row, which were added for images and never trained.
    case .final: min(tokenizer.vocabularySize, network.vocabulary)
    case .none: network.vocabulary
    }
  }

  /// Opens a `.gguf` file or a folder of safetensors.
  ///
  /// - Parameters:
  ///   - path: The file or folder.
  ///   - identity: Who it is, for its traces.
  ///   - options: What the user decides about it.
  ///   - adapter: What is added to its products.
  /// - Throws: an `EngineError` when the files are damaged, of an unknown architecture, format or tokenizer, or when a
  ///   tensor is missing or left over.
  public static func open(
    path: String, identity: ModelIdentity, options: ModelOptions = ModelOptions(), adapter: Adapter? = nil
  ) throws -> LanguageModel {
    try LanguageModel(try openModelFiles(path: path), identity: identity, options: options, adapter: adapter)
  }

  /// Makes a model of opened files.
  ///
  /// - Parameters:
  ///   - base: The opened files, of this model alone.
  ///   - identity: Who it is, for its traces.
  ///   - options: What the user decides about it.
  ///   - adapter: What is added to its products.
  /// - Throws: an `EngineError`, as `open(path:identity:options:adapter:)` does.
  public convenience init(
    _ base: any ModelFiles, identity: ModelIdentity, options: ModelOptions = ModelOptions(), adapter: Adapter? = nil
  ) throws {
    try self.init(
      base, as: Architecture.of(base), type: base.architecture, identity: identity, options: options, adapter: adapter)
  }

  /// The same as a family that the files need not name; `type` decides which settings are known to change nothing.
  ///
  /// With `outputAlone` the tensors of blocks are not read and may be missing; such a model must not run. `advises` has an error say
  /// whether it helps to accept a setting.
  init(
    _ base: any ModelFiles, as family: Architecture, type: String, identity: ModelIdentity,
    options: ModelOptions = ModelOptions(), adapter: Adapter? = nil, outputAlone: Bool = false, advises: Bool = true
  ) throws {
    let whole: any ModelFiles = try adapter.map { try AdaptedFiles(base, $0, identity: identity) } ?? base
    let files = outputAlone ? OutputFiles(whole) : whole
    let (settings, network): (ModelSettings, Network)
    do {
      (settings, network) = try LanguageModel.network(of: family, files, options, adapter)
    } catch LoadError.badSetting(let key, let path, let found, let expected)
      where advises && LanguageModel.leadsFurther(without: key, base, family, options, outputAlone: outputAlone)
    {
      throw LoadError.badSettingToAccept(key: key, path: path, found: found, expected: expected)
    }
    // Every id that the head can give is looked up among the embeddings.
    let embeddings = network.embedding.tokens
    guard embeddings.rows >= network.vocabulary else {
      throw LoadError.badShape(
        tensor: embeddings.name, path: files.path, found: [embeddings.rows, embeddings.columns],
        expected: "\([network.vocabulary, embeddings.columns]), a row for each row of the head")
    }
    let tokenizer = try openTokenizer(files: base, options: options)
    files.ledger.refuseFalse(SwitchedPart.keysOfParts(of: network))
    let accepted = try LanguageModel.account(for: files, type: type, options)
    self.identity = identity
    self.files = files
    self.network = network
    self.tokenizer = tokenizer
    architecture = family.name
    layers = network.blocks.count
    context = network.longestText(settings.context)
    contextSetting = context == settings.context ? settings.contextSetting(family.settings) : nil
    weights = try WeightsLabel.of(base)
    acceptedSettings = accepted
    bos = options.bos
    self.adapter = adapter
  }

  /// The network that a family builds from the files; a refused setting that the user accepts counts as absent.
  private static func network(
    of family: Architecture, _ files: any ModelFiles, _ options: ModelOptions, _ adapter: Adapter?
  ) throws -> (ModelSettings, Network) {
    var hidden: Set<String> = []
    while true {
      do {
        let settings = try ModelSettings(files, names: family.settings)
        let loader = WeightLoader(files)
        var network = try family.network(settings, loader)
        try loader.finish()
        try network.output.require(in: files, without: loader.absentMatrices)
        if let adapter {
          var fitting = try AdapterFitting(adapter, files: files, names: loader.names)
          try fitting.fit(&network)
        }
        return (settings, network)
      } catch LoadError.badSetting(let key, _, _, _)
        where options.acceptedSettings.contains(key) && hidden.insert(key).inserted
      {
        files.configuration.hide(key)
        files.ledger.accept(key)
      }
    }
  }

  /// Whether a model opens, or is refused for another setting, when one that is refused counts as absent.
  private static func leadsFurther(
    without key: String, _ base: any ModelFiles, _ family: Architecture, _ options: ModelOptions, outputAlone: Bool
  ) -> Bool {
    guard !options.acceptedSettings.contains(key), let fresh = try? openModelFiles(path: base.path) else {
      return false
    }
    fresh.configuration.hide(key)
    do {
      _ = try network(of: family, outputAlone ? OutputFiles(fresh) : fresh, options, nil)
      return true
    } catch LoadError.badSetting(let other, _, _, _) {
      return other != key
    } catch {
      return false
    }
  }

  /// Accounts for every setting; returns those that are not followed and that the user accepts.
  private static func account(
    for files: any ModelFiles, type family: String, _ options: ModelOptions
  ) throws -> [SettingAccount] {
    for account in files.ledger.accounts(family: family)
    where account.outcome == .refused && options.acceptedSettings.contains(account.key) {
      files.ledger.accept(account.key)
    }
    try files.ledger.finish(family: family, path: files.path)
    let accepted = files.ledger.accounts(family: family).filter { $0.outcome == .accepted }
    if let none = options.acceptedSettings.first(where: { key in !accepted.contains { $0.key == key } }) {
      throw LoadError.nothingToAccept(key: none, path: files.path)
    }
    return accepted
  }

  /// Has the kernel read the weights in the background, in the order of use; returns at once.
  func readAhead() { ReadAhead(files).begin(owner: files) }

  /// The first stored matrix value that is not a finite number, as an error that names it; reads every weight.
  func nonFiniteWeight() -> LoadError? {
    for name in files.tensors.keys.sorted() {
      guard let tensor = files.tensors[name], tensor.shape.count == 2,
        let matrix = try? WeightMatrix(tensor, transposed: false, owner: files),
        let place = matrix.firstNonFinite()
      else { continue }
      return .nonFinite(
        tensor: name, path: tensor.path, index: "[\(place.row), \(place.column)]", value: place.value.plainDescription)
    }
    return adapter?.nonFiniteWeight()
  }
}
