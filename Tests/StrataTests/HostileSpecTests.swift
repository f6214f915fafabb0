import Foundation
import TestSupport
import Testing

/// A spec that would like to run something, or to write elsewhere.
@Suite struct HostileSpecTests {
  private static let spec = #"""
    title: "<script>alert(1)</script> {{title}} {{{style}}} ../../x \"quotes\" 'single' \0 \u202Eevil"
    models:
      "<script>alert('m')</script>{{tool}}": {path: ./first}
      "../../etc/passwd \u202E \0 \n \"x\" onload=alert(1)": {path: ./first}
    prompts:
      - {id: a, text: "a<script>alert(1)</script>{{#prompts}}", generate: 1, tags: ["<b>tag</b>", "../x", "javascript:alert(1)"]}
      - {id: b, text: "../../../etc/passwd \" ' ` \\ \n\n\t \0 \u202E\u2066 \uFEFF", continuation: "</pre><img src=x onerror=alert(1)>"}
      - {id: c, text: "${{ github.token }} $(touch ran) %0A::error::x & | [x](javascript:alert(1))", generate: 1}
    figures: [rank-heatmap, top-tokens, comparison]
    output: {figures: [svg, pdf, tex], gallery: [html, single-file], latex: paper}
    traces: commit

    """#

  @Test func nothingRunsNothingEscapesAndEverythingIsShown() throws {
    try withTemporaryFolder { folder in
      let inner = folder.appending(path: "one/two")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      let strata = StrataProgram(folder: inner)
      let model = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "models/first")
      try FileManager.default.copyItem(at: model, to: inner.appending(path: "first"))
      try strata.write(Self.spec, to: "words.yaml")
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status == 0, "\(result.err)")
      // Everything is in the gallery's folder, beside the spec, or in the cache; every name is plain.
      for file in StrataProgram(folder: folder).files(in: ".") {
        let known = [
          "one/two/out/words/", "one/two/words.traces/", "one/two/cache/", "one/two/words.yaml", "one/two/first/",
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
        #expect(text.contains("$(touch ran) %0A::error::x"))
        #expect(!text.unicodeScalars.contains { ["\0", "\u{202E}", "\u{2066}", "\u{FEFF}"].contains($0) })
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
}
