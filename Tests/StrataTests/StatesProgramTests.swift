import Foundation
import TestSupport
import Testing

/// States as input from the command line: what comes out, what is refused by name, and what may be wrong.
@Suite struct StatesProgramTests {
  private let model = Fixtures.url("models/gpt2/gpt2.gguf").path

  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let made = try strata.run(
        "trace", "-q", "-m", model, "-p", "the keys", "-p", "a dog", "--generate", "2", "--watch", " the",
        "--save-states",
        "s.safetensors", "-o", "run.jsonl")
      try #require(made.status == 0, "\(made.err)")
      try body(strata)
    }
  }

  @Test func theTracesOfARunComeFromItsStates() throws {
    try run { strata in
      let read = try strata.run(
        "trace", "--states", "s.safetensors", "-m", model, "-o", "read.jsonl", "--threads", "2")
      #expect(read.status == 0 && !read.err.contains("warning"), "\(read.err)")
      let both = try ["run", "read"].map { try Data(contentsOf: strata.folder.appending(path: "\($0).jsonl")) }
      #expect(both[0] == both[1])
      // Other files of the same model: the trace says whose norm and head it was.
      let other = Fixtures.url("models/gpt2/hf").path
      let warned = try strata.run("trace", "--states", "s.safetensors", "-m", other)
      #expect(
        warned.status == 0 && warned.err.contains("warning: s.safetensors: the states are of gpt2"), "\(warned.err)")
    }
  }

  @Test func statesOfAChangedRunSayHowItWasChanged() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let made = try strata.run(
        "trace", "-q", "-m", model, "-p", "the keys", "--generate", "2", "--change",
        "{plus: the keys, minus: a dog, layer: 0, positions: all, by: 2}", "--save-states", "s.safetensors", "-o",
        "run.json")
      try #require(made.status == 0, "\(made.err)")
      let read = try strata.run("trace", "--states", "s.safetensors", "-m", model, "-o", "read.json")
      #expect(read.status == 0, "\(read.err)")
      let both = try ["run", "read"].map { try Data(contentsOf: strata.folder.appending(path: "\($0).json")) }
      #expect(both[0] == both[1] && String(decoding: both[0], as: UTF8.self).contains("\"changes\""))
    }
  }

  @Test func whatOnlyARunCanAnswerIsRefusedByName() throws {
    try run { strata in
      for options in [
        ["--generate", "1"], ["--decoder", "a"], ["--attribute", "auto"],
        ["--save-states", "t.safetensors"], ["--prompt-file", "p.txt"], ["--chat", "hello"],
        ["--change", "{source: a dog, layer: 0, positions: last}"],
      ] {
        let result = try strata.run(["trace", "--states", "s.safetensors", "-m", model] + options)
        #expect(result.status == 64 && result.err.contains(options[0]), "\(options): \(result.err)")
      }
      let prompt = try strata.run("trace", "--states", "s.safetensors", "-m", model, "-p", "the keys")
      #expect(prompt.status == 66 && prompt.err.contains("the file says itself what was asked: expected no --prompt"))
      let llama = try strata.run("trace", "--states", "s.safetensors", "-m", Fixtures.url("models/t5/hf").path)
      #expect(llama.status == 66 && llama.err.contains("error: s.safetensors"), "\(llama.err)")
      let none = try strata.run("trace", "--states", "s.safetensors")
      #expect(none.status == 64 && none.err.contains("--model"))
      try strata.write("no states", to: "n.safetensors")
      let both = try strata.run("trace", "--states", "n.safetensors", "m.safetensors", "-m", model)
      #expect(both.status == 66)
      #expect(both.err.contains("n.safetensors") && both.err.contains("m.safetensors: no such file"), "\(both.err)")
    }
  }

  @Test func aTraceOfChangedStatesCanBeRight() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let made = try strata.run(
        "trace", "-q", "-m", model, "-p", "the keys", "--generate", "2", "--attribute", "auto", "--patch",
        "{source: in keys}", "--save-states", "s.safetensors", "-o", "run.json")
      try #require(made.status == 0, "\(made.err)")
      let file = folder.appending(path: "s.safetensors")
      var data = try Data(contentsOf: file)
      // The sign of every number of the states, 4 rows of 2 columns of 20, is in the last byte of each.
      let begin = data.count - data.numbersOfSafetensors.count
      for place in stride(from: begin + 3, to: begin + 4 * (4 * 2 * 20), by: 4) { data[place] ^= 0x80 }
      try data.write(to: file)
      let read = try strata.run("trace", "--states", "s.safetensors", "-m", model, "-o", "read.json")
      #expect(read.status == 0 && read.err.contains("warning: s.safetensors: the states are not those"), "\(read.err)")
      let text = String(decoding: try Data(contentsOf: folder.appending(path: "read.json")), as: UTF8.self)
      #expect(!text.contains("\"attribution\"") && !text.contains("\"patching\""))
      #expect(text.contains("\"continuation\""))
      let checked = try strata.run("trace", "--check", "read.json")
      #expect(checked.status == 0, "\(checked.out) \(checked.err)")
    }
  }
}
