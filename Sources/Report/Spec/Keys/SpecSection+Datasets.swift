import Figures
import Traces

// The keys of an entry of `datasets`.

extension SpecSection {
  enum Dataset {
    static let id = SpecKey(
      "id", SpecSlug(), .required, example: "agreement",
      "Used in names of files and links. Every prompt and dataset has its own.")
    static let file = SpecKey(
      "file", SpecText(noun: "a path"), example: "data/agreement.csv",
      "A `.csv` or `.jsonl` file, relative to the spec's folder: docs/dataset-format.md. `file` or `corpus` is required."
    )
    static let corpus = SpecKey(
      "corpus", SpecText(noun: "a path"), example: "data/stories.txt",
      "A text file whose every token is predicted, instead of `file`: cross-entropy, divergence, entropy and agreement by layer."
    )
    static let passage = SpecKey(
      "passage", SpecInteger(100...100_000), standard: .value("1000"), example: "2000",
      "The most characters of a passage, into which a `corpus` is cut at ends of lines. Each is read from its beginning."
    )
    static let prompt = SpecKey(
      "prompt", SpecText(noun: "a column"), standard: .value("prompt"), example: "text",
      "The column of the prompts.")
    static let sentence = SpecKey(
      "sentence", SpecText(noun: "a column"), example: "sentence_good",
      "The column of whole sentences, instead of `prompt` and `target`. With `foil` it is asked which of two is likelier; "
        + "without, every token is predicted, as in a `corpus`."
    )
    static let target = SpecKey(
      "target", SpecText(noun: "a column"), standard: .value("target"), example: "verb",
      "The column of the words that should come next.")
    static let foil = SpecKey(
      "foil", SpecText(noun: "a column"), example: "foil",
      "The column of the words that targets are compared with, or of the sentences.")
    static let score = SpecKey(
      "score", SpecChoice<DatasetSummary.Score>(plural: "scores"), standard: .words("one token; `sum` for sentences"),
      example: "mean",
      "How targets and foils of several tokens are scored: the sum of their tokens' log-probabilities, or its share of a token."
    )
    static let firstToken = SpecKey(
      "first_token", SpecFlag(), standard: .value("false"), example: "true",
      "Whether to take the first token of a target or foil that is several tokens.")
    static let source = SpecKey(
      "source", SpecText(noun: "a column"), example: "source",
      "The column of texts whose states are put into the runs of the prompts: activation patching of pairs. It needs `foil`."
    )
    static let of = SpecKey(
      "of", Patch.of.type, standard: .words("all three"), example: "[stream, mlp]",
      "Which states of the sources are put in, as in `patch` of a prompt.")
    static let attribute = SpecKey(
      "attribute", SpecFlag(), standard: .value("false"), example: "true",
      "Whether to ask what each part of the model adds to the logit of the target minus that of the foil. It needs `foil`."
    )
    static let words = SpecKey(
      "words", SpecFlag(), standard: .value("false"), example: "true",
      "Whether to write the surprisal of each word by layer. It needs `corpus`, or `sentence` without `foil`.")
    static let items = SpecKey(
      "items", SpecFlag(), standard: .words("`true` where a figure compares them, otherwise `false`"), example: "true",
      "Whether to keep the numbers of each item in the summary, and to compare models on them.")
    static let group = SpecKey(
      "group",
      SpecTexts(element: "a group column", noun: "a column, or a list of columns", areDistinct: true),
      example: "[match, subject]",
      "Columns to group prompts by. The numbers are also computed for each value of a column.")
    static let pair = SpecKey(
      "pair", SpecText(noun: "a column"), example: "pair",
      "The column of what items of two groups that belong together share: groups are then compared pair by pair. It needs `group`."
    )
    static let resamples = SpecKey(
      "resamples", SpecInteger(100...100_000), standard: .value("1000"), example: "2000",
      "The number of resamples of the bootstrap.")
    static let seed = SpecKey(
      "seed", SpecInteger(0...Int.max), standard: .value("1"), example: "7", "The seed of the bootstrap.")
    static let by = SpecKey(
      "by", SpecChoice<DatasetProfile.By>(plural: "values"),
      standard: .words("`group` if the dataset has one, otherwise `model`"), example: "model",
      "The lines of the figure: values of the first group column, or models."
    )
  }
}
