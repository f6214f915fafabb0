/// The weight files of a Hugging Face folder, found by their names.
struct WeightFileNames {
  /// How weights are stored.
  struct Storage: Sendable, Equatable {
    /// "model.safetensors": all weights in one file.
    let single: String
    /// The index of weights in several files.
    let index: String
    /// The ending of weight files.
    let ending: String
    /// The beginning of the names of several files.
    let part: String

    static let safetensors = Storage(
      single: "model.safetensors", index: "model.safetensors.index.json", ending: ".safetensors", part: "model-")
    static let torch = Storage(
      single: "pytorch_model.bin", index: "pytorch_model.bin.index.json", ending: ".bin", part: "pytorch_model-")

    /// In the order of transformers: formats without pickles come first.
    static let all = [safetensors, torch]
  }

  let storage: Storage
  /// The files, sorted.
  let files: [String]
  /// The index among them, if there is one and it is used.
  var index: String?
  /// Whether the files were found by their numbers, without an index.
  var isNumbered = false

  /// Chooses among the names in a folder: one file, else an index, else all files of a numbered set, else the only file.
  ///
  /// - Returns: nil when no file looks like weights of a Hugging Face model.
  /// - Throws: `ModelFolderError.severalWeights` when the choice is unclear, `.incompleteParts` for a gap in a numbered set.
  static func choose(_ names: [String], folder: String) throws(ModelFolderError) -> WeightFileNames? {
    for storage in Storage.all {
      if names.contains(storage.single) { return WeightFileNames(storage: storage, files: [storage.single]) }
      if names.contains(storage.index) { return WeightFileNames(storage: storage, files: [], index: storage.index) }
      let parts = names.filter { $0.hasPrefix(storage.part) && $0.hasSuffix(storage.ending) }
      if let set = completeSet(parts, storage) {
        return WeightFileNames(storage: storage, files: set, isNumbered: true)
      }
      if let count = parts.lazy.compactMap({ numberOfParts($0, storage) }).max(), count > 1 {
        throw .incompleteParts(path: folder, found: parts, count: count)
      }
      // A .bin of another name may be any kind of file.
      let others =
        storage == .safetensors
        ? names.filter { $0.hasSuffix(storage.ending) && !OtherWeights.isOriginalLayout($0) } : parts
      guard others.count < 2 else { throw .severalWeights(path: folder, names: others) }
      if let only = others.first { return WeightFileNames(storage: storage, files: [only]) }
    }
    return nil
  }

  /// All files `model-0000i-of-0000n` of one n; nil when one is missing or there are others.
  private static func completeSet(_ parts: [String], _ storage: Storage) -> [String]? {
    guard let first = parts.first, let count = numberOfParts(first, storage), count > 1, count == parts.count else {
      return nil
    }
    let expected = (1...count).map { storage.part + padded($0) + "-of-" + padded(count) + storage.ending }
    return parts.sorted() == expected ? expected : nil
  }

  /// The n of a name like `model-0000i-of-0000n.safetensors`.
  private static func numberOfParts(_ name: String, _ storage: Storage) -> Int? {
    guard let match = name.dropFirst(storage.part.count).wholeMatch(of: /\d{5}-of-(\d{5})(\..*)/),
      match.2 == storage.ending
    else { return nil }
    return Int(match.1)
  }

  private static func padded(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
  }
}

/// Weights in unsupported forms, with advice for messages.
public struct OtherWeights: Sendable {
  /// The program of the form.
  public let name: String
  /// What to do.
  public let advice: String
  private let matches: @Sendable (String) -> Bool

  /// The known ones.
  public static let all: [OtherWeights] = [
    OtherWeights(
      name: "the layout of Mistral's or Meta's own programs",
      advice: "fetch the files that transformers reads: model*.safetensors with config.json and the tokenizer",
      matches: isOriginalLayout),
    OtherWeights(
      name: "TensorFlow",
      advice: "convert it with transformers 4: from_pretrained(FOLDER, from_tf=True).save_pretrained(NEW)"
    ) { $0.hasSuffix(".h5") || $0.hasPrefix("model.ckpt") || $0 == "saved_model.pb" },
    OtherWeights(
      name: "Flax",
      advice: "convert it with transformers 4: from_pretrained(FOLDER, from_flax=True).save_pretrained(NEW)"
    ) { $0.hasSuffix(".msgpack") },
    OtherWeights(
      name: "ONNX",
      advice: "an ONNX file is a program made from a model; fetch the model itself, as safetensors or GGUF"
    ) { $0.hasSuffix(".onnx") || $0.hasSuffix(".onnx_data") },
    OtherWeights(
      name: "PyTorch",
      advice:
        "a state dictionary is read when it is called pytorch_model.bin and config.json is beside it; anything else: load it in"
        + " PyTorch and save it with save_pretrained"
    ) { $0.hasSuffix(".pt") || $0.hasSuffix(".pth") || $0.hasSuffix(".bin") || $0.hasSuffix(".ckpt") },
    OtherWeights(name: "NumPy", advice: "convert it to safetensors with config.json") { $0.hasSuffix(".npz") },
  ]

  /// The distinct forms found among names.
  public static func found(in names: [String]) -> [OtherWeights] {
    // A name counts for the first form that matches it.
    let places = names.compactMap { name in all.firstIndex { $0.matches(name.lowercased()) } }
    return Set(places).sorted().map { all[$0] }
  }

  /// Whether a file is of the layout in which Mistral and Meta publish weights beside those for transformers.
  static func isOriginalLayout(_ name: String) -> Bool { name.hasPrefix("consolidated") }
}
