import Engine
import Figures
import Traces

// The table of keys, second part: entries of models, prompts, figures and datasets.

extension SpecSection {
  /// An entry of `models` that is a mapping.
  static let model = SpecSection(
    name: "models", doc: "A model; its name or path alone stands for the mapping.",
    keys: [
      Model.path, Model.name, Model.traces, Model.checkpoints, Model.unit, Model.tunedLens, Model.jacobianLens,
      Model.lenses, Model.acceptSettings,
      Model.bos, Model.adapter, Model.changes, Model.plainText,
    ],
    alternatives: [
      SpecAlternatives(
        keys: [Model.path.name, Model.name.name, Model.traces.name, Model.checkpoints.name], isNeeded: true),
      SpecAlternatives(keys: [Model.tunedLens.name, Model.jacobianLens.name, Model.lenses.name], isNeeded: false),
    ], namesOwner: true)

  enum Model {
    static let path = SpecKey(
      "path", SpecText(noun: "a path"), example: "../models/mine.gguf",
      "A GGUF file or a folder of weights, relative to the spec's folder. `path`, `name`, `traces` or `checkpoints` is required."
    )
    static let name = SpecKey(
      "name", SpecModelReference(), example: "smollm2-135m",
      "A model of the catalog or of a hub, as in an entry without a mapping.")
    static let traces = SpecKey(
      "traces", SpecText(noun: "the path of a folder"), example: "./from-the-cluster",
      "A folder of traces and summaries that the model gave elsewhere, instead of the model: docs/spec.md.")
    static let checkpoints = SpecKey(
      "checkpoints", SpecCheckpoints(), example: "\"org/name@{step1000,step2000,step4000}\"",
      "Checkpoints of one training, instead of one model: revisions in braces, folders by a pattern (`./runs/step*`), or a list."
    )
    static let unit = SpecKey(
      "unit", SpecLine(20), standard: .words("steps"), example: "tokens",
      "What the numbers of the checkpoints count, if not steps.")
    static let tunedLens = SpecKey(
      "tuned_lens", SpecText(noun: "the path of a folder"), example: "../lenses/smollm2",
      "A tuned lens that replaces the logit lens for this model.")
    static let jacobianLens = SpecKey(
      "jacobian_lens", SpecText(noun: "the path of a file"), example: "../lenses/smollm2.pt",
      "A Jacobian lens that replaces the logit lens for this model: a file, or `org/name:PATH` on a hub.")
    static let lenses = SpecKey(
      "lenses", SpecLenses(), example: "[logit, {jacobian: ../lenses/smollm2.pt}]",
      "Several lenses of this model side by side, instead of an entry for each.")
    static let acceptSettings = SpecKey(
      "accept_settings", SpecTexts(element: "a setting", noun: "a list of names", mayBeOne: false),
      example: "[attention_sink_size]",
      "Settings of the model's files that the program may ignore: docs/settings.md.")
    static let bos = SpecKey(
      "bos", SpecBOS(), standard: .value("model"), example: "no",
      "Whether texts begin with BOS. `yes` and `no` override the model's files: docs/tokenizers.md.")
    static let adapter = SpecKey(
      "adapter", SpecAdapterReference(), example: "../stories",
      "A LoRA adapter that is added to the model: docs/adapters.md.")
    static let changes = SpecKey(
      "changes", SpecChanges(), example: "{plus: \"I love\", minus: \"I hate\", layer: 6, positions: all, by: 4}",
      "Changes of its runs on all prompts, before those of a prompt: docs/changes.md.")
    static let plainText = SpecKey(
      "plain_text", SpecFlag(), standard: .value("false"), example: "true",
      "Whether plain text is meant for a model with a chat template, so that no note says so: docs/conversations.md.")
  }

  /// An entry of `prompts`.
  static let prompt = SpecSection(
    name: "prompts", doc: "A text, and what to capture of it.",
    keys: [
      Prompt.id, Prompt.title, Prompt.text, Prompt.file, Prompt.decoder, Chat.chat, Chat.messages, Chat.rendered,
      Chat.system,
      Chat.reply, Chat.thinking, Chat.generationPrompt, Chat.template, Chat.variables, Chat.date, Prompt.generate,
      Prompt.sample, Prompt.continuation, Prompt.watch, Prompt.attribute, Prompt.patch, Prompt.changes, Prompt.top,
      Prompt.columns, Prompt.tags, Prompt.note,
    ],
    alternatives: [
      SpecAlternatives(
        keys: [Prompt.text.name, Prompt.file.name, Chat.chat.name, Chat.messages.name, Chat.rendered.name],
        isNeeded: true),
      SpecAlternatives(keys: [Prompt.generate.name, Prompt.continuation.name], isNeeded: false),
    ],
    namesOwner: true)

