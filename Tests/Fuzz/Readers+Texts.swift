import Build
import Engine
import Files
import Foundation
import Gallery
import Markdown
import Models
import Spec
import Traces
import Words

/// Readers of what authors write: specs, tables, templates, texts, options.
extension FuzzReader {
  static let texts = [
    FuzzReader(
      name: "spec", form: .text(specWords), seeds: ["specs/wrong.yaml", "../../examples/*.yaml"],
      read: { input in
        _ = try Plan(try SpecReader.read(input.bytes, name: "s.yaml", vocabulary: vocabulary, files: beside))
      }),
    FuzzReader(
      name: "prompt-table", form: .text(specWords),
      read: { input in
        let spec = "models: {A: ./a.gguf}\nprompts: {from: p.\(input.ending)}\nfigures: [rank-heatmap]\n"
        let bytes = input.bytes
        _ = try SpecReader.read(
          Data(spec.utf8), name: "s.yaml", vocabulary: vocabulary, files: SpecFiles { _, _ in .bytes(bytes) })
      }),
    FuzzReader(
      name: "dataset", form: .text(["\"", "\"\"", ",", "\r\n", "prompt", "target", "foil", "group"]),
      read: { input in
        let columns = DatasetColumns(foil: "foil", groups: ["group"])
        _ = try DatasetReader.items(input.bytes, name: "d.\(input.ending)", columns: columns)
      }),
    FuzzReader(
      name: "passages", form: .text([" ", "\n", "\r\n", "\u{3000}", "\u{FEFF}"]),
      read: { input in
        for most in [100, 7] { _ = try DatasetReader.passages(input.bytes, name: "t.txt", most: most) }
      }),
    FuzzReader(
      name: "template",
      form: .text(["{{", "}}", "{{{", "}}}", "{{=<% %>=}}", "{{>part}}", "{{#list}}", "{{/list}}", "{{&text}}"]),
      seeds: ["../../templates/gallery/*.mustache"],
      read: { input in
        try input.write(Data("<p>{{text}}</p>{{#list}}{{.}}{{/list}}".utf8), "template/part.mustache")
        let file = try input.file("template/index.mustache")
        _ = try GalleryTemplate(explicit: file.deletingLastPathComponent()).page(page)
      }),
    FuzzReader(
      name: "markdown",
      form: .text(["#", "*", "_", ">", "- ", "1. ", "[a](https://a.b)", "```", "<b>", "&amp;", "| a |", "---"]),
      seeds: ["../../README.md", "../../docs/findings.md"],
      read: { input in
        let text = MarkdownText(input.text)
        _ = (text.latex, text.problems.count)
      }),
    FuzzReader(
      name: "messages", form: .text(["role", "content", "user", "assistant", "system", "tool_calls", "name"]),
      read: { input in
        _ = try ChatPrompt.parse([("messages", "f.json", .json(input.bytes))], category: .badInput)
      }),
    FuzzReader(
      name: "options",
      form: .text(["auto(2)", "target=", "foil", "seed", "temperature", "top_p", "of=", "|", "=", "{", "}"]),
      read: { input in
        // Each by itself: what one refuses, the next may take.
        var problems: [any Error] = []
        let readers: [(String) throws -> Any] = [
          Watched.parse, WatchSet.parse, Sampling.parse, AttributionRequest.parse, PatchRequest.parse,
        ]
        for reader in readers {
          do { _ = try reader(input.text) } catch { problems.append(error) }
        }
        if let first = problems.first(where: { Diagnostic.one(from: $0).category == .internalFault }) ?? problems.last {
          throw first
        }
      }),
    FuzzReader(
      name: "reference", form: .text(["hf:", "ollama:", "@", "/", ":", "../", "https://", ".gguf", "Q4_K_M"]),
      read: { input in
        _ = (
          ModelReference.parse(input.text, catalog: ["a"]), HubReference.parse(input.text),
          HubReference.alias(input.text)
        )
      }),
    FuzzReader(
      name: "shown-text", form: .text(["\u{1B}[31m", "\u{9B}", "\u{202E}", "\u{FEFF}", "::error::", "{{", "&lt;"]),
      read: { input in
        let text = input.text
        _ = (TerminalText.safe(text), VisibleText.inline(text), VisibleText.marked(text), VisibleText.escapable(text))
        _ = (VisibleText.pieces(of: text).count, VisibleText.excerpt(of: text, count: 80), LatexText.escaped(text))
        _ = (Slug.isSlug(text), DisplayWidth.of(text))
      }),
  ]

  /// The files beside a spec: a table for names of tables, Markdown for all others.
  private static let beside = SpecFiles { path, _ in
    path.hasSuffix("csv")
      ? .bytes(Data("id,text\na,The cat\n".utf8))
      : path.hasSuffix("jsonl")
        ? .bytes(Data("{\"id\": \"a\", \"text\": \"The cat\"}\n".utf8)) : .bytes(Data("A *word*.\n".utf8))
  }

  private static var page: TemplateValue {
    .record([
      "text": .text("a <b> & c"), "list": .list([.text("x"), .record(["text": .text("y"), "list": .list([])])]),
      "title": .text("T"), "style": .raw("p {}"), "none": .absent, "number": .number(3), "flag": .flag(true),
    ])
  }

  private static let specWords =
    vocabulary.kinds.map(\.name) + [
      "title", "models", "prompts", "datasets", "figures", "lens", "style", "output", "traces", "id", "text", "file",
      "from",
      "generate", "continuation", "watch", "attribute", "patch", "target", "foil", "position", "source", "chat",
      "messages",
      "role", "user", "kind", "layers", "limit", "max_rank", "tokens", "mark", "caption", "alt", "venue", "span",
      "width",
      "&a", "*a", "<<: *a", "!!binary", "!!float", "|", ">", "- ", ": ", "? ", "---", "...", "{from: p.csv}", "[0, 1]",
      "1:2",
    ]
}
