import Engine

/// What `strata init` writes.
public enum StarterSpec {
  /// A spec with comments: clean, and small enough to be built in a minute.
  public static let text = """
    # A gallery for Strata: `strata build` this file. Every key is described in docs/spec.md.
    title: Which words come to mind

    # Names of your choice, each with a model: a name from `strata models list`, a name on the Hugging Face hub
    # (org/name, org/name@revision, org/name:Q8_0), ollama:name:tag, or a path (./model.gguf, ./folder).
    models:
      SmolLM2 135M: smollm2-135m
      # GPT-2: gpt2

    # Texts, exactly as the model reads them; "\\n" in double quotes is a line break.
    prompts:
      - id: airport
        text: "Heathrow airport is located in the city of"
        generate: 1                      # so many tokens are generated, greedily
      - id: keys
        text: "The keys to the cabinet"
        watch: [" is", " are"]           # words to follow, one token each: mind the leading space
        tags: [grammar]                  # the gallery can be filtered by these

    # `strata kinds` lists the kinds and their options. Each is drawn for every prompt that has what it shows.
    figures:
      - rank-heatmap                     # the rank of every output token after every layer
      - token-ranks                      # the ranks of the watched words
      - {kind: top-tokens, prompts: [airport]}

    # The sizes of a place of publication: neurips, icml, acl, nature, beamer, ...
    # style: {venue: neurips, span: full}

    # output: {figures: [pdf, svg, png, csv, tex], gallery: [html, single-file], report: pdf, latex: paper}

    # Keep the numbers beside this file, to be committed: then a machine without the models draws everything from them.
    # traces: commit

    """
}
