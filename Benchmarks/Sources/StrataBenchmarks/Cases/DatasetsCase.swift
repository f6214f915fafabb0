import Foundation

/// Many short prompts with a target and a foil, scored at every layer by the whole program.
enum DatasetsCase: BenchmarkCase {
  static let name = "datasets"
  static let summary = "'strata dataset' as a process: 600 short prompts, every layer; small models only"

  private static let prompts = 600
  /// Bytes of a file; larger models would take minutes.
  private static let largest = 1e9

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    try context.models.flatMap { path -> [Measurement] in
      let model = try BenchmarkModel(path: path)
      guard model.fileBytes <= largest else { return [] }
      return try context.withFolder { folder in try run(model, context, in: folder) }
    }
  }

  private static func run(
    _ model: BenchmarkModel, _ context: BenchmarkContext, in folder: URL
  ) throws -> [Measurement] {
    let (file, output) = (folder.appendingPathComponent("items.csv"), folder.appendingPathComponent("summary.json"))
    try items.write(to: file, atomically: true, encoding: .utf8)
    let command = [
      context.strata, "dataset", file.path, "--model", model.path, "--foil", "foil", "--first-token",
      "--format", "json", "--threads", "\(context.threads)", "--quiet", "-o", output.path,
    ]
    let environment = try context.cacheWithModels(in: folder)
    let kept = folder.appendingPathComponent("cache/strata/datasets")
    func once() throws -> Child {
      if FileManager.default.fileExists(atPath: kept.path) { try FileManager.default.removeItem(at: kept) }
      return try Child.run(command, environment: environment)
    }
    _ = try once()
    let first = try Data(contentsOf: output)
    try check(first.count > 1000, "\(model.name): the summary has \(first.count) bytes only")
    var peaks: [Double] = []
    let timing = try context.told {
      let child = try once()
      try check(try Data(contentsOf: output) == first, "\(model.name): two runs wrote other bytes")
      peaks.append(child.peak)
      return child.seconds
    }
    let what = "\(model.name): \(prompts) prompts with target and foil"
    return [
      .duration(what, timing),
      Measurement("\(what): peak resident memory", unit: "MB", values: peaks.map { $0 / 1e6 }),
    ]
  }

  /// The items; peers/transformers_dataset.py makes the same ones.
  private static var items: String {
    let lines = (0..<prompts).map { "\(BenchmarkModel.sentence(words: 4 + $0 % 9, first: 7 * $0)), is, are" }
    return (["prompt,target,foil"] + lines).joined(separator: "\n") + "\n"
  }
}
