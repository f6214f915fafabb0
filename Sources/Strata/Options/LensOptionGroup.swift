import ArgumentParser
import Models

/// The fitted lens that a command looks through.
struct LensOptionGroup: ParsableArguments, GivenOptions {
  @Option(
    help: ArgumentHelp(
      "Use a tuned lens: a folder that holds config.json and params.pt or safetensors.", valueName: "folder"))
  var tunedLens: String?

  @Option(
    help: ArgumentHelp("Use a Jacobian lens: its file, or org/name:PATH on the hub.", valueName: "file"))
  var jacobianLens: String?

  /// The lens; nil for the logit lens.
  var value: LensReference? { tunedLens.map { .tuned($0) } ?? jacobianLens.map { .jacobian($0) } }

  /// Where it is read from, as far as that is a path.
  var files: [String?] { [tunedLens, jacobianLens] }

  var given: [String] {
    [("--tuned-lens", tunedLens != nil), ("--jacobian-lens", jacobianLens != nil)].names
  }

  func validate() throws {
    if tunedLens != nil, jacobianLens != nil {
      throw ValidationError("--tuned-lens and --jacobian-lens are two lenses: use one of them")
    }
  }
}