  enum Prompt {
    static let id = SpecKey(
      "id", SpecSlug(), .required, example: "heathrow",
      "Used in names of files and links. Every prompt and dataset has its own.")
    static let title = SpecKey(
      "title", SpecLine(200), standard: .words("the id"), example: "Heathrow's city",
      "The heading of the prompt, also in tables and sentences. Links keep the id.")
    static let text = SpecKey(
      "text", SpecText(), example: "\"Heathrow airport is located in the city of\"",
      "The exact prompt. Double quotes allow `\\n`. `text`, `file`, `chat`, `messages` or `rendered` is required.")
    static let file = SpecKey(
      "file", SpecTextFile(), example: "prompts/heathrow.txt",
      "A file whose text is the prompt, relative to the spec's folder. One line break at its end is left out.")
    static let decoder = SpecKey(
      "decoder", SpecText(), example: "\"Das Haus\"",
      "The given beginning of the decoder's text, for an encoder-decoder model, whose encoder reads `text`: docs/encoders.md."
    )
    static let generate = SpecKey(
      "generate", SpecInteger(0...4096), standard: .value("0"), example: "1",
      "The number of tokens to generate, greedily or by `sample`.")
    static let sample = SpecKey(
      "sample", SpecMapping(section: .sample), example: "{temperature: 0.8, top_p: 0.95, seed: 7}",
      "Tokens are drawn from the model's probabilities instead of taking the most probable one.")
    static let continuation = SpecKey(
      "continuation", SpecText(), example: "\" London\"", "A text that follows the prompt, instead of `generate`.")
    static let watch = SpecKey(
      "watch", SpecWatch(), example: "[\" is\", \" are\"]",
      "Words or sets of tokens to follow. Each word must be one token; mind the leading space.")
    static let attribute = SpecKey(
      "attribute", SpecAttribute(), example: "{target: \" are\", foil: \" is\"}",
      "Two words: what each part of the model adds to the difference of their logits. `auto` takes the two most probable."
    )
    static let patch = SpecKey(
      "patch", SpecPatch(), example: "{source: \"The keys to the cabinet\", target: \" are\", foil: \" is\"}",
      "Another text of as many tokens, whose states are put into the run of this one, one at a time.")
    static let changes = SpecKey(
      "changes", SpecChanges(), example: "{source: \"The keys to the cabinet\", layer: 10, positions: 2}",
      "States of another text that are put into the run, or directions that are added to its stream: docs/changes.md.")
    static let top = SpecKey(
      "top", SpecInteger(1...100), standard: .value("10"), example: "5",
      "The number of most probable tokens that the trace keeps.")
    static let columns = SpecKey(
      "columns", SpecChoice<TraceRequest.Columns>(plural: "choices of columns"), standard: .value("generated"),
      example: "all",
      "The positions to capture. `generated` stands for the last position of the prompt and all positions after it."
    )
    static let tags = SpecKey(
      "tags", SpecTexts(element: "a tag", noun: "a word, or a list of words", longestLine: 100), example: "[grammar]",
      "Words by which the gallery can be filtered.")
    static let note = SpecKey(
      "note", SpecMarkdown(10_000), example: "\"London is *not* in the prompt.\"",
      "Your words below the prompt, in Markdown.")
  }

  /// `sample` of a prompt.
  static let sample = SpecSection(
    name: "sample", doc: "How tokens are drawn. The keys and their order of effect are those of transformers.",
    keys: [Sample.temperature, Sample.topK, Sample.topP, Sample.seed])

  enum Sample {
    static let temperature = SpecKey(
      "temperature", SpecNumber(Sampling.Limits.temperature), standard: .value("1"), example: "0.8",
      "Logits are divided by it.")
    static let topK = SpecKey(
      "top_k", SpecInteger(Sampling.Limits.topK), standard: .words("all tokens"), example: "40",
      "Only the k most probable tokens are drawn.")
    static let topP = SpecKey(
      "top_p", SpecNumber(0.000001...1), standard: .words("all tokens"), example: "0.95",
      "Only the most probable tokens that together reach this probability are drawn.")
    static let seed = SpecKey(
      "seed", SpecInteger(Sampling.Limits.seed), standard: .value("0"), example: "7",
      "Where the random numbers begin. The same seed gives the same text.")
  }

  /// `attribute` of a prompt.
  static let attribute = SpecSection(
    name: "attribute", doc: "What each part of the model adds to the logit of one word minus that of another.",
    keys: [Attribute.target, Attribute.foil, Attribute.position])

