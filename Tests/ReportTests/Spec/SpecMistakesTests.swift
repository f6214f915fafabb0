import Foundation
import Testing

@testable import Spec
@testable import Words

/// One mistake each, with the whole message that a person sees.
@Suite struct SpecMistakesTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let name: String
    let yaml: String
    let messages: [String]
    var testDescription: String { name }
    init(_ name: String, _ yaml: String, _ messages: String...) {
      self.name = name
      self.yaml = yaml
      self.messages = messages
    }
  }

  private static let models = "models: {a: smollm2-135m}\n"
  private static let prompts = "prompts: [{id: one, text: One}]\n"
  private static let figures = "figures: [top-tokens]\n"
  private static let rest = models + prompts + figures

  static let documents: [Mistake] = [
    Mistake(
      "an empty file", "# nothing\n",
      "error: r.yaml: the spec is empty\n  hint: a spec has a title, models, prompts and figures: see docs/spec.md"),
    Mistake("a list", "- a\n", "error: r.yaml:1:1: a spec must be a mapping of keys to values, found a list"),
    Mistake(
      "an unknown key", "titel: T\n" + rest,
      "error: r.yaml:1:1: unknown key 'titel' in the spec\n"
        + "  hint: did you mean 'title'? known keys: title, subtitle, authors, date, intro, models, prompts, datasets, "
        + "figures, conclusion, lens, style, output, traces"
    ),
    Mistake(
      "a key given twice", "title: T\n" + rest + "title: U\n",
      "error: r.yaml:5:1: key 'title' is given twice, first in line 1\n  hint: remove one of them"),
    Mistake(
      "a key given twice in a nested mapping, and another problem after it",
      models + "prompts:\n  - id: one\n    text: One\n    id: two\nfigures: [bars]\n",
      "error: r.yaml:5:5: key 'id' is given twice, first in line 3\n  hint: remove one of them",
      "error: r.yaml:6:11: unknown figure kind 'bars'\n"
        + "  hint: known kinds: rank-heatmap, top-tokens, token-ranks"),
    Mistake(
      "a key given twice in one line", models + "prompts: [{id: one, text: One, id: two}]\n" + figures,
      "error: r.yaml:2:32: key 'id' is given twice, first in line 2\n  hint: remove one of them"),
    Mistake(
      "a title that is a number", "title: 2024\n" + rest,
      "error: r.yaml:1:8: title must be text, found the number 2024\n  hint: put it in quotes: \"2024\""),
    Mistake(
      "a truth value where there are words", "traces: yes\n" + rest,
      "error: r.yaml:1:9: unknown traces 'yes'\n  hint: known ways to keep traces: cache, commit"),
    Mistake(
      "an id that is too long",
      models + "prompts: [{id: \(String(repeating: "a", count: 100)), text: One}]\n" + figures,
      "error: r.yaml:2:16: id '\(String(repeating: "a", count: 40))…' must have at most 60 characters, found 100"),
    Mistake(
      "sections that are missing", "title: T\n",
      "error: r.yaml:1:1: 'models' is missing in the spec", "error: r.yaml:1:1: 'prompts' is missing in the spec",
      "error: r.yaml:1:1: 'figures' is missing in the spec"),
    Mistake(
      "a quotation mark that is not closed", "title: \"T\n" + rest,
      "error: r.yaml:5:1: not valid YAML: found unexpected end of stream while scanning a quoted scalar that began in line 1\n"
        + "  hint: a quotation mark that opens in line 1 is not closed: end the text with the same mark"
    ),
    Mistake(
      "a text with a colon that is not in quotes", "title: Ranks: a study\n" + rest,
      "error: r.yaml:1:13: not valid YAML: mapping values are not allowed in this context\n"
        + "  hint: put a text with a colon and a space in quotes: title: \"Ranks: a study\""),
    Mistake(
      "a space too many", models + "prompts:\n  - id: one\n     text: One\n",
      "error: r.yaml:4:10: not valid YAML: mapping values are not allowed in this context\n"
        + "  hint: line 4 begins in column 6: keys of one entry begin in the same column"),
    Mistake(
      "a space too few", models + "prompts:\n  - id: one\n   text: One\n",
      "error: r.yaml:4:4: not valid YAML: did not find expected '-' indicator while parsing a block collection that began in line 3\n"
        + "  hint: line 4 begins in column 4: keys of one entry begin in the same column"),
    Mistake(
      "words behind a text in quotes", "title: \"T\" or U\n" + rest,
      "error: r.yaml:1:12: not valid YAML: did not find expected key while parsing a block mapping that began in line 1\n"
        + "  hint: the text in quotes ends before this place: within double quotes write \\\" for a quotation mark, "
        + "within single quotes write it twice"),
    Mistake(
      "words behind a text in quotes, in braces", models + "prompts: [{id: one, text: \"a\" b}]\n" + figures,
      "error: r.yaml:2:31: not valid YAML: did not find expected ',' or '}' while parsing a flow mapping that began in line 2\n"
        + "  hint: between entries in brackets stands a comma; put a text with a comma, a colon or a bracket in quotes"),
    Mistake(
      "a trace instead of a spec", "{\"schema\": \"strata.trace/1\", \"prompt\": \"A\"}\n",
      "error: r.yaml:1:1: expected a spec, found numbers of the form strata.trace/1\n"
        + "  hint: strata draw r.yaml --kind top-tokens -o FIGURE.pdf draws them; strata gather FOLDER makes a gallery "
        + "of all in a folder"),
    Mistake(
      "a tab as indentation", "models:\n\ta: smollm2-135m\n",
      "error: r.yaml:2:1: not valid YAML: found character that cannot start any token while scanning for the next token that began in line 2\n"
        + "  hint: line 2 is indented with a tab; YAML allows only spaces there"),
    Mistake(
      "a control character", "title: T\nmodels: \u{1}\n",
      "error: r.yaml:2:9: not valid YAML: control characters are not allowed"),
    Mistake(
      "two documents", rest + "---\ntitle: T\n",
      "error: r.yaml:4:1: not valid YAML: but found another document expected a single document in the stream that began in line 1"
    ),
    Mistake(
      "deep nesting", "title: " + String(repeating: "[", count: 100_000),
      "error: r.yaml:1:9: not valid YAML: nested more than 1000 levels deep"),
  ]

  static let modelMistakes: [Mistake] = [
    Mistake(
      "an unknown model with a near name", "models: {a: smolm2-135m}\n" + prompts + figures,
      "error: r.yaml:1:13: unknown model 'smolm2-135m'\n"
        + "  hint: did you mean 'smollm2-135m'? known models: smollm2-135m, gemma-3-270m, "
        + "distilgpt2, gpt2, gpt2-medium, gpt2-large, gpt2-xl\n"
        + "  hint: a model on the hub is written org/name, a file or folder with a path: ./smolm2-135m or {path: smolm2-135m}"
    ),
    Mistake(
      "a name that is none on a hub", "models: {a: openai-community/gpt2@}\n" + prompts + figures,
      "error: r.yaml:1:13: expected a name on a hub, org/name, org/name@revision or org/name:QUANT, found "
        + "'openai-community/gpt2@'\n"
        + "  hint: for a folder or a file on this machine write {path: openai-community/gpt2@} or ./openai-community/gpt2@\n"
        + "  hint: known models: smollm2-135m, gemma-3-270m"),
    Mistake(
      "a list of models", "models: [smollm2-135m]\n" + prompts + figures,
      "error: r.yaml:1:9: models must be a mapping of names to models, found a list\n"
        + "  hint: for example: models: {SmolLM2: smollm2-135m}"),
    Mistake("no model", "models: {}\n" + prompts + figures, "error: r.yaml:1:9: models must have at least one entry"),
    Mistake(
      "a path under a wrong key", "models: {a: {pth: x.gguf}}\n" + prompts + figures,
      "error: r.yaml:1:14: unknown key 'pth' in model 'a'\n  hint: did you mean 'path'? known keys: path, name, traces, checkpoints, unit, tuned_lens, jacobian_lens, lenses, accept_settings, bos, adapter, changes, plain_text"
    ),
    Mistake(
      "a model with a name and a path", "models: {a: {path: x.gguf, name: smollm2-135m}}\n" + prompts + figures,
      "error: r.yaml:1:28: model 'a' has both name and path\n  hint: keep one of them"),
    Mistake(
      "a model that is a number", "models: {a: 135}\n" + prompts + figures,
      "error: r.yaml:1:13: model 'a' must be text, found the number 135\n  hint: put it in quotes: \"135\""),
  ]

  static let promptMistakes: [Mistake] = [
    Mistake(
      "the same id twice", models + "prompts:\n- {id: one, text: A}\n- {id: one, text: B}\n" + figures,
      "error: r.yaml:4:8: id 'one' is given twice, first in line 3\n  hint: give every prompt its own id"),
    Mistake(
      "an id with a space and capitals", models + "prompts: [{id: My Prompt, text: A}]\n" + figures,
      "error: r.yaml:2:16: id 'My Prompt' must be lower-case letters, digits and single dashes\n"
        + "  hint: for example 'my-prompt'"),
    Mistake(
      "an empty prompt", models + "prompts: [{id: one, text: \"\"}]\n" + figures,
      "error: r.yaml:2:27: text of prompt 'one' must not be empty"),
    Mistake(
      "a prompt without text", models + "prompts: [{id: one}]\n" + figures,
      "error: r.yaml:2:11: 'text' is missing in prompt 'one'"),
    Mistake(
      "a prompt that is only text", models + "prompts: [One]\n" + figures,
      "error: r.yaml:2:11: a prompt must be a mapping with id and text, found 'One'"),
    Mistake(
      "generate and continuation", models + "prompts: [{id: one, text: A, generate: 1, continuation: B}]\n" + figures,
      "error: r.yaml:2:30: prompt 'one' has both generate and continuation\n"
        + "  hint: generate lets the model write; continuation gives the text: keep one of them"),
    Mistake(
      "sample without generate", models + "prompts: [{id: one, text: A, sample: {seed: 1}}]\n" + figures,
      "error: r.yaml:2:30: prompt 'one' has sample, but generates no token\n"
        + "  hint: add generate: 20 (the number of tokens to draw), or remove sample"),
    Mistake(
      "sample with bad parameters",
      models + "prompts: [{id: one, text: A, generate: 2, sample: {temperature: 0, top_p: 2, topk: 3}}]\n" + figures,
      "error: r.yaml:2:78: unknown key 'topk' in sample of prompt 'one'\n"
        + "  hint: did you mean 'top_k'? known keys: temperature, top_k, top_p, seed",
      "error: r.yaml:2:65: temperature must be between 0.01 and 100, found 0",
      "error: r.yaml:2:75: top_p must be between 1e-06 and 1, found 2"),
    Mistake(
      "an absurd generate", models + "prompts: [{id: one, text: A, generate: 100000}]\n" + figures,
      "error: r.yaml:2:40: generate of prompt 'one' must be between 0 and 4096, found 100000"),
    Mistake(
      "a generate that is no integer", models + "prompts: [{id: one, text: A, generate: ten}]\n" + figures,
      "error: r.yaml:2:40: generate of prompt 'one' must be an integer, found 'ten'"),
    Mistake(
      "a watched word that YAML takes for a truth value",
      models + "prompts: [{id: one, text: A, watch: [no]}]\n" + figures,
      "error: r.yaml:2:38: a watched word of prompt 'one' must be text, found the truth value no\n"
        + "  hint: put it in quotes: \"no\""),
    Mistake(
      "the same watched word twice", models + "prompts: [{id: one, text: A, watch: [b, b]}]\n" + figures,
      "error: r.yaml:2:41: watched word 'b' of prompt 'one' is given twice"),
  ]

  /// What would follow from a mistake is not told as one.
  static let causes: [Mistake] = [
    Mistake(
      "prompts without dashes", models + "prompts:\n  id: one\n  text: One\nfigures: [rank-heatmap]\n",
      "error: r.yaml:3:3: prompts must be a list of prompts, found a mapping with id and text\n"
        + "  hint: begin every prompt with \"- \": - {id: keys, text: \"The keys\"}"),
    Mistake(
      "figures without dashes", models + prompts + "figures:\n  kind: top-tokens\n",
      "error: r.yaml:4:3: figures must be a list, found a mapping\n  hint: begin every entry of the list with \"- \""),
    Mistake(
      "a table of prompts under a wrong key", models + "prompts: {form: p.csv}\n" + figures,
      "error: r.yaml:2:11: unknown key 'form' in a table of prompts\n  hint: did you mean 'from'? known keys: from"),
    Mistake(
      "a number of tokens that is none, without which no figure has text",
      models + "prompts: [{id: one, text: A, generate: two}]\nfigures: [rank-heatmap]\n",
      "error: r.yaml:2:40: generate of prompt 'one' must be an integer, found 'two'"),
    Mistake(
      "the same with a figure that names the prompt",
      models + "prompts: [{id: one, text: A, generate: two}]\nfigures: [{kind: rank-heatmap, prompts: [one]}]\n",
      "error: r.yaml:2:40: generate of prompt 'one' must be an integer, found 'two'"),
    Mistake(
      "the same id twice, of which the second is watched",
      models + "prompts:\n- {id: one, text: A}\n- {id: one, text: B, watch: [\" a\"]}\nfigures: [token-ranks]\n",
      "error: r.yaml:4:8: id 'one' is given twice, first in line 3\n  hint: give every prompt its own id"),
  ]

  static let figureMistakes: [Mistake] = [
    Mistake(
      "an unknown kind with a near name", models + prompts + "figures: [top-token]\n",
      "error: r.yaml:3:11: unknown figure kind 'top-token'\n"
        + "  hint: did you mean 'top-tokens'? known kinds: rank-heatmap, top-tokens, token-ranks"),
    Mistake(
      "an unknown option", models + prompts + "figures: [{kind: top-tokens, positon: last}]\n",
      "error: r.yaml:3:30: unknown option 'positon' of top-tokens\n"
        + "  hint: did you mean 'position'? known options: kind, id, prompts, models, title, caption, label, span, width, "
        + "height, layers, position, layer, size"),
    Mistake(
      "an option with an unknown word", models + prompts + "figures: [{kind: top-tokens, position: lst}]\n",
      "error: r.yaml:3:40: unknown position of top-tokens 'lst'\n"
        + "  hint: did you mean 'last'? known values: first, last"),
    Mistake(
      "an option out of range", models + prompts + "figures: [{kind: top-tokens, size: 3.5}]\n",
      "error: r.yaml:3:36: size of top-tokens must be between 0.5 and 2, found 3.5"),
    Mistake(
      "an unknown prompt", models + prompts + "figures: [{kind: top-tokens, prompts: [won]}]\n",
      "error: r.yaml:3:40: unknown prompt 'won'\n  hint: known prompts of this spec: one"),
    Mistake(
      "an unknown model", models + prompts + "figures: [{kind: top-tokens, models: [b]}]\n",
      "error: r.yaml:3:39: unknown model 'b'\n  hint: did you mean 'a'? known models of this spec: a"),
    Mistake(
      "no kind", models + prompts + "figures: [{prompts: [one]}]\n",
      "error: r.yaml:3:11: 'kind' is missing in a figure\n"
        + "  hint: known kinds: rank-heatmap, top-tokens, token-ranks"),
    Mistake(
      "watched words that no prompt has", models + prompts + "figures: [token-ranks]\n",
      "error: r.yaml:3:11: no prompt has what token-ranks shows: watched words\n"
        + "  hint: add watch: [\" is\", \" are\"] to a prompt"),
    Mistake(
      "watched words that the chosen prompt does not have",
      models + prompts + "figures: [{kind: token-ranks, prompts: [one]}]\n",
      "error: r.yaml:3:40: prompt 'one' does not have what token-ranks shows: watched words\n"
        + "  hint: add watch: [\" is\", \" are\"] to a prompt"),
    Mistake(
      "no figure", models + prompts + "figures: []\n", "error: r.yaml:3:10: figures must have at least one entry"),
  ]

  static let looks: [Mistake] = [
    Mistake(
      "an unknown venue", rest + "style: {venue: neurisp}\n",
      "error: r.yaml:4:16: unknown venue 'neurisp'\n  hint: did you mean 'neurips'? known venues: neurips, icml"),
    Mistake(
      "a width that is too small", rest + "style: {width: 3}\n",
      "error: r.yaml:4:16: width must be between 72 and 2000, found 3"),
    Mistake(
      "an unknown figure format", rest + "output: {figures: [pdf, jpg]}\n",
      "error: r.yaml:4:25: unknown figure format 'jpg'\n"
        + "  hint: known figure formats: pdf, svg, png",
      "error: r.yaml:4:19: the gallery shows figures as svg or png, found neither in the figure formats\n"
        + "  hint: add svg, or write gallery: none"),
    Mistake(
      "an unknown gallery format", rest + "output: {gallery: htm}\n",
      "error: r.yaml:4:19: unknown gallery format 'htm'\n"
        + "  hint: did you mean 'html'? known gallery formats: html, single-file, none"),
    Mistake(
      "an unknown norm", rest + "lens: {norm: last}\n",
      "error: r.yaml:4:14: unknown norm 'last'\n  hint: known norms: final, none"),
  ]

  @Test(arguments: documents + modelMistakes + promptMistakes + causes + figureMistakes + looks)
  func isReportedWithItsPlaceAndAdvice(_ mistake: Mistake) throws {
    let error = try #require(throws: DiagnosticList.self) {
      try SpecReader.read(Data(mistake.yaml.utf8), name: "r.yaml", vocabulary: .test)
    }
    #expect(error.diagnostics.map(\.rendered) == mistake.messages)
  }

  @Test func bytesThatAreNotUTF8AreReportedWithTheirPlace() throws {
    let bytes = Data("title: T\nmodels: é".utf8) + [0xFF, 0x0A]
    let error = try #require(throws: DiagnosticList.self) {
      try SpecReader.read(bytes, name: "r.yaml", vocabulary: .test)
    }
    #expect(
      error.diagnostics.map(\.rendered) == [
        "error: r.yaml:2:10: expected UTF-8 text, found bytes that are not\n  hint: save the file as UTF-8"
      ])
  }
}
