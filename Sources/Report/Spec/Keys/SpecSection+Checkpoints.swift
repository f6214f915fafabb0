import Words

// The table of keys: an entry of the checkpoints of a model.

extension SpecSection {
  /// An entry of `checkpoints` that is a mapping.
  static let checkpoint = SpecSection(
    name: "checkpoints",
    doc: "A checkpoint with its step; where its name tells the step, the name or path alone stands for the mapping.",
    keys: [Checkpoint.step, Checkpoint.path, Checkpoint.name, Checkpoint.traces],
    alternatives: [
      SpecAlternatives(keys: [Checkpoint.path.name, Checkpoint.name.name, Checkpoint.traces.name], isNeeded: true)
    ], namesOwner: true)

  enum Checkpoint {
    static let step = SpecKey(
      "step", SpecInteger(0...TrainingStep.largest), .required, example: "4000", "How far the training had come.")
    static let path = SpecKey(
      "path", SpecText(noun: "a path"), example: "../runs/best",
      "A GGUF file or a folder of weights, relative to the spec's folder. `path`, `name` or `traces` is required.")
    static let name = SpecKey(
      "name", SpecModelReference(), example: "org/name@main", "A model of the catalog or of a hub.")
    static let traces = SpecKey(
      "traces", SpecText(noun: "the path of a folder"), example: "./from-the-cluster/step4000",
      "A folder of traces and summaries that the checkpoint gave elsewhere.")
  }
}