  enum Attribute {
    static let target = SpecKey(
      "target", SpecText(), standard: .words("the most probable token"), example: "\" are\"",
      "A word of one token; mind the leading space.")
    static let foil = SpecKey(
      "foil", SpecText(), standard: .words("the most probable token besides the target"), example: "\" is\"",
      "The word of one token whose logit is subtracted.")
    static let position = SpecKey(
      "position", SpecInteger(1...1_000_000), standard: .words("the last token of the prompt"), example: "5",
      "The token after which both could come, counted from 1 with special tokens such as BOS.")
  }

  /// `patch` of a prompt.
  static let patch = SpecSection(
    name: "patch", doc: "How each state of another text moves the answer to the prompt: activation patching.",
    keys: [Patch.source, Patch.target, Patch.foil, Patch.of])

  enum Patch {
    static let source = SpecKey(
      "source", SpecText(), .required, example: "\"The keys to the cabinet\"",
      "The text from which states are taken. It has as many tokens as the prompt.")
    static let target = SpecKey(
      "target", SpecText(), standard: .words("what the model predicts after the source"), example: "\" are\"",
      "A word of one token; mind the leading space.")
    static let foil = SpecKey(
      "foil", SpecText(), standard: .words("what the model predicts after the prompt, besides the target"),
      example: "\" is\"",
      "The word of one token whose logit is subtracted.")
    static let of = SpecKey(
      "of",
      SpecWords(
        .these(Trace.Patching.Place.allCases.map(\.rawValue)), noun: "patched state",
        plural: "states that can be patched"),
      standard: .words("all three"), example: "[stream, mlp]",
      "Which states are put in: the residual stream, what attention adds, what the MLP adds.")
  }

  /// An entry of `changes`.
  static let change = SpecSection(
    name: "changes", doc: "A change of the run: a state of another text that is put in, or a direction that is added.",
    keys: [
      Change.source, Change.plus, Change.minus, Change.fromPosition, Change.fromLayer, Change.file, Change.tensor,
      Change.by, Change.of, Change.layer, Change.positions,
    ],
    alternatives: [SpecAlternatives(keys: [Change.source.name, Change.plus.name, Change.file.name], isNeeded: true)],
    namesOwner: true)

  enum Change {
    static let source = SpecKey(
      "source", SpecText(), example: "\"The keys to the cabinet\"",
      "A text of as many tokens as the prompt, whose states are put in. `source`, `plus` and `minus`, or `file` is required."
    )
    static let plus = SpecKey(
      "plus", SpecText(), example: "\"I love\"",
      "A text whose state, less that of `minus`, is the direction that is added.")
    static let minus = SpecKey(
      "minus", SpecText(), example: "\"I hate\"", "The text whose state is subtracted from that of `plus`.")
    static let fromPosition = SpecKey(
      "from_position", SpecInteger(1...1_000_000), standard: .words("the last token of each"), example: "3",
      "The token of `plus` and `minus` whose states count, counted from 1 with special tokens such as BOS.")
    static let fromLayer = SpecKey(
      "from_layer", SpecLayer(), standard: .words("the same as `layer`"), example: "8",
      "The layer of `plus` and `minus` whose states count.")
    static let file = SpecKey(
      "file", SpecVectorFile(), example: "happy.safetensors",
      "A file with the direction: a tensor [width], or with a row for each layer. It lies beside the spec.")
    static let tensor = SpecKey(
      "tensor", SpecText(noun: "a name"), standard: .words("the only one"), example: "direction",
      "The tensor of `file`.")
    static let by = SpecKey(
      "by", SpecNumber(-1_000_000...1_000_000), standard: .value("1"), example: "4",
      "The factor of the direction. 0 changes nothing, and a negative one goes the other way.")
    static let of = SpecKey(
      "of", SpecChoice<Trace.Patching.Place>(plural: "states"), standard: .value("stream"), example: "stream",
      "Which state is replaced: the residual stream, what attention adds, what the MLP adds. Directions are added to the stream."
    )
    static let layer = SpecKey(
      "layer", SpecLayer(), .required, example: "10", "The layer after which the stream, or whose part, is changed.")
    static let positions = SpecKey(
      "positions", SpecPositions(), .required, example: "from 2",
      "The tokens whose states are changed, counted from 1. `all` and `from` include the tokens that the model writes.")
  }

  /// An entry of `prompts` that names a table of prompts.
  static let promptTable = SpecSection(
    name: "from", doc: "A file of prompts; it stands for `prompts`, or for an entry of it.",
    keys: [PromptTable.from])

  enum PromptTable {
    static let from = SpecKey(
      "from", SpecPromptTable(), .required, example: "prompts.jsonl",
      "A `.csv` or `.jsonl` file, relative to the spec's folder. Its columns are the keys of prompts.")
  }

