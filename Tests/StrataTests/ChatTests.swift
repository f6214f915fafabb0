import Foundation
import TestSupport
import Testing

/// Conversations on their way from the command line and a spec to the trace and the gallery.
@Suite struct ChatTests {
  private let template = """
    {% for m in messages %}<|im_start|>{{ m.role }}
    {{ m.content }}<|im_end|>
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
    {% endif %}
    """

  /// A tiny Llama with a chat template in a file of its own.
  private func makeModel(_ folder: URL, template: String?) throws {
    let model = folder.appending(path: "m", directoryHint: .isDirectory)
    try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
    if let template { try Data(template.utf8).write(to: model.appending(path: "chat_template.jinja")) }
  }

  private func chat(_ out: String) throws -> (prompt: String, ids: [Int], chat: [String: Any]) {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(out.utf8)) as? [String: Any])
    let tokens = try #require(json["tokens"] as? [[String: Any]])
    return (
      try #require(json["prompt"] as? String), tokens.compactMap { $0["id"] as? Int },
      json["chat"] as? [String: Any] ?? [:]
    )
  }

  @Test func aConversationIsRenderedAndItsRolesAreInTheTrace() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder, template: template)
      let strata = StrataProgram(folder: folder)
      let ask = ["trace", "--model", "./m", "--chat", "the keys", "--system", "the city"]
      let first = try strata.run(ask)
      #expect(first.status == 0, "\(first.err)")
      #expect(!first.err.contains("note"))
      let found = try chat(first.out)
      let text =
        "<|im_start|>system\nthe city<|im_end|>\n<|im_start|>user\nthe keys<|im_end|>\n<|im_start|>assistant\n"
      #expect(found.prompt == text)
      let spans = try #require(found.chat["spans"] as? [[String: Any]])
      #expect(
        spans.map { $0["role"] as? String ?? "-" }
          == ["system", "system", "system", "user", "user", "user", "assistant"])
      #expect(spans.map { $0["template"] as? Bool } == [true, false, true, true, false, true, true])
      #expect((found.chat["template"] as? [String: String])?["source"] == "chat_template.jinja")
      #expect(try strata.run(ask) == .init(status: 0, out: first.out, err: ""), "from the cache")
      // The same text given as rendered has the same ids; a plain text has a note.
      let given = try chat(try strata.run(["trace", "-q", "--model", "./m", "--rendered", text]).out)
      #expect(given.ids == found.ids && (given.chat["messages"] as? [Any])?.isEmpty == true)
      let plain = try strata.run(["trace", "--model", "./m", "--prompt", text])
      #expect(plain.err.contains("note: m has a chat template and is given plain text"))
      #expect(try chat(plain.out).chat.isEmpty)
      let meant = try strata.run(["trace", "--model", "./m", "--prompt", text, "--plain-text"])
      #expect(!meant.err.contains("chat template") && meant.out == plain.out)
      // Another template is another conversation, though the model's numbers are the same.
      try makeOther(folder)
      #expect(try chat(try strata.run(ask).out).prompt == "the keys")
    }
  }

  private func makeOther(_ folder: URL) throws {
    try Data("{{ messages[-1].content }}".utf8).write(to: folder.appending(path: "m/chat_template.jinja"))
  }

  @Test func conversationsComeFromFilesAndOptionsAreChecked() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder, template: template)
      let strata = StrataProgram(folder: folder)
      try strata.write("[{\"role\": \"user\", \"content\": \"the keys\"}]", to: "c.json")
      let reply = try strata.run(["trace", "-q", "--model", "./m", "--chat-file", "c.json", "--reply", "to the "])
      #expect(
        try chat(reply.out).prompt == "<|im_start|>user\nthe keys<|im_end|>\n<|im_start|>assistant\nto the ",
        "\(reply.err)")
      for (arguments, status, words) in [
        (["--prompt", "a", "--system", "b"], Int32(64), "--system says more about a conversation"),
        (["--chat", "a", "--date", "2025-02-30"], 64, "date of the conversation must be a day such as 2025-01-31"),
        (["--chat", "a", "--thinking", "off"], 66, "has no variable enable_thinking or thinking"),
        (["--chat", "a", "--template", "rag"], 66, "has no chat template called 'rag'"),
        (["--chat", "a", "--variable", "x"], 64, "expected a name and a value"),
        (["--chat-file", "none.json"], 66, "none.json: no such file"),
      ] {
        let result = try strata.run(["trace", "--model", "./m"] + arguments)
        #expect(result.status == status && result.err.contains(words), "\(result)")
      }
    }
  }

  @Test func whatATemplateRefusesHasItsLineInTheSpec() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder, template: template)
      let strata = StrataProgram(folder: folder)
      let spec = """
        models: {m: {path: ./m, plain_text: true}}
        prompts:
          - {id: asked, chat: the keys, template: rag}
        figures: [top-tokens]

        """
      try strata.write(spec, to: "c.yaml")
      let alone = try strata.run("build", "c.yaml")
      #expect(alone.status == 66)
      #expect(
        alone.err.contains(
          "error: c.yaml:3:5: m, asked: has no chat template called 'rag'\n  hint: known templates: default"),
        "\(alone.err)")
      try strata.write(
        spec.replacing("figures", with: "  - {id: told, text: the keys}\nfigures"), to: "c.yaml")
      let beside = try strata.run("build", "c.yaml")
      #expect(beside.status == 1)
      #expect(beside.err.contains("failed m, asked: c.yaml:3:5: has no chat template called 'rag'"), "\(beside.err)")
      #expect(!beside.err.contains("is given plain text"), "plain_text: true says that it is meant")
      // A template of the gallery that is not there has its line as well.
      try strata.write(spec + "output: {template: ./none}\n", to: "c.yaml")
      let template = try strata.run("build", "c.yaml")
      #expect(template.status == 66)
      #expect(
        template.err.hasPrefix("error: c.yaml:5:20: expected a gallery template with index.mustache, found none\n"),
        "\(template.err)")
    }
  }

  @Test func aBaseModelRefusesAConversation() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder, template: nil)
      let strata = StrataProgram(folder: folder)
      let result = try strata.run(["trace", "--model", "./m", "--chat", "a"])
      #expect(result.status == 66)
      #expect(
        result.err.hasPrefix(
          "error: m: expected a chat template, which a conversation needs, found none: this is a base model\n"))
      #expect(result.err.contains("--prompt on the command line"), "\(result.err)")
      #expect(!(try strata.run(["trace", "--model", "./m", "--prompt", "a"])).err.contains("note"))
    }
  }

  @Test func aGalleryOfConversationsIsBuiltOnce() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder, template: template)
      let strata = StrataProgram(folder: folder)
      try strata.write(
        """
        models: {m: ./m}
        prompts:
          - {id: asked, chat: the keys, generate: 1}
          - {id: told, text: the keys, generate: 1}
        figures: [top-tokens]
        """, to: "c.yaml")
      let first = try strata.run("build", "c.yaml")
      #expect(first.status == 0, "\(first.err)")
      #expect(first.err.components(separatedBy: "has a chat template and is given plain text").count == 2)
      let trace = try chat(try String(contentsOf: folder.appending(path: "out/c/traces/m-asked.json"), encoding: .utf8))
      #expect(trace.prompt.hasPrefix("<|im_start|>user\nthe keys"))
      let page = try String(contentsOf: folder.appending(path: "out/c/index.html"), encoding: .utf8)
      #expect(page.contains("the keys"))
      let again = try strata.run("build", "c.yaml", "--explain")
      #expect(again.err.contains("nothing has changed since the last build"))
      try makeOther(folder)
      #expect(try strata.run("build", "c.yaml").status == 0)
      let changed = try chat(
        try String(contentsOf: folder.appending(path: "out/c/traces/m-asked.json"), encoding: .utf8))
      #expect(changed.prompt == "the keys")
    }
  }
}
