import Foundation
import TestSupport
import Testing

/// A spec that would like to run something, or to write elsewhere.
@Suite struct HostileSpecTests {
  /// Text that acts in a template, a page, LaTeX, Typst or Markdown, where it is not made safe.
  private static let hostile = #"<script>alert(1)</script> {{title}} \\input{/etc/passwd} #read(\"x\") ]( ' $&_^~%"#

  private static let spec = #"""
    title: "<script>alert(1)</script> {{title}} {{{style}}} ../../x \"quotes\" 'single'"
    subtitle: "HOSTILE subtitle"
    authors: [{name: "HOSTILE name", affiliation: "HOSTILE place", email: "a%b@example.org"}, "<b>Bob</b>"]
    date: "HOSTILE date"
    intro: "HOSTILE *intro* <img src=x onerror=alert(1)> [a](https://example.org/\"onload=alert(1))"
    conclusion: {file: end.md}
    models:
      "<script>alert('m')</script>{{tool}}": {path: ./first}
      "../../etc/passwd \"x\" onload=alert(1)": {path: ./first}
    prompts:
      - {id: a, text: "a<script>alert(1)</script>{{#prompts}}", generate: 1, tags: ["<b>tag</b>", "../x", "javascript:alert(1)"]}
      - {id: b, title: "HOSTILE title", note: "HOSTILE note", text: "../../../etc/passwd \" ' ` \\ \n\n\t \0 \u202E\u2066 \uFEFF", continuation: "</pre><img src=x onerror=alert(1)>"}
      - {id: c, text: "${{ github.token }} $(touch ran) %0A::error::x & | [x](javascript:alert(1))", generate: 1}
      - {id: d, file: d.txt, generate: 1}
      - {from: more.jsonl}
    figures:
      - rank-heatmap
      - {kind: top-tokens, title: "FILLED figure {prompt}", caption: "FILLED caption {finding} {caption}", label: "x:{prompt}-{model}", width: 300, height: 400, layers: [embedding, 0-2]}
      - {kind: top-tokens, id: constructor, layers: every 2}
      - comparison
    output: {figures: [svg, pdf, tex, typ, qmd], gallery: [html, single-file], latex: paper, paper: letter, logo: ./logo.png}
    traces: commit