  /// An entry of `watch` that is a mapping.
  static let watchSet = SpecSection(
    name: "watch",
    doc: "Several tokens as one series, with the sum of their probabilities and the best of their ranks.",
    keys: [WatchSets.name, WatchSets.tokens, WatchSets.firstOf, WatchSets.ids],
    alternatives: [
      SpecAlternatives(keys: [WatchSets.tokens.name, WatchSets.firstOf.name, WatchSets.ids.name], isNeeded: true)
    ],
    namesOwner: true)

  enum WatchSets {
    static let name = SpecKey(
      "name", SpecLine(100), standard: .words("the members"), example: "London", "The name of the series in figures.")
    static let tokens = SpecKey(
      "tokens", SpecDistinct(element: "a word", noun: "a list of words", type: SpecText()),
      example: "[\" London\", \"London\"]",
      "Words of one token each. `tokens`, `first_of` or `ids` is required.")
    static let firstOf = SpecKey(
      "first_of", SpecDistinct(element: "a word", noun: "a list of words", type: SpecText()),
      example: "[\" Paris\", \" Reykjavik\"]", "The first token of each word.")
    static let ids = SpecKey(
      "ids", SpecDistinct(element: "an id", noun: "a list of integers", type: SpecInteger(0...Int(Int32.max))),
      example: "[33, 34, 35]", "Ids in the vocabulary, which differ between models.")
  }

  /// An entry of `figures` that is a mapping, without the options of its kind.
  static let figure = SpecSection(
    name: "figures",
    doc: "A figure; the name of its kind alone stands for the mapping, which also takes the options of the kind.",
    keys: [
      Figure.kind, Figure.id, Figure.prompts, Figure.models, Figure.title, Figure.caption, Figure.label, Figure.span,
      Figure.width,
      Figure.height, Figure.layers,
    ])

  enum Figure {
    static let kind = SpecKey(
      "kind", SpecKind(), .required, example: "top-tokens", "What the figure shows. Each kind has its own options.")
    static let prompts = SpecKey(
      "prompts",
      SpecNamesOfSpec(noun: "prompt", plural: "prompts of this spec", schemaOfOne: SpecSlug.schema),
      standard: .words("all that have what the kind shows"), example: "[heathrow]",
      "The ids of the prompts to draw it for; for a kind that shows datasets, the ids of datasets.")
    static let models = SpecKey(
      "models",
      SpecNamesOfSpec(noun: "model", plural: "models of this spec", schemaOfOne: SpecText.schema),
      standard: .words("all"), example: "[mine]", "The models to draw it for, by their names in the spec.")
    static let id = SpecKey(
      "id", SpecSlug(), standard: .words("made from prompt and kind"), example: "crossing",
      "Names the files. A second figure of one kind for the same prompt needs one.")
    static let title = SpecKey(
      "title", SpecPattern(names: [.prompt], most: 300), standard: .words("the kind's"),
      example: "\"When London comes first\"", "The heading, which also stands in LaTeX's list of figures.")
    static let caption = SpecKey(
      "caption", SpecPattern(names: [.finding, .caption, .layers, .prompt, .model], most: 4000, isLine: false),
      standard: .words("the program's"),
      example: "\"London wins late. {finding}\"",
      "The caption. `{finding}` stands for the sentence of the numbers, `{caption}` for the program's words.")
    static let label = SpecKey(
      "label", SpecLabel(), standard: .words("`fig:` and the name of the files"), example: "fig:crossing",
      "The label in LaTeX.")
    static let span = SpecKey(
      "span", SpecWord(.spans, plural: "spans"), standard: .words("that of `style`"), example: "column",
      "The width: one column of the venue, or its full text width.")
    static let width = SpecKey(
      "width", SpecNumber(SpecSection.Style.sizes), standard: .words("that of `style`"), example: "300",
      "The width, in units of 1/72 inch.")
    static let height = SpecKey(
      "height", SpecNumber(SpecSection.Style.sizes), standard: .words("that of `style`"), example: "200.5",
      "The largest height, in units of 1/72 inch.")
    static let layers = SpecKey(
      "layers", SpecLayers(), standard: .words("all"), example: "[embedding, 0, 8-11]",
      "The layers that are shown; the last one always is. `every 2` also shows the embedding.")
  }

  /// An entry of `datasets`.
  static let dataset = SpecSection(
    name: "datasets", doc: "A file of prompts with targets, and how to summarise it.",
    keys: [
      Dataset.id, Dataset.file, Dataset.corpus, Dataset.passage, Dataset.prompt, Dataset.sentence, Dataset.target,
      Dataset.foil, Dataset.score, Dataset.firstToken, Dataset.source, Dataset.of, Dataset.attribute, Dataset.words,
      Dataset.items, Dataset.group, Dataset.pair, Dataset.resamples, Dataset.seed, Dataset.by,
    ],
    alternatives: [SpecAlternatives(keys: [Dataset.file.name, Dataset.corpus.name], isNeeded: true)], namesOwner: true)
}
