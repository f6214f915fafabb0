import Models
import Words
import Yams

/// Checkpoints of one training run: a text that stands for several, or a list.
struct SpecCheckpoints: SpecType {
  /// In the order of their steps; nil after a report.
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [SpecCheckpoint]? {
    reader.checkpoints(node, called: name)
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "revisions in braces, a pattern of paths, or a list of names, paths and mappings"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    let one = SpecText.schema
    return ["anyOf": [one, .list(of: ["anyOf": [one, .reference(to: .checkpoint)]])]]
  }
}

/// A checkpoint that a spec names.
struct SpecCheckpoint: Equatable, Sendable {
  /// Where it comes from.
  var reference: ModelReference
  /// How far the training had come.
  var step: Int
}
