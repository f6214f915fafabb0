/// A step of a build: a value that turns its input into its output.
///
/// What it did is in what it returns. Progress is shown to people while it works; no other step listens to it.
protocol BuildStage {
  associatedtype Input
  associatedtype Output
  func run(_ input: Input) throws -> Output
}