    """#
    .replacing("HOSTILE", with: hostile)
    .replacing("FILLED", with: hostile.replacing("{", with: "{{").replacing("}", with: "}}"))

  /// Whoever runs a build names the spec, and somebody else may have put a link in its place.
  @Test func aSpecIsNoLinkToAnotherPlace() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder.appending(path: "project"))
      try FileManager.default.createDirectory(at: strata.folder, withIntermediateDirectories: true)
      let secret = folder.appending(path: "token")
      try Data("hf_secret".utf8).write(to: secret)
      let place = strata.folder.appending(path: "paper.yaml")
      for target in [secret.path, "/dev/zero", "/proc/self/environ"] {
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: target)
        for command in ["build", "check", "plan"] {
          let result = try strata.run(command, "paper.yaml")
          #expect(result.status == 66 && result.err.contains("found a link to '"), "\(result.err)")
          #expect(!result.err.contains("hf_secret"))
        }
      }
      // Within the project a link is a file like any other.
      try FileManager.default.removeItem(at: place)
      try strata.write("title: 1\n", to: "real.yaml")
      try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: "real.yaml")
      let read = try strata.run("plan", "paper.yaml")
      #expect(read.status == 65 && read.err.contains("paper.yaml:1"), "\(read.err)")
      // What the user's own shell gives the program is not the project's.
      let given = try strata.run("plan", "/dev/null")
      #expect(given.status == 65 && !given.err.contains("a link to"), "\(given.err)")
    }
  }

  @Test func nothingRunsNothingEscapesAndEverythingIsShown() throws {
    try withTemporaryFolder { folder in
      let inner = folder.appending(path: "one/two")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      let strata = StrataProgram(folder: inner)
      let model = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "models/first")
      try FileManager.default.copyItem(at: model, to: inner.appending(path: "first"))
      try strata.write(Self.spec, to: "words.yaml")
      try strata.write("</div><script>alert(1)</script>\n\n    {{{style}}} `\\input{x}`\n", to: "end.md")
      try strata.write("{{/prompts}}</textarea><script>alert(1)</script>", to: "d.txt")
      try strata.write(
        #"{"id": "e", "text": "</script><script>alert(1)</script>", "title": "<i>e</i>{{x}}", "generate": 1}"# + "\n",
        to: "more.jsonl")
      try FileManager.default.copyItem(
        at: Fixtures.repository.appending(path: "docs/gallery.png"), to: inner.appending(path: "logo.png"))
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status == 0, "\(result.err)")
      // Everything is in the gallery's folder, beside the spec, or in the cache; every name is plain.
      for file in StrataProgram(folder: folder).files(in: ".") {
        let known = [
          "one/two/out/words/", "one/two/words.traces/", "one/two/cache/", "one/two/words.yaml", "one/two/first/",
          "one/two/end.md", "one/two/d.txt", "one/two/more.jsonl", "one/two/logo.png",
        ]
        #expect(known.contains { file.hasPrefix($0) }, "\(file)")
        #expect(file.wholeMatch(of: /[A-Za-z0-9@._\/-]+/) != nil, "\(file)")
      }
      for page in ["index.html", "gallery.html"] {
        let text = try String(contentsOf: inner.appending(path: "out/words/\(page)"), encoding: .utf8)
        let own = page == "gallery.html" ? 1 : text.matches(of: /<script src="assets\/[a-z]+\.js" defer>/).count
        #expect(own >= 1 && text.matches(of: /<script/).count == own, "\(page): its own")
        #expect(!text.contains("<img src=x") && !text.contains("<b>tag") && !text.contains("href=\"javascript"))
        #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt; {{title}} {{{style}}} ../../x"))
        // Each stands on the page as its author wrote it, and acts nowhere.
        for word in ["subtitle", "name", "place", "date", "title", "note", "figure", "caption"] {
          #expect(text.contains("&amp;_^~% \(word)"), "\(page): \(word)")
        }
        #expect(!text.contains("<i>e") && !text.contains("<b>Bob") && !text.contains("root:"))
        #expect(text.contains("$(touch ran) %0A::error::x"))
        #expect(!text.unicodeScalars.contains { ["\0", "\u{202E}", "\u{2066}", "\u{FEFF}"].contains($0) })
      }
      // In LaTeX and Typst no command of the author's is left, and remarks stay on their line.
      for file in strata.files(in: "out/words/figures") where file.hasSuffix(".tex") || file.hasSuffix(".typ") {
        let text = try String(contentsOf: inner.appending(path: "out/words/figures/\(file)"), encoding: .utf8)
        let isTypst = file.hasSuffix(".typ")
        let remark = isTypst ? "//" : "%"
        for line in text.split(separator: "\n") where !line.hasPrefix(remark) {
          // In Typst the author's words are strings, in which quotes and backslashes are escaped.
          let acts = isTypst ? #/(?:^|[^\\])\\input|#read\("/# : #/\\input|\\read/#
          #expect(!line.contains(acts), "\(file): \(line)")
        }
        #expect(file.hasSuffix(".typ") || text.split(separator: "\n").count == 8, "\(file)")
        #expect(text.hasPrefix("\(remark) strata"), "\(text.prefix(20))")
      }
      let report = try Tool.run("qpdf", ["--check", inner.path + "/out/words/report.pdf"])
      #expect(report.status == 0, "\(report.output)")
      // The summary of a check is Markdown in which nothing acts.
      try strata.write("x", to: "out/words/figures/::error::x.pdf")
      var actions = strata
      actions.environment = ["GITHUB_ACTIONS": "true"]
      let check = try actions.run("check", "words.yaml", "-q", "--summary", "s.md")
      #expect(check.status == 2)
      for line in check.out.split(separator: "\n") where line.contains("::error") {
        // A command begins its line.
        let own = /::error file=(words\.yaml|out\/words\/figures\/%3A%3Aerror%3A%3Ax\.pdf),title=strata check::.*/
        #expect(line.wholeMatch(of: own) != nil || !line.drop { $0.isWhitespace }.hasPrefix("::"), "\(line)")
      }
      #expect(try Tool.run("ls", [inner.path]).output.contains("ran") == false)
    }
  }

  /// A character that cannot be seen, or a line break, in every field that is a line; each is told with its place.
  @Test func charactersThatCannotBeSeenAreRefusedInEveryLine() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let spec = #"""
        title: "BAD"
        subtitle: "BAD"
        authors: [{name: "BAD"}, {name: Jay, affiliation: "BAD"}]
        date: "BAD"
        models: {mine: {path: ./first}, "BAD": {path: ./first}}
        prompts: [{id: a, text: "BAD", title: "BAD", tags: ["BAD"], watch: {name: "BAD", ids: [1]}}]
        figures: [{kind: top-tokens, title: "BAD"}]

