import Foundation
import TestSupport
import Testing

/// What a run was asked is in its file of states: read back without an option they give the same bytes, and options say otherwise.
@Suite struct StatesSettingsTests {
  private static let gpt2 = Fixtures.url("models/gpt2/gpt2.gguf").path

  /// A Llama with a chat template and a setting that nobody follows.
  private func makeModel(_ folder: URL) throws {
    let model = folder.appending(path: "m", directoryHint: .isDirectory)
    try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
    let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    try Data(template.utf8).write(to: model.appending(path: "chat_template.jinja"))
    let file = model.appending(path: "config.json")
    var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    json["attention_sinks"] = 4
    try JSONSerialization.data(withJSONObject: json, options: [.sortedKeys]).write(to: file)
  }

  /// Saves the states of a run, and gives the bytes of its trace.
  private func save(_ strata: StrataProgram, _ model: String, _ options: [String]) throws -> String {
    let made = try strata.run(["trace", "-q", "-m", model, "--save-states", "s.safetensors"] + options)
    try #require(made.status == 0, "\(options): \(made.err)")
    return made.out
  }

  private func read(_ strata: StrataProgram, _ model: String, _ options: [String] = []) throws -> StrataProgram.Result {
    try strata.run(["trace", "--states", "s.safetensors", "-m", model] + options)
  }

  private static let asked: [[String]] = [
    ["--top", "3"], ["--top", "100"], ["--norm", "none"], ["--norm", "none", "--watch", " the", "--top", "2"],
    ["--watch", " the", "--watch", "auto(2, all)"],
    ["--watch-set", "{name: some, ids: [5, 7]}", "--watch-set", "{name: auto(3), tokens: [\" the\"]}"],
    ["--watch-set", "{name: first, first_of: [\" theory\", \" the\"]}"],
    ["--columns", "all"], ["--columns", "last"], ["--rows", "attention"],
    ["--sample", "{temperature: 2, top_k: 5, seed: 3}"],
    ["--attribute", "auto"], ["--attribute", "auto", "--norm", "none", "--top", "1"],
    ["--patch", "{source: in keys}"], ["--bos", "yes"], ["--bos", "no"],
  ]

