import Foundation
import TestSupport
import Testing

/// Traces from elsewhere have to answer what a spec asks: what they have otherwise is refused, lacks some figures, or is told.
@Suite struct GivenAnswersTests {
  /// A folder `m` with a model of the fixtures, which has a chat template; `there.yaml` takes the traces of `here.yaml`.
  private func run(
    fixture: String = "models/llama/hf", here: String, there: String, dataset: String = "",
    _ body: (StrataProgram, StrataProgram.Result) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let model = folder.appending(path: "m", directoryHint: .isDirectory)
      try FileManager.default.copyItem(at: Fixtures.url(fixture), to: model)
      let template = """
        {% for m in messages %}<{{ m.role }}>{{ m.content }}{% if enable_thinking %}!{% endif %}{{ mood }}
        {% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}
        """
      try strata.write(template, to: "m/chat_template.jinja")
      try strata.write(
        "prompt,target,foil,kind,source\nthe cat,a,o,x,the cat\nthe city,o,a,y,a city\n", to: "pairs.csv")
      for (name, words, reference) in [("here", here, "./m"), ("there", there, "{traces: elsewhere}")] {
        try strata.write("title: Words\nmodels: {M: \(reference)}\n\(words)\n", to: "\(name).yaml")
      }
      let first = try strata.run("build", "here.yaml", "-q")
      try #require(first.status == 0, "\(first.err)")
      try FileManager.default.createDirectory(
        at: folder.appending(path: "elsewhere"), withIntermediateDirectories: true)
      for name in ["traces", "datasets"] {
        let made = folder.appending(path: "out/here/\(name)")
        guard FileManager.default.fileExists(atPath: made.path) else { continue }
        try FileManager.default.copyItem(at: made, to: folder.appending(path: "elsewhere/\(name)"))
      }
      try body(strata, try strata.run("build", "there.yaml"))
    }
  }

  private static func prompts(_ lines: String...) -> String {
    "prompts:\n" + lines.map { "  - {\($0)}\n" }.joined() + "figures: [top-tokens]"
  }

  /// A spec with everything that can be asked of a prompt.
  private static let everything = """
    prompts:
      - {id: all, text: the cat, generate: 3, columns: all, top: 30, watch: [a, {name: two, tokens: [a, o]}, auto(2)]}
      - {id: first, text: the city, watch: [{name: some, first_of: [cat, city]}, {name: ids, ids: [5, 7]}]}
      - {id: causes, text: the city, attribute: {target: a, foil: o}, patch: {source: a city, target: a, foil: o}}
      - {id: auto, text: the city is, attribute: auto, columns: last}
      - {id: drawn, text: the keys, generate: 2, sample: {temperature: 0.8, seed: 7}}
      - {id: given, text: the, continuation: " cat"}
      - {id: chat, chat: the keys, system: the city, thinking: on, variables: {mood: glad}}
      - {id: begun, chat: the keys, reply: the}
      - {id: bare, chat: the keys, generation_prompt: no}
      - {id: rendered, rendered: "<user>the keys", generate: 1}
    figures: [rank-heatmap, top-tokens]

    """

  @Test(arguments: ["", "lens: {norm: none}", "lens: {rows: attention}"])
  func whatTheSameSpecGaveAnswersIt(lens: String) throws {
    let spec = Self.everything + lens
    try run(here: spec, there: spec) { strata, result in
      #expect(result.status == 0 && !result.err.contains("note: M: its traces"), "\(result.err)")
      let here = try strata.contents(of: "out/here")
      for (path, data) in try strata.contents(of: "out/there")
      where path.hasPrefix("figures/") || path.hasPrefix("traces/") {
        #expect(here[path] == data, "\(path)")
      }
    }
  }

  @Test(arguments: ["models/t5/hf", "models/mamba/hf", "models/gptj/hf", "masked/bert/hf"])
  func tracesOfOtherKindsOfModelsAnswerTheirSpec(fixture: String) throws {
    let text = fixture.hasPrefix("masked") ? "text: \"the [MASK] is [MASK]\"" : "text: the cat, generate: 2"
    let prompts = ["", ", columns: last"].enumerated().map { ("id: p\($0)", $1) }
    for rows in ["blocks", "attention"] {
      let spec =
        "lens: {rows: \(rows)}\nprompts:\n" + prompts.map { "  - {\($0), \(text)\($1)}\n" }.joined()
        + "figures: [rank-heatmap]"
      try run(fixture: fixture, here: spec, there: spec) { _, result in
        #expect(result.status == 0 && !result.err.contains("note: M: its traces"), "\(rows): \(result.err)")
      }
    }
  }

  @Test(arguments: [
    (
      "id: p, text: the cat, generate: 2", "id: p, text: the cat, generate: 2, columns: all",
      "columns: expected every position, found 2 of 5 positions"
    ),
    ("id: p, text: the cat, top: 5", "id: p, text: the cat, top: 20", "top: expected 20, found 5"),
    (
      "id: p, rendered: the cat", "id: p, text: the cat",
      "text: expected a plain text, found a text that was given as rendered"
    ),
    (
      "id: p, text: the cat", "id: p, rendered: the cat",
      "rendered: expected a text that was given as rendered, found a plain text"
    ),
    ("id: p, chat: the cat, thinking: on", "id: p, chat: the cat", "thinking: expected off, found on"),
    (
      "id: p, chat: the cat", "id: p, chat: the cat, variables: {mood: glad}",
      "variables: expected \"glad\" for 'mood', found none"
    ),
    ("id: p, chat: the cat", "id: p, chat: the cat, generation_prompt: no", "generation_prompt: expected none"),
    ("id: p, chat: the cat", "id: p, chat: the city", "expected a trace of the prompt 'p' with its exact messages"),
  ]) func whatTheTracesHaveOtherwiseIsRefused(here: String, there: String, words: String) throws {
    try run(here: Self.prompts(here), there: Self.prompts(there)) { strata, result in
      #expect(result.status == 66 && result.err.contains(words), "\(result.err)")
      #expect(!FileManager.default.fileExists(atPath: strata.folder.appending(path: "out/there/index.html").path))
    }
  }

  @Test(arguments: [
    ("lens: {norm: none}", "", "norm: expected final, found none"),
    ("", "lens: {norm: none}", "norm: expected none, found final"),
    ("", "lens: {rows: attention}", "rows: expected the states after attention, too"),
  ]) func aLensOfTheSpecIsThatOfTheTraces(here: String, there: String, words: String) throws {
    let spec = Self.prompts("id: p, text: the cat")
    try run(here: "\(spec)\n\(here)", there: "\(spec)\n\(there)") { _, result in
      #expect(result.status == 66, "\(result.err)")
      #expect(
        result.err.contains("M, p: elsewhere/traces/m-p.json does not have what the spec asks for: \(words)"),
        "\(result.err)")
    }
  }

  @Test(arguments: [
    ("watch: [a]", "watch: [a, o]", "watch: expected 'o'"),
    ("watch: [a]", "watch: [auto(2)]", "watch: expected 'auto(2)'"),
    ("watch: [{name: n, tokens: [a]}]", "watch: [{name: n, tokens: [a, o]}]", "watch: expected 'n'"),
    ("top: 9", "attribute: {target: a, foil: o}", "attribute: expected the shares of the model's parts, found none"),
    (
      "attribute: {target: o, foil: a}", "attribute: {target: a, foil: o}",
      "attribute: expected the target 'a', found 'o'"
    ),
    ("top: 9", "patch: {source: a city, target: a, foil: o}", "patch: expected patched runs, found none"),
    (
      "patch: {source: a city, target: a, foil: o}", "patch: {source: the cat, target: a, foil: o}",
      "patch: expected the source 'the cat'"
    ),
  ]) func whatTheTracesLackCostsTheFiguresThatShowIt(here: String, there: String, words: String) throws {
    let kind = words.hasPrefix("watch") ? "trajectory" : words.hasPrefix("patch") ? "patching" : "attribution"
    let top = "\nfigures: [top-tokens, \(kind)]"
    func spec(_ words: String) -> String { "prompts:\n  - {id: p, text: the city, \(words)}" }
    try run(here: spec(here) + "\nfigures: [top-tokens]", there: spec(there) + top) { strata, result in
      #expect(result.status == 1 && result.err.contains(words), "\(result.err)")
      #expect(strata.files(in: "out/there").contains("figures/p-top-tokens-m.svg"))
      #expect(!strata.files(in: "out/there").contains { $0.contains(kind) })
    }
  }

  @Test func whatTheSpecLeavesToItsDefaultsIsTold() throws {
    let here = Self.prompts("id: p, text: the cat, generate: 2, top: 5")
    try run(here: here, there: Self.prompts("id: p, text: the cat")) { strata, result in
      #expect(result.status == 0, "\(result.err)")
      for words in [
        "its traces have otherwise what the spec leaves to its defaults", "2 generated tokens (1 of 1)",
        "5 most probable tokens instead of 10 (1 of 1)",
      ] { #expect(result.err.contains(words), "\(words): \(result.err)") }
    }
  }

  @Test func moreThanTheSpecAsksForIsLeftOut() throws {
    let more = """
      generate: 2, columns: all, top: 20, watch: [o, {name: two, tokens: [a, o]}, a], attribute: auto, \
      patch: {source: a city, target: a, foil: o}
      """
    let asked =
      "prompts: [{id: p, text: the city, generate: 2, top: 5, watch: [a, o]}]\nfigures: [top-tokens, trajectory]\n"
    let here = "prompts: [{id: p, text: the city, \(more)}]\nfigures: [top-tokens]\nlens: {rows: attention}\n"
    try run(here: here, there: asked) { strata, result in
      #expect(result.status == 0 && !result.err.contains("note: M"), "\(result.err)")
      // The same as the model itself gives.
      try strata.write("title: Words\nmodels: {M: ./m}\n\(asked)\n", to: "own.yaml")
      #expect(try strata.run("build", "own.yaml", "-q").status == 0)
      let own = try strata.contents(of: "out/own")
      for (path, data) in try strata.contents(of: "out/there")
      where path.hasPrefix("figures/") || path.hasPrefix("traces/") {
        #expect(own[path] == data, "\(path): \(StrataProgram.firstDifference(own[path] ?? Data(), data))")
      }
    }
  }

  @Test func theModelsChoiceIsNoNamedToken() throws {
    func spec(_ pair: String) -> String {
      "prompts: [{id: p, text: the city, attribute: \(pair)}]\nfigures: [attribution, top-tokens]"
    }
    try run(here: spec("{target: a, foil: o}"), there: spec("auto")) { _, result in
      #expect(result.status == 1, "\(result.err)")
      #expect(
        result.err.contains("expected the target that the model chooses, found 'a', which was named"), "\(result.err)")
    }
  }

  @Test func aPromptWithoutTheBeginningOfTheAnswerIsTold() throws {
    try run(
      here: Self.prompts("id: p, chat: the cat, generation_prompt: no"), there: Self.prompts("id: p, chat: the cat")
    ) { _, result in
      #expect(result.status == 0 && result.err.contains("no tokens that begin the answer"), "\(result.err)")
    }
  }

  @Test(arguments: [
    ("first_token: true", "first_token: false", "first_token: expected no, found yes"),
    (
      "first_token: true", "first_token: true, attribute: true",
      "attribute: expected shares of the model's parts, found none"
    ),
    ("first_token: true", "first_token: true, group: kind", "groups: expected those of 'kind', found none"),
    ("first_token: true", "first_token: true, items: true", "items: expected the numbers of single items, found none"),
    (
      "first_token: true, source: source, of: stream", "first_token: true, source: source, of: [stream, mlp]",
      "of: expected the states of mlp, found none of them"
    ),
  ]) func aSummaryHasToAnswerTheSpecToo(here: String, there: String, words: String) throws {
    func spec(_ words: String) -> String {
      "datasets: [{id: pairs, file: pairs.csv, prompt: prompt, target: target, foil: foil, \(words)}]\nfigures: [dataset-profile]"
    }
    try run(here: spec(here), there: spec(there)) { _, result in
      #expect(result.status == 66 && result.err.contains(words), "\(result.err)")
    }
  }

  @Test func aSummaryOfFewerItemsIsRefused() throws {
    let spec =
      "datasets: [{id: pairs, file: pairs.csv, prompt: prompt, target: target, foil: foil, first_token: true}]\nfigures: [dataset-profile]"
    try run(here: spec, there: spec) { strata, result in
      #expect(result.status == 0, "\(result.err)")
      try strata.write("prompt,target,foil,kind\nthe cat,a,o,x\n", to: "pairs.csv")
      let again = try strata.run("build", "there.yaml")
      #expect(again.status == 66 && again.err.contains("items: expected 1 item, found 2 items"), "\(again.err)")
    }
  }
}