        """#
      let places = ["1:8", "2:11", "3:18", "3:50", "4:7", "5:33", "6:39", "6:53", "6:75", "7:37"]
      let invisible = ["\\u202E", "\\u0007", "\\uFEFF", "\\xA0", "\\u200B", "\\u2066", "\\t", "\\uE000"]
      for character in invisible + ["\\n", "\\u2028"] {
        try strata.write(spec.replacing("BAD", with: "x\(character)y"), to: "s.yaml")
        let result = try strata.run("build", "s.yaml", "-q")
        #expect(result.status == 65)
        let found = result.err.split(separator: "\n").compactMap {
          $0.firstMatch(of: #/^error: s\.yaml:(\d+:\d+):/#).map { String($0.1) }
        }
        // The place of every second character of a line depends on how it is written.
        #expect(found.count == places.count, "\(character): \(result.err)")
        #expect(found.prefix(3) == places.prefix(3), "\(character)")
        if invisible.contains(character) {
          #expect(result.err.matches(of: /cannot be seen, found ‹U\+[0-9A-F]+› as character 2/).count == places.count)
        } else {
          #expect(result.err.matches(of: /must be one line, found a line break in it/).count == places.count)
        }
        #expect(strata.files(in: ".") == ["s.yaml"], "nothing is written")
      }
    }
  }

  /// git keeps addresses and tokens there.
  @Test func nothingOfGitIsInput() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try FileManager.default.createDirectory(at: folder.appending(path: ".git"), withIntermediateDirectories: true)
      try strata.write("extraheader = secret", to: ".git/config")
      try strata.write(
        """
        intro: {file: .git/config}
        models: {mine: {path: ./absent.gguf}}
        prompts: [{id: a, file: ./.git/config}]
        figures: [top-tokens]

        """, to: "s.yaml")
      let result = try strata.run("build", "s.yaml", "-q")
      #expect(result.status == 65 && !result.err.contains("secret"), "\(result.err)")
      #expect(result.err.components(separatedBy: "is git's own, which no spec reads").count == 3, "\(result.err)")
      // A work tree in such a folder has inputs of its own.
      let tree = StrataProgram(folder: folder.appending(path: ".git/tree"))
      try FileManager.default.createDirectory(at: tree.folder, withIntermediateDirectories: true)
      try tree.write("An intro.", to: "intro.md")
      try tree.write(
        "intro: {file: intro.md}\nmodels: {mine: {path: ./absent.gguf}}\nprompts: [{id: a, text: A}]\nfigures: [top-tokens]\n",
        to: "s.yaml")
      let inner = try tree.run("build", "s.yaml", "-q")
      #expect(inner.status == 66 && inner.err.contains("absent.gguf"), "\(inner.err)")
    }
  }

  @Test func aSpecReadsNothingOutsideItsFolderAndRepository() throws {
    try withTemporaryFolder { outer in
      let outside = StrataProgram(folder: outer)
      try outside.write("secret", to: "secret.md")
      try FileManager.default.createDirectory(
        at: outer.appending(path: "repo/specs"), withIntermediateDirectories: true)
      try outside.write("one", to: "repo/shared.md")
      let strata = StrataProgram(folder: outer.appending(path: "repo/specs"))
      try FileManager.default.createSymbolicLink(
        at: strata.folder.appending(path: "link.md"), withDestinationURL: outer.appending(path: "secret.md"))
      try strata.write(
        """
        intro: {file: /etc/hostname}
        conclusion: {file: ../../secret.md}
        models: {mine: {path: ./absent.gguf}}
        prompts:
          - {id: a, file: link.md, note: {file: ../shared.md}}
          - {from: ../../../none.csv}
          - {id: b, text: B}
        datasets: [{id: d, file: /etc/passwd.csv}]
        figures: [top-tokens]
        output: {logo: ../../logo.png}

        """, to: "s.yaml")
      let expected = ["1:15", "2:20", "5:19", "5:41", "6:12", "8:26", "10:16"]
      func refused() throws -> [String] {
        let result = try strata.run("build", "s.yaml", "-q")
        #expect(result.status == 65 && !result.err.contains("secret\n"))
        return result.err.matches(of: /s\.yaml:(\d+:\d+): the file '[^']+' is outside the spec's folder and the git/)
          .map {
            String($0.1)
          }.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
      }
      #expect(try refused() == expected)
      // Around the folder there is a repository now.
      try FileManager.default.createDirectory(at: outer.appending(path: "repo/.git"), withIntermediateDirectories: true)
      #expect(try refused() == expected.filter { $0 != "5:41" })
    }
  }
}
