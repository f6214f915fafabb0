import Engine
import Foundation
import Words

/// Which files of a repository a model is read from.
package struct HubSelection: Equatable {
  /// Paths in the repository.
  var files: [String]
  /// The GGUF file, the first of several parts; nil for a folder of safetensors or pickled weights.
  var gguf: String?

  /// A single file that is asked for; nil for a model or an adapter.
  var single: String?

  /// What the repository should hold.
  enum Purpose: Sendable, Equatable {
    case model, adapter
    /// One file by its path, or the one `.pt` file in a folder.
    case file(String)

    /// "model", for messages.
    var noun: String {
      switch self {
      case .model: "model"
      case .adapter: "adapter"
      case .file: "lens"
      }
    }
  }

  /// Chooses a file.
  ///
  /// - Throws: `Diagnostic` that lists what there is.
  private init(file wanted: String, of names: [String], for reference: HubReference) throws(Diagnostic) {
    let inFolder = names.filter { $0.hasPrefix(wanted + "/") && $0.hasSuffix(".pt") }.sorted()
    guard let file = names.contains(wanted) ? wanted : inFolder.count == 1 ? inFolder[0] : nil else {
      let others = inFolder.isEmpty ? names.filter { $0.hasSuffix(".pt") }.sorted() : inFolder
      throw Self.problem(
        reference, inFolder.isEmpty ? "has no file '\(wanted)'" : "has several lenses in '\(wanted)'",
        others.isEmpty
          ? [] : [Suggestion.hint(for: wanted, among: others, called: "lenses")])
    }
    single = file
    files = [file]
  }

  /// Chooses an adapter's files: those that PEFT saves, else a GGUF file.
  ///
  /// - Throws: `Diagnostic` that lists what there is.
  private init(adapter names: [String], for reference: HubReference) throws(Diagnostic) {
    let top = names.filter { !$0.hasSlash }
    if reference.quantization == nil, top.contains("adapter_config.json"),
      let weights = ["adapter_model.safetensors", "adapter_model.bin"].first(where: top.contains)
    {
      files = ["adapter_config.json", "README.md"].filter(top.contains) + [weights]
      return
    }
    let found = names.filter(Self.isModel).sorted()
    let wanted = reference.quantization
    guard let file = found.first(where: { name in wanted.map { Self.matches(name, $0) } ?? true }),
      wanted != nil || found.count == 1
    else {
      throw Self.problem(
        reference, "has no adapter: neither adapter_config.json with its weights, nor a GGUF file that is asked for",
        ["files there: " + top.prefix(12).joined(separator: ", ")])
    }
    gguf = file
    files = ["README.md"].filter(top.contains) + [file]
  }

  /// Chooses for a purpose.
  ///
  /// - Throws: `Diagnostic` that lists what there is.
  init(_ names: [String], for reference: HubReference, purpose: Purpose) throws(Diagnostic) {
    switch purpose {
    case .adapter: try self.init(adapter: names, for: reference)
    case .file(let path): try self.init(file: path, of: names, for: reference)
    case .model: try self.init(names, for: reference)
    }
  }

  /// Chooses among the paths of a repository.
  ///
  /// Safetensors come first, then `pytorch_model.bin`, as in transformers. A GGUF file is chosen when a quantization is named
  /// or when there are no other weights: then Q4_K_M, Q8_0 or the first, as in llama.cpp.
  /// - Throws: `Diagnostic` that lists what there is.
  package init(_ names: [String], for reference: HubReference) throws(Diagnostic) {
    let top = names.filter { !$0.hasSlash }
    if reference.quantization == nil {
      var weights = try Self.safetensors(top, reference)
      if weights == nil { weights = try Self.pickled(top, reference) }
      if let weights {
        // The README for the licence that it names.
        files =
          TokenizerFolder.companions(of: top) + ChatTemplates.files(of: names) + ["README.md"].filter(top.contains)
          + weights.sorted()
        return
      }
    }
    let found = names.filter(Self.isModel).sorted()
    guard !found.isEmpty else {
      if top.contains("adapter_config.json") {
        throw Self.problem(
          reference, "holds an adapter, expected a model",
          ["give the model, and this as its adapter: --model MODEL --adapter \(reference.text)"])
      }
      let others = OtherWeights.found(in: top)
      throw Self.problem(
        reference,
        "has neither safetensors, pytorch_model.bin nor GGUF files"
          + (others.isEmpty ? "" : ", but weights for " + others.map(\.name).joined(separator: " and ")),
        (others.isEmpty ? [] : ["look for a conversion on the hub"]) + others.map { "\($0.name): \($0.advice)" }
          + ["files there: " + top.prefix(12).joined(separator: ", ")])
    }
    let file: String
    if let wanted = reference.quantization {
      guard let match = found.first(where: { Self.matches($0, wanted) }) else {
        throw Self.problem(
          reference, "has no GGUF file of the quantization '\(wanted)'",
          [Suggestion.hint(for: wanted, among: Self.quantizations(found), called: "quantizations")])
      }
      file = match
    } else {
      file =
        found.first { Self.matches($0, "Q4_K_M") } ?? found.first { Self.matches($0, "Q8_0") } ?? found[0]
    }
    gguf = file
    var parts = [file]
    if let numbered = GGUFParts(file) {
      parts = numbered.all
      if let missing = parts.first(where: { !names.contains($0) }) {
        throw Self.problem(
          reference, "has this quantization in \(numbered.count) parts, but '\(missing)' is missing")
      }
    }
    files = ["README.md"].filter(top.contains) + parts
  }

  /// The files of weights in safetensors; nil when there are none.
  private static func safetensors(_ top: [String], _ reference: HubReference) throws(Diagnostic) -> [String]? {
    let weights =
      top.contains("model.safetensors")
      ? ["model.safetensors"]
      : top.filter { $0 == "model.safetensors.index.json" || $0.firstMatch(of: Self.shard) != nil }
    guard weights.contains(where: { $0.hasSuffix(".safetensors") }) else { return nil }
    guard top.contains("config.json") else {
      throw problem(reference, "has safetensors but no config.json, which says what the model is")
    }
    try checkShards(weights, reference)
    return weights
  }

  /// The files of weights that PyTorch wrote; nil when there are none, or no config.json.
  private static func pickled(_ top: [String], _ reference: HubReference) throws(Diagnostic) -> [String]? {
    guard top.contains("config.json") else { return nil }
    if top.contains("pytorch_model.bin") { return ["pytorch_model.bin"] }
    guard top.contains("pytorch_model.bin.index.json") else { return nil }
    let parts = top.compactMap { $0.wholeMatch(of: /pytorch_model-\d{5}-of-(\d{5})\.bin/) }
    guard let count = parts.first.flatMap({ Int($0.1) }) else { return nil }
    guard parts.count == count else {
      throw problem(reference, "has \(parts.count) of \(count) parts of the weights")
    }
    return ["pytorch_model.bin.index.json"] + parts.map { String($0.0) }
  }

  nonisolated(unsafe) private static let shard = /^model-(\d{5})-of-(\d{5})\.safetensors$/

  /// Checks that all parts of sharded weights are listed.
  private static func checkShards(_ weights: [String], _ reference: HubReference) throws(Diagnostic) {
    let shards = weights.compactMap { $0.firstMatch(of: shard) }
    guard let count = shards.first.flatMap({ Int($0.2) }) else { return }
    guard shards.count == count, weights.contains("model.safetensors.index.json") else {
      throw problem(reference, "has \(shards.count) of \(count) parts of the weights, or no index of them")
    }
  }

  /// Model weights, as opposed to projectors and importance matrices.
  private static func isModel(_ name: String) -> Bool {
    let lower = name.lowercased()
    return lower.hasSuffix(".gguf") && !["mmproj", "imatrix", "draft"].contains { lower.contains($0) }
      // The first part stands for the later ones.
      && (GGUFParts(name)?.number ?? 1) == 1
  }

  /// Whether a file's name contains the quantization, between separators.
  private static func matches(_ name: String, _ quantization: String) -> Bool {
    let lower = name.lowercased()
    let wanted = quantization.lowercased()
    return lower.ranges(of: wanted).contains { range in
      let before = range.lowerBound == lower.startIndex ? "-" : lower[lower.index(before: range.lowerBound)]
      let after = range.upperBound == lower.endIndex ? "." : lower[range.upperBound]
      return "-._/".contains(before) && ".-/".contains(after)
    }
  }

  /// The quantizations named in the file names.
  private static func quantizations(_ names: [String]) -> [String] {
    names.map { name in
      let stem = name.dropLast(".gguf".count)
      return stem.split(whereSeparator: { "-./".contains($0) }).last { part in
        part.lowercased().firstMatch(of: /^(i?q\d|f16|f32|bf16|tq\d|mxfp4)/) != nil
      }.map(String.init) ?? String(stem)
    }.uniqued
  }

  private static func problem(_ reference: HubReference, _ message: String, _ hints: [String] = []) -> Diagnostic {
    Diagnostic(place: reference.text, "the repository \(message)", hints: hints, category: .badInput)
  }
}
