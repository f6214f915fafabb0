/// A step of a build: a value that turns its input into its output.
///
/// Its output says what it did. Progress is only shown to people; no other step listens to it.
protocol BuildStage {
  associatedtype Input
  associatedtype Output
  func run(_ input: Input) throws -> Output
}
