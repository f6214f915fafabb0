import Foundation

/// Whole galleries: the example article, and a hundred cells.
enum BuildsCase: BenchmarkCase {
  static let name = "builds"
  static let summary = "'strata build' and 'check' as processes: the example article, twice, then checked; 100 cells"

  static func run(_ context: BenchmarkContext) throws -> [Measurement] {
    let article = try (0...context.runs).map { _ in
      try context.withFolder { folder in
        let build = try Build(context, spec: "examples/article.yaml", in: folder)
        let (first, second) = (try build.run(), try build.run())
        return (first: first, second: second, check: try build.compare())
      }
    }.dropFirst()
    let hundred = try context.withFolder { folder in
      let spec = folder.appendingPathComponent("hundred.yaml")
      try hundredCells.write(to: spec, atomically: true, encoding: .utf8)
      let build = try Build(context, spec: spec.path, in: folder)
      let first = try build.run()
      return (first: first, second: try context.told { try build.run().seconds })
    }
    return [
      .duration("article, models cached, nothing else", Timing(article.map(\.first.seconds))),
      Measurement(
        "article, models cached, nothing else: peak resident memory", unit: "MB",
        values: article.map { $0.first.peak / 1e6 }),
      .duration("article, a second time", Timing(article.map(\.second.seconds))),
      .duration("article, checked", Timing(article.map(\.check.seconds))),
      .duration("100 cells, models cached, nothing else", Timing([hundred.first.seconds])),
      .duration("100 cells, a second time", hundred.second),
    ]
  }

  /// A hundred prompts with a figure each.
  private static var hundredCells: String {
    let prompts = (1...100).map { "  - {id: n\($0), text: \"After \($0) comes\", generate: 1}" }
    return """
      title: A hundred cells
      models:
        SmolLM2 135M Instruct: smollm2-135m
      prompts:
      \(prompts.joined(separator: "\n"))
      figures:
        - top-tokens

      """
  }
}

/// Builds of one spec with a cache that has the user's models and nothing else.
private struct Build {
  private let spec: String
  /// What follows the name of the command and the spec.
  private let options: [String]
  private let strata: String
  private let environment: [String: String]
  private let page: URL

  init(_ context: BenchmarkContext, spec: String, in folder: URL) throws {
    let out = folder.appendingPathComponent("out")
    self.spec = spec
    options = ["--offline", "--quiet", "--threads", "\(context.threads)", "--out", out.path]
    strata = context.strata
    environment = try context.cacheWithModels(in: folder)
    let name = URL(fileURLWithPath: spec).deletingPathExtension().lastPathComponent
    page = out.appendingPathComponent("\(name)/index.html")
  }

  /// Builds once.
  ///
  /// - Throws: `CheckFailed` when it fails or there is no page.
  func run() throws -> Child {
    let child = try Child.run([strata, "build", spec] + options, environment: environment)
    guard FileManager.default.fileExists(atPath: page.path) else {
      throw CheckFailed("the build made no \(page.lastPathComponent)")
    }
    return child
  }

  /// Compares what was built with a new build.
  ///
  /// - Throws: `CheckFailed` when a build now writes something else.
  func compare() throws -> Child {
    try Child.run([strata, "check", spec] + options, environment: environment)
  }
}
