@testable import Figures
@testable import Models
@testable import Spec
@testable import Words
import Foundation
import TestSupport
import Testing

/// The author's own words in a spec, and prompts from files.
@Suite struct AuthorWordsTests {
  private func read(_ yaml: String, _ files: [String: String] = [:]) throws -> ReportSpec {
    try SpecReader.read(
      Data(yaml.utf8), name: "my.yaml", vocabulary: SpecContext.vocabulary,
      files: SpecFiles { path, _ in
        files[path].map { .bytes(Data($0.utf8)) } ?? .unreadable("no such file or directory")
      })
  }

  private func problems(_ yaml: String, _ files: [String: String] = [:]) throws -> [String] {
    do {
      _ = try read(yaml, files)
      return []
    } catch let list as DiagnosticList {
      return list.diagnostics.map(\.rendered)
    }
  }

  private let models = "models: {mine: ./m.gguf}\n"
  private let figures = "figures: [top-tokens]\n"

  @Test func theHeadOfASpecIsRead() throws {
    let spec = try read(
      SpecContext.root(
        "authors", "[Ada, {name: Jay, affiliation: Here, email: j@example.org, orcid: 0000-0002-1825-0097}]")
        + "subtitle: Two models\ndate: 2026-05-01 or so\nintro: {file: intro.md}\nconclusion: \"Late.\"\n",
      ["intro.md": "Words *first*.\n\n"])
    #expect(
      spec.head
        == ReportSpec.Head(
          subtitle: "Two models",
          authors: [
            .init(name: "Ada"),
            .init(name: "Jay", affiliation: "Here", email: "j@example.org", orcid: "0000-0002-1825-0097"),
          ], date: "2026-05-01 or so", intro: "Words *first*.\n", conclusion: "Late."))
    #expect(spec.files == ["intro.md"])
  }

  @Test func everyProblemOfTheAuthorsWordsIsReportedAtOnceWithItsPlace() throws {
    let yaml = """
      subtitle: "a\\nb"
      authors: [{affiliation: Here}, {name: Jay, email: nowhere, orcid: 0000-0002-1825-0098}]
      date: 2026-05-01
      intro: {file: missing.md}
      conclusion: "\(String(repeating: "x", count: 20_001))"
      models: {mine: ./m.gguf}
      prompts: [{id: a, text: A, title: "  ", nots: x}]
      figures: [{kind: top-tokens, caption: "{findin}", title: "{model}", label: "a b", layers: every 1}]
      """
    #expect(
      try problems(yaml) == [
        "error: my.yaml:1:11: subtitle must be one line, found a line break in it\n  hint: write a space in its place",
        "error: my.yaml:2:11: 'name' is missing in an author",
        "error: my.yaml:2:51: email of author 'Jay' must be an address of mail, found 'nowhere'",
        "error: my.yaml:2:67: orcid of author 'Jay' must be an ORCID iD, found '0000-0002-1825-0098'\n"
          + "  hint: for example 0000-0002-1825-0097; its last character checks the others",
        "error: my.yaml:3:7: date must be text, found the date 2026-05-01\n  hint: put it in quotes: \"2026-05-01\"",
        "error: my.yaml:4:15: the file 'missing.md' cannot be read: no such file or directory\n  hint: paths are relative to the spec's folder",
        "error: my.yaml:5:13: conclusion must have at most 20,000 characters, found 20,001",
        "error: my.yaml:7:41: unknown key 'nots' in a prompt\n  hint: did you mean 'note'? known keys: "
          + "id, title, text, file, decoder, chat, messages, rendered, system, reply, thinking, generation_prompt, template, "
          + "variables, date, generate, sample, continuation, watch, attribute, patch, changes, top, columns, tags, note",
        "error: my.yaml:7:35: title of prompt 'a' must not be blank",
        "error: my.yaml:8:58: title: unknown {model}\n  hint: known names in braces: prompt\n"
          + "  hint: write {{ and }} for braces",
        "error: my.yaml:8:39: caption: unknown {findin}\n  hint: did you mean 'finding'? known names in braces: "
          + "finding, caption, layers, prompt, model\n  hint: write {{ and }} for braces",
        "error: my.yaml:8:76: label must be letters, digits and :._-, found 'a b'\n"
          + "  hint: for example fig:crossing, or fig:crossing-{prompt} for several prompts",
        "error: my.yaml:8:91: layers must be 'every 2' (or more), a layer, a range such as 0-11, or a list of layers and "
          + "ranges, found 'every 1'\n  hint: for example layers: [embedding, 0, 4, 20-29]",
      ])
  }

  @Test func aTextWithNamesInBracesIsFilledIn() throws {
    func filled(_ text: String, _ finding: String?) throws -> String {
      try FigureText(text, names: [.finding, .caption]).filled { $0 == .finding ? finding : "C" }
    }
    #expect(try filled("A {finding} B {{x}} {caption}", "F.") == "A F. B {x} C")
    #expect(try filled("A {finding} B", nil) == "A B")
    #expect(try filled("A. {finding}", nil) == "A.")
    #expect(try filled("{finding}", "{caption}") == "{caption}")
    for (text, message) in [("a {", "expected } after {, found the end"), ("a }", "expected { before }, found none")] {
      let error = #expect(throws: DiagnosticList.self) { try FigureText(text, names: []) }
      #expect(error?.diagnostics.map(\.message) == [message])
    }
  }

  @Test(arguments: [
    ("every 3", [LayerChoice.Part.every(3)]), ("5", [.range(5, 5)]), ("0-11", [.range(0, 11)]),
    ("0..11", [.range(0, 11)]), ("[embedding, 1, 4-6]", [.embedding, .range(1, 1), .range(4, 6)]),
  ])
  func layersAreReadInEveryForm(written: String, parts: [LayerChoice.Part]) throws {
    let spec = try read(SpecContext.root("figures", "[{kind: top-tokens, layers: \(written)}]"))
    #expect(spec.figures[0].layers == LayerChoice(parts))
    #expect(spec.style(of: spec.figures[0]).layers == LayerChoice(parts))
  }

  @Test(arguments: [
    ("{kind: top-tokens}", 300, "full"), ("{kind: top-tokens, span: column}", nil, "column"),
    ("{kind: top-tokens, span: column, width: 200}", 200, "column"), ("{kind: top-tokens, width: 200}", 200, "full"),
  ])
  func anEntryHasASpanAndAWidthOfItsOwn(entry: String, width: Double?, span: String) throws {
    let spec = try read(
      SpecContext.root("figures", "[\(entry)]") + "\nstyle: {venue: acl, span: full, width: 300}\n")
    let style = spec.style(of: spec.figures[0])
    #expect(style.width == width && style.span == span && style.venue == "acl")
  }

  @Test func kindsThatReadAllLayersOrOneTakeNone() throws {
    let yaml = SpecContext.root(
      "figures",
      "[{kind: token-strip, layers: 3}, {kind: top-tokens, layer: 1, layers: 0-4}, {kind: lens-grid, layers: 9-2}]")
    #expect(
      try problems(yaml) == [
        "error: my.yaml:3:31: token-strip always reads all layers, or shows one: it takes no layers\n"
          + "  hint: leave out layers",
        "error: my.yaml:3:72: top-tokens shows layer 1 alone: it takes no layers\n  hint: leave out one of them",
        "error: my.yaml:3:112: a range of layers must go up, found '9-2'\n  hint: write 2-9",
      ])
  }

  @Test func aPromptsTextCanBeAFileWithoutItsLastLineBreak() throws {
    let spec = try read(
      models + "prompts: [{id: a, file: a.txt}, {id: b, file: b.txt}, {id: c, file: c.txt}]\n" + figures,
      ["a.txt": " One\r\ntwo \n", "b.txt": "One\n\n", "c.txt": "One"])
    #expect(spec.prompts.map(\.text) == [" One\r\ntwo ", "One\n", "One"])
    #expect(
      try problems(
        models + "prompts: [{id: a, file: a.txt, text: A}, {id: b}, {id: c, file: c.txt}]\n" + figures,
        [
          "a.txt": "A", "c.txt": "\n",
        ]) == [
          "error: my.yaml:2:19: prompt 'a' has both text and file\n  hint: keep one of them",
          "error: my.yaml:2:42: 'text' is missing in prompt 'b'",
          "error: c.txt: expected a text, found an empty file\n  hint: write the text into it",
        ])
  }

  @Test func promptsAreTheRowsOfATable() throws {
    let csv = """
      id,text,title,watch,generate,tags,note
      keys,"The keys, all",The keys,"["" is"", "" are""]",1,grammar,
      one, is,, is,,"[a, b]",A *note*.
      """
    let json = """
      {"id": "keys", "text": "The keys, all", "title": "The keys", "watch": [" is", " are"], "generate": 1, "tags": "grammar"}

      {"id": "one", "text": " is", "watch": " is", "tags": ["a", "b"], "note": "A *note*.", "top": null}
      """
    for (name, text) in [("p.csv", csv), ("p.jsonl", json)] {
      let spec = try read(models + "prompts: {from: \(name)}\n" + figures, [name: text])
      #expect(spec.prompts.map(\.id) == ["keys", "one"])
      #expect(spec.prompts.map(\.text) == ["The keys, all", " is"])
      #expect(spec.prompts.map(\.title) == ["The keys", nil])
      #expect(spec.prompts.map(\.watch) == [[.token(" is"), .token(" are")], [.token(" is")]])
      #expect(spec.prompts.map(\.method) == [.generate(1), .generate(0)])
      #expect(spec.prompts.map(\.tags) == [["grammar"], ["a", "b"]])
      #expect(spec.prompts.map(\.note) == [nil, "A *note*."])
      #expect(spec.files == [name])
    }
  }

  @Test func mistakesOfATableHaveTheirLines() throws {
    let yaml =
      models + "prompts: [{id: a, text: A}, {from: p.jsonl}, {from: p.csv}, {from: p.txt}, {from: no.csv}]\n" + figures
    let json = """
      {"id": "a", "text": "A"}
      {"id": "b", "text": 3}
      {"id": "c",
      {"id": "c", "text": "C", "wacth": 1}
      [1]
      {"id": "d", "text": "D", "watch": ["x", "x"]}
      """
    let found = try problems(yaml, ["p.jsonl": json, "p.csv": "id,txt\na,b\n"])
    #expect(
      found.contains("error: p.jsonl:1:8: id 'a' is given twice, first in line 2\n  hint: give every prompt its own id")
    )
    #expect(found.contains { $0.hasPrefix("error: p.jsonl:2:21: text of prompt 'b' must be text, found the number 3") })
    #expect(
      found.contains {
        $0.hasPrefix("error: p.jsonl:3:")
      })
    #expect(
      found.contains {
        $0.hasPrefix("error: p.jsonl:4:35: unknown key 'wacth' in a prompt\n  hint: did you mean 'watch'?")
      })
    #expect(
      found.contains { $0.hasPrefix("error: p.jsonl:5:1: expected an object, found an array\n  hint: write each") })
    #expect(found.contains { $0.hasPrefix("error: p.jsonl:6:35: watched word 'x' of prompt 'd' is given twice") })
    #expect(
      found.contains {
        $0.hasPrefix("error: p.csv:1:4: unknown column 'txt' in a table of prompts\n  hint: did you mean 'text'?")
      })
    #expect(found.contains { $0.contains("from must be a file that ends in .csv or .jsonl, found 'p.txt'") })
    #expect(found.contains { $0.contains("the file 'no.csv' cannot be read: no such file or directory") })
    #expect(found.count == 10)
  }
}
