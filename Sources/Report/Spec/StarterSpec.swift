import Engine
import Figures

/// What `strata init` writes.
public enum StarterSpec {
  /// A spec with comments: clean, and small enough to be built in a minute.
  ///
  /// Its keys and their descriptions come from the table of keys.
  public static var text: String {
    typealias Root = SpecSection.Root
    typealias Prompt = SpecSection.Prompt
    return """
      # yaml-language-server: $schema=\(SpecSchema.fileName)
      # A gallery for Strata: `strata build` this file. `strata keys` lists every key; docs/spec.md describes them.
      \(Root.title.name): Which words come to mind
      # \(Root.subtitle.name): A line below the title
      # \(Root.authors.name): \(Root.authors.example)
      # \(Root.intro.name): "Your words before the figures, in *Markdown*." # or {file: intro.md}; \(Root.conclusion.name) stands after the figures

      # \(Root.models.doc) A model is a name from `strata models list`, a name on the Hugging Face
      # hub (org/name, org/name@revision, org/name:Q8_0), ollama:name:tag, or a path (./model.gguf, ./folder).
      \(Root.models.name):
        SmolLM2 135M Instruct: smollm2-135m
        # GPT-2: gpt2

      # \(Root.prompts.doc)
      \(Root.prompts.name):
        - \(Prompt.id.name): airport
          \(Prompt.text.name): "Heathrow airport is located in the city of"
          \(line(Prompt.generate, "1"))
        - \(Prompt.id.name): keys
          \(Prompt.text.name): "The keys to the cabinet"
          \(line(Prompt.watch))
          \(line(Prompt.tags))
          # \(line(Prompt.title, "Keys or cabinet?"))
          # \(line(Prompt.note, "The verb agrees with *keys*."))
      # Prompts can also be the rows of a file: \(Root.prompts.name): {from: prompts.csv}

      # \(Root.figures.doc) `strata kinds` lists their kinds and options. Each is drawn for every prompt that has what it shows.
      \(Root.figures.name):
        \(line(.rankHeatmap))
        \(line(.tokenRanks))
        - {\(SpecSection.Figure.kind.name): \(FigureKind.topTokens.name), \(SpecSection.Figure.prompts.name): [airport]}
        # A second figure of a kind has an id, which names its files. In a caption of your own, {finding} is the sentence of the numbers:
        # - {\(SpecSection.Figure.kind.name): \(FigureKind.tokenRanks.name), \(SpecSection.Figure.id.name): late, \(SpecSection.Figure.layers.name): 20-29, \(SpecSection.Figure.caption.name): "The last layers. {finding}"}

      # \(Root.style.doc) A venue is a place of publication; `strata keys style` lists them.
      # \(Root.style.name): \(Root.style.example)

      # \(Root.output.doc)
      # \(Root.output.name): \(Root.output.example)

      # Keep the numbers beside this file, so that you can commit them: a machine without the models then draws everything from them.
      # \(Root.traces.name): \(Root.traces.example)

      """
  }

  /// A kind of figure, and what it shows.
  private static func line(_ kind: FigureKind) -> String {
    let written = "- \(kind.name)"
    return written + String(repeating: " ", count: max(1, 26 - written.count)) + "# \(kind.summary)"
  }

  /// A key with a value (its example when none is given) and its description.
  private static func line(_ key: some SpecRow, _ value: String? = nil) -> String {
    let written = "\(key.name): \(value ?? key.example)"
    return written + String(repeating: " ", count: max(1, 24 - written.count)) + "# \(key.doc)"
  }
}
