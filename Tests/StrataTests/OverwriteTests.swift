import Foundation
import TestSupport
import Testing

/// No command writes where it reads, and none writes two things to one place.
@Suite struct OverwriteTests {
  @Test func anOutputThatIsAnInputIsRefused() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      let files = [
        "talk.json": "[{\"role\": \"user\", \"content\": \"the cat\"}]", "text.txt": "the cat",
        "pairs.csv": "prompt,target,foil\nthe cat,a,o\n",
        "ok.yaml": "models: {Tiny: ./tiny.gguf}\nprompts: [{id: cat, text: the cat}]\nfigures: [top-tokens]\n",
      ]
      for (name, text) in files { try strata.write(text, to: name) }
      for name in ["a.json", "b.json"] {
        let made = try strata.run("trace", "-m", "tiny.gguf", "--prompt-file", "text.txt", "-q", "-o", name)
        try #require(made.status == 0, "\(made.err)")
      }
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: "link.json"), withDestinationURL: folder.appending(path: "a.json"))
      let before = try contents(of: folder)
      let commands = [
        ["trace", "-m", "tiny.gguf", "--chat-file", "talk.json", "-o", "talk.json"],
        ["trace", "-m", "tiny.gguf", "--prompt-file", "text.txt", "-o", "./text.txt"],
        ["trace", "-m", "tiny.gguf", "--prompt", "a", "-o", "tiny.gguf"],
        ["trace", "-m", "tiny.gguf", "--prompt", "a", "--save-states", "x.safetensors", "-o", "x.safetensors"],
        ["dataset", "pairs.csv", "--model", "tiny.gguf", "--foil", "foil", "-o", "pairs.csv"],
        ["check", "ok.yaml", "--summary", "ok.yaml"], ["check", "ok.yaml", "--html", "ok.yaml"],
        ["diff", "a.json", "b.json", "--html", "a.json"], ["diff", "a.json", "b.json", "--html", "link.json"],
        ["draw", "a.json", "--kind", "top-tokens", "-o", "f.pdf", "-o", "./f.pdf"],
      ]
      for command in commands {
        let result = try strata.run(command)
        #expect(result.status == 64, "\(command): \(result.err)")
        #expect(
          result.err.contains("names a file that the command reads") || result.err.contains("the same file")
            || result.err.contains("names the file twice"), "\(command): \(result.err)")
      }
      #expect(try contents(of: folder) == before)
      // Another name does.
      #expect(try strata.run("diff", "a.json", "b.json", "--html", "page.html").status == 0)
    }
  }

  private func contents(of folder: URL) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      guard !name.hasPrefix("std"), name != "cache" else { continue }
      contents[name] = try Data(contentsOf: folder.appending(path: name))
    }
    return contents
  }
}
