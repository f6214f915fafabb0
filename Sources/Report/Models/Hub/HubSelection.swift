import Engine
import Foundation

/// Which files of a repository a model is read from.
struct HubSelection: Equatable {
  /// Paths in the repository.
  var files: [String]
  /// The one GGUF file; nil for a folder of safetensors.
  var gguf: String?

  /// What is read beside the weights, where it is there; the last for the licence it names.
  private static let companions = [
    "config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json",
    "special_tokens_map.json", "README.md",
  ]

  /// Chooses among the paths of a repository.
  ///
  /// Safetensors come first; a GGUF file is taken where a quantization is named, or there are no safetensors: then Q4_K_M, Q8_0 or the
  /// first, as llama.cpp chooses.
  /// - Throws: `Diagnostic` that lists what there is.
  init(_ names: [String], for reference: HubReference) throws(Diagnostic) {
    let top = names.filter { !$0.contains("/") }
    let weights =
      top.contains("model.safetensors")
      ? ["model.safetensors"]
      : top.filter { $0 == "model.safetensors.index.json" || $0.firstMatch(of: Self.shard) != nil }
    if reference.quantization == nil, weights.contains(where: { $0.hasSuffix(".safetensors") }) {
      guard top.contains("config.json") else {
        throw Self.problem(reference, "has safetensors but no config.json, which says what the model is")
      }
      try Self.checkShards(weights, reference)
      files = Self.companions.filter(top.contains) + weights.sorted()
      return
    }
    let found = names.filter(Self.isModel).sorted()
    guard !found.isEmpty else {
      let isPickled = top.contains { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }
      throw Self.problem(
        reference, "has neither safetensors nor GGUF files" + (isPickled ? ", only pickled weights" : ""),
        isPickled
          ? [
            "look for a conversion on the hub, or convert it with transformers' save_pretrained(safe_serialization=True)"
          ]
          : ["files there: " + top.prefix(12).joined(separator: ", ")])
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
    if let parts = file.firstMatch(of: /-00001-of-(\d{5})\.gguf$/), parts.1 != "00001" {
      throw Self.problem(
        reference, "has this quantization in \(Int(parts.1) ?? 0) files, expected one",
        ["merge the parts with llama.cpp's `llama-gguf-split --merge`, or choose another quantization"])
    }
    gguf = file
    files = ["README.md"].filter(top.contains) + [file]
  }

  nonisolated(unsafe) private static let shard = /^model-(\d{5})-of-(\d{5})\.safetensors$/

  /// All parts of sharded weights must be there.
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
  }

  /// Whether a file's name has the quantization in it, between signs.
  private static func matches(_ name: String, _ quantization: String) -> Bool {
    let lower = name.lowercased()
    let wanted = quantization.lowercased()
    return lower.ranges(of: wanted).contains { range in
      let before = range.lowerBound == lower.startIndex ? "-" : lower[lower.index(before: range.lowerBound)]
      let after = range.upperBound == lower.endIndex ? "." : lower[range.upperBound]
      return "-._/".contains(before) && ".-".contains(after)
    }
  }

  /// The quantizations that file names speak of.
  private static func quantizations(_ names: [String]) -> [String] {
    names.map { name in
      let stem = name.split(separator: "/").last.map { $0.dropLast(".gguf".count) } ?? ""
      return stem.split(whereSeparator: { $0 == "-" || $0 == "." }).last { part in
        part.lowercased().firstMatch(of: /^(i?q\d|f16|f32|bf16|tq\d|mxfp4)/) != nil
      }.map(String.init) ?? String(stem)
    }.uniqued
  }

  private static func problem(_ reference: HubReference, _ message: String, _ hints: [String] = []) -> Diagnostic {
    Diagnostic(place: reference.text, "the repository \(message)", hints: hints, category: .badInput)
  }
}
