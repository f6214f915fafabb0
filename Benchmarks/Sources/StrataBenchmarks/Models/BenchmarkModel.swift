import Engine
import Foundation
import Traces

/// A model file that is timed: opened, with the amount of work that its passes are.
struct BenchmarkModel {
  let path: String
  let model: LanguageModel
  /// Bytes of all weights that a decoding step reads: everything but tables from which rows are picked.
  let bytesPerStep: Double
  /// Bytes of the whole file.
  let fileBytes: Double
  /// Values of the blocks' matrices: a token costs two operations for each.
  private let blockValues: Double

  /// The file's name.
  var name: String { URL(fileURLWithPath: path).lastPathComponent }

  /// Opens a GGUF file.
  ///
  /// - Throws: an `EngineError`.
  init(path: String) throws {
    let files = try openModelFiles(path: path)
    let tensors = files.tensors.values
    let isTied = files.tensors["output.weight"] == nil
    let picked = Set(["position_embd.weight"] + (isTied ? [] : ["token_embd.weight"]))
    bytesPerStep = tensors.filter { !picked.contains($0.name) }.reduce(0) { $0 + Double($1.bytes.count) }
    blockValues = tensors.filter { $0.name.hasPrefix("blk.") && $0.shape.count == 2 }
      .reduce(0) { $0 + Double($1.elements) }
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    fileBytes = (attributes[.size] as? NSNumber)?.doubleValue ?? 0
    model = try LanguageModel.open(path: path, identity: BenchmarkModel.identity)
    self.path = path
  }

  /// Who a model is does not matter here.
  static let identity = ModelIdentity(name: "benchmark", sha256: String(repeating: "0", count: 64))

  /// Operations of products with the head for one state.
  var headOperations: Double { 2 * Double(model.width) * Double(model.vocabulary) }

  /// Operations of products with weights when `tokens` tokens are run and the model says what comes after the last.
  ///
  /// Attention comes on top; for 512 tokens it is some percent.
  func prefillOperations(_ tokens: Int) -> Double { 2 * Double(tokens) * blockValues + headOperations }

  /// Operations of the lens for `columns` positions, every layer.
  func lensOperations(_ columns: Int) -> Double { headOperations * Double(columns * (model.layers + 1)) }

  /// A text of exactly `tokens` tokens that begins with the word at `first` of a list.
  ///
  /// - Throws: `CheckFailed` when no text of these words is so long.
  func text(tokens: Int, first: Int = 0) throws -> String {
    let words = BenchmarkModel.words
    var text = words[first % words.count].capitalized
    var next = first + 1
    var misses = 0
    while misses < words.count {
      let count = try model.tokenizer.encode(text, addSpecialTokens: true).count
      if count == tokens { return text }
      let longer = text + " " + words[next % words.count]
      next += 1
      if try model.tokenizer.encode(longer, addSpecialTokens: true).count <= tokens {
        text = longer
        misses = 0
      } else {
        misses += 1
      }
    }
    throw CheckFailed("\(name): found no text of \(tokens) tokens")
  }

  /// So many words that begin with the word at `first` of the list.
  static func sentence(words count: Int, first: Int) -> String {
    let chosen = (0..<count).map { words[(first + $0) % words.count] }
    return chosen[0].capitalized + chosen.dropFirst().map { " " + $0 }.joined()
  }

  /// Each once: texts that begin with different ones have no beginning in common.
  private static let words = """
    all of the people who live in this town know that its river runs from north to south and most bridges were made by \
    hand long before any road came here but few can say when or how so many stones could have been found on such flat \
    land where even now after heavy rain each field is under water for days while houses stand dry as they always did
    """.split(separator: " ").map(String.init)
}
