import Traces

/// A model that was saved with a head that predicts no words.
enum OtherHead {
  /// Parts of the names of such classes in transformers.
  private static let kinds = [
    "Classification", "QuestionAnswering", "MultipleChoice", "NextSentencePrediction", "Reward", "Regression",
  ]

  /// Notes that the head of the class that config.json names is not run.
  ///
  /// A head for words may be there all the same, as the table of tokens that it shares with the embedding.
  static func note(_ config: ConfigFile, in notes: ModelNotes, at path: String) {
    let classes = config.unmarkedStrings("architectures").filter { name in kinds.contains { name.contains($0) } }
    guard !classes.isEmpty else { return }
    notes.add(
      "the model was saved as \(MessageText.names(classes)), whose own head is not run; the numbers are those of a head for words, which was "
        + "not trained with it", at: path)
  }
}