  @Test(arguments: asked) func aRunWithOptionsComesFromItsStatesWithout(options: [String]) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      for model in [Self.gpt2, Fixtures.url("models/llama/hf").path] {
        let run = try save(strata, model, ["-p", "the keys", "--generate", "3"] + options)
        let found = try read(strata, model)
        #expect(found.status == 0 && !found.err.contains("warning"), "\(found.err)")
        #expect(found.out == run, "\(options)")
      }
    }
  }

  @Test func conversationsAcceptedSettingsAndOtherTextsAreKept() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder)
      let strata = StrataProgram(folder: folder)
      let accept = ["--accept-setting", "attention_sinks"]
      for (model, options) in [
        ("./m", accept + ["--chat", "the keys", "--system", "the city", "--top", "2", "--generate", "2"]),
        ("./m", accept + ["--bos", "yes", "-p", "the keys", "-p", "a dog", "--continuation", " to the"]),
        (Fixtures.url("models/t5/hf").path, ["-p", "the keys", "--decoder", "the", "--generate", "2", "--top", "4"]),
      ] {
        let run = try save(strata, model, options)
        let found = try read(strata, model)
        #expect(found.status == 0 && found.out == run, "\(options): \(found.err)")
      }
    }
  }

  @Test func whatTheCommandSaysIsFollowed() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let text = ["-p", "the keys", "--generate", "3"]
      let saved = ["--top", "3", "--norm", "none", "--watch", " the", "--rows", "attention", "--columns", "all"]
      _ = try save(strata, Self.gpt2, text + saved)
      for options in [
        ["--top", "10"], ["--norm", "final"], ["--watch", " a"], ["--rows", "blocks"], ["--rows", "attention"],
        ["--columns", "generated"], ["--columns", "last", "--rows", "blocks"], ["--columns", "all"],
      ] {
        let kept = stride(from: 0, to: saved.count, by: 2).filter { !options.contains(saved[$0]) }
          .flatMap { [saved[$0], saved[$0 + 1]] }
        let run = try strata.run(["trace", "-q", "-m", Self.gpt2] + text + kept + options)
        let found = try read(strata, Self.gpt2, options)
        #expect(run.status == 0 && found.status == 0, "\(options): \(run.err)\(found.err)")
        #expect(found.out == run.out, "\(options)")
      }
      _ = try save(strata, Self.gpt2, text)
      for (options, words) in [
        (["--columns", "all"], "expected the state of position 0, which --columns asks for, found none"),
        (["--rows", "attention"], "expected states within the blocks, which --rows attention asks for, found none"),
        (["--bos", "no"], "the file says itself what was asked: expected no --bos no"),
      ] {
        let refused = try read(strata, Self.gpt2, options)
        #expect(
          refused.status == 66 && refused.err.contains("s.safetensors") && refused.err.contains(words), "\(refused.err)"
        )
      }
      let twice = try read(strata, Self.gpt2, ["--watch", "auto(1)", "--watch", "auto(2)"])
      #expect(twice.status == 64 && twice.err.contains("automatic words twice"), "\(twice.err)")
    }
  }

  @Test func whatNoFileOfStatesHoldsIsToldOf() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      for (kind, path) in [("tuned", "lenses/gpt2"), ("Jacobian", "jacobian/gpt2.pt")] {
        let lens = ["--\(kind.lowercased())-lens", Fixtures.url(path).path]
        let run = try save(strata, Self.gpt2, ["-p", "the keys", "--generate", "2", "--top", "3"] + lens)
        #expect(try read(strata, Self.gpt2, lens).out == run)
        let without = try read(strata, Self.gpt2)
        #expect(without.status == 0 && without.out != run)
        #expect(
          without.err.contains("warning: s.safetensors: the run was read through a \(kind) lens (sha256 ")
            && without.err.contains(lens[0]), "\(without.err)")
      }
      // A fitted lens reads through the final norm, whatever the run did.
      _ = try save(strata, Self.gpt2, ["-p", "the keys", "--norm", "none"])
      #expect(try read(strata, Self.gpt2, ["--tuned-lens", Fixtures.url("lenses/gpt2").path]).status == 0)
      let model = Fixtures.url("models/llama/hf").path
      let adapter = ["--adapter", Fixtures.url("adapters/llama").path]
      let run = try save(strata, model, ["-p", "the keys", "--generate", "2", "--attribute", "auto"] + adapter)
      #expect(try read(strata, model, adapter).out == run)
      let without = try read(strata, model)
      #expect(without.status == 0 && !without.out.contains("\"attribution\""))
      #expect(without.err.contains("the states are of a run with the adapter llama (sha256 "), "\(without.err)")
      #expect(without.err.contains("what the run attributed or patched is left out"), "\(without.err)")
    }
  }

  @Test func filesThatDoNotSayWhatWasAskedAreReadAsARunWithoutOptions() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let options = ["--top", "3", "--watch", " the"]
      let run = try save(strata, Self.gpt2, ["-p", "the keys", "--generate", "2"] + options)
      let file = folder.appending(path: "s.safetensors")
      let whole = try Data(contentsOf: file)
      func write(_ old: String, _ new: String) throws {
        var data = whole
        let range = try #require(data.range(of: Data(old.utf8)), "\(old)")
        data.replaceSubrange(range, with: Data(new.utf8))
        try data.write(to: file)
      }
      try write("\"asked.0\"", "\"other.0\"")
      #expect(try read(strata, Self.gpt2, options).out == run)
      let plain = try strata.run("trace", "-q", "-m", Self.gpt2, "-p", "the keys", "--generate", "2")
      #expect(try read(strata, Self.gpt2).out == plain.out)
      for (old, new, words) in [
        (
          "\\\"top\\\":3", "\\\"tip\\\":3",
          "s.safetensors: asked.0: expected what a run was asked, {lens, top, watch}, found no 'top'"
        ),
        ("\\\"top\\\":3", "\\\"top\\\":0", "top"), ("\\\"top\\\":3", "\\\"top\\\":x", "found something else"),
        ("\\\" the\\\"]", "\\\" thx\\\"]", "' thx'"),
      ] {
        try write(old, new)
        let refused = try read(strata, Self.gpt2)
        #expect([65, 66].contains(refused.status) && refused.err.contains(words), "\(refused.status) \(refused.err)")
      }
    }
  }
}
