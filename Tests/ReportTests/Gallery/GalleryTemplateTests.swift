import Foundation
import TestSupport
import Testing

@testable import Gallery
@testable import Words

@Suite struct GalleryTemplateTests {
  private let folders = SampleFolders()

  private func template(_ files: [String: String]) throws -> URL {
    let folder = try folders.new()
    for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    return folder
  }

  private func message(_ files: [String: String]) throws -> String? {
    let folder = try template(files)
    do {
      _ = try GalleryTemplate(explicit: folder)
      return nil
    } catch {
      return (error as? Diagnostic)?.rendered.replacingOccurrences(of: folder.path, with: "T")
    }
  }

  @Test func anOwnTemplateIsUsedWithItsAssets() throws {
    let folder = try template([
      "index.mustache": "<p>{{title}}</p>{{>more}}", "more.mustache": "{{tool}}", "a.css": "p{}",
    ])
    let output = try folders.new()
    try Gallery.write(
      GalleryContent(manifest: SampleGallery.manifest(title: "<a>", models: [], prompts: [], figures: [])),
      into: output, as: Gallery.Forms(template: folder))
    let page = try Data(contentsOf: output.appendingPathComponent("index.html"))
    #expect(String(decoding: page, as: UTF8.self) == "<p>&lt;a&gt;</p>strata 0.1.0")
    #expect(try Data(contentsOf: output.appendingPathComponent("assets/a.css")) == Data("p{}".utf8))
  }

  @Test func aFolderWithoutAPageIsRefused() throws {
    #expect(
      try message(["a.css": ""])
        == "error: T: expected a gallery template with index.mustache, found none\n  hint: looked in T")
  }

  @Test func aWrongTemplateIsNamedWithItsLine() throws {
    #expect(
      try message(["index.mustache": "<p>\n{{#prompts}}\n{{/models}}\n"])
        == "error: T/index.mustache:3:4: the template is wrong: this closes a section other than the open one")
  }

  @Test func anUnknownPartialIsNamed() throws {
    #expect(
      try message(["index.mustache": "<p>\n{{> nope }}\n"])
        == "error: T/index.mustache:2: expected a partial nope.mustache beside the template, found none\n"
        + "  hint: partials here: index")
  }

  @Test func aPartialThatIncludesItselfIsNamedWithTheFilesOnTheWay() throws {
    let hint = "\n  hint: a list within a list needs a partial of its own for each level"
    #expect(
      try message(["index.mustache": "<p>\n{{>index}}"])
        == "error: T/index.mustache:2: a partial includes itself: index > index" + hint)
    let files = ["index.mustache": "{{>a}}", "a.mustache": "{{#x}}\n{{> b }}{{/x}}", "b.mustache": "{{<\na}}{{/a}}"]
    #expect(try message(files) == "error: T/b.mustache:1: a partial includes itself: a > b > a" + hint)
  }

  @Test func partialsThatDoubleAgainAndAgainAreRefused() throws {
    var files = ["index.mustache": "{{>p1}}{{>p1}}", "p30.mustache": ""]
    for number in 1..<30 { files["p\(number).mustache"] = "{{>p\(number + 1)}}{{>p\(number + 1)}}" }
    let found = try message(files)
    #expect(found?.hasSuffix(": expected at most 10000 partials in a page, found more") == true, "\(found ?? "none")")
  }

  @Test func sectionsAndPartialsAreNestedToALimit() throws {
    func nested(_ count: Int, _ name: (Int) -> String) -> String {
      (0..<count).map { "{{#\(name($0))}}" }.joined() + (0..<count).reversed().map { "{{/\(name($0))}}" }.joined()
    }
    #expect(try message(["index.mustache": nested(90) { "a\($0)" }]) == nil)
    let limit = "error: T/index.mustache:1: expected sections at most 100 levels deep, found more"
    #expect(try message(["index.mustache": nested(100_000) { "a\($0)" }]) == limit)
    var chain = ["index.mustache": "{{>p1}}", "p200.mustache": ""]
    for number in 1..<200 { chain["p\(number).mustache"] = "{{>p\(number + 1)}}" }
    let found = try message(chain)
    #expect(found?.hasSuffix(": expected partials and sections at most 100 levels deep, found more") == true)
  }

  @Test func aSectionWithinItselfWouldBeFoundFurtherOut() throws {
    let found = try message([
      "index.mustache": "{{#prompts}}{{#sorted(prompts)}}{{>more}}{{/sorted(prompts)}}{{/prompts}}",
      "more.mustache": "\n{{#prompts}}{{/prompts}}",
    ])
    #expect(
      found == "error: T/more.mustache:2: 'prompts' contains itself and would repeat without end\n"
        + "  hint: files that include each other here: index > more")
  }

  @Test(arguments: [
    (
      "{{=<% %>=}}<%> index %>",
      "expected tags in {{ and }}, found other delimiters\n  hint: write {{name}} throughout"
    ),
    (
      "{{% CONTENT_TYPE: TEXT}}",
      "expected no settings of the template engine, found '%CONTENT_TYPE: TEXT'\n  hint: remove it"
    ),
    ("{{>*name}}", "expected the name of a partial, found '*name', named by a value\n  hint: write the name"),
  ])
  func tagsThatHideWhatATemplateDoesAreRefused(tag: String, words: String) throws {
    #expect(try message(["index.mustache": "\n\(tag)"]) == "error: T/index.mustache:2: " + words)
  }

  @Test(arguments: ["{{{title}}}", "{{& title}}", "{{{ title }}}"])
  func nothingButStyleAndScriptGoesIntoAPageUnescaped(tag: String) throws {
    #expect(
      try message(["index.mustache": "<p>\n\(tag)\n"])
        == "error: T/index.mustache:2: 'title' would go into the page unescaped\n"
        + "  hint: write {{title}}; only {{{style}}} and {{{script}}} may stand in three braces")
    #expect(try message(["index.mustache": "<style>{{{style}}}</style><script>{{{script}}}</script>"]) == nil)
  }

  @Test func aBraceWithAMarkHidesNoTag() throws {
    #expect(
      try message(["index.mustache": "\n{{\u{301} {{% CONTENT_TYPE: TEXT}}{{title}}"])
        == "error: T/index.mustache:2: expected plain braces, found one with a mark on it: U+007B U+0301\n  hint: remove the mark"
    )
  }

  /// Whatever the guard lets through renders no value unescaped.
  @Test func noTemplateOfRandomTagsPutsAValueIntoAPageUnescaped() throws {
    let parts = [
      "{{", "}}", "{", "}", "{{{", "}}}", "=", "%", "&", "!", "#", "^", "/", ">", "$", "<", " ", "\n", "\r\n", "\t",
      "\u{301}", "\u{200D}", "\0", "a", "a", "style", "CONTENT_TYPE: TEXT", "CONTENT_TYPE:TEXT", "<% %>", "<%a%>",
      "index", "*a", "(", ")",
      "{{a}}", "{{=", "=}}", "{{%", "{{&",
    ]
    let values = TemplateValue.record(["a": .text("<x>"), "style": .raw("s")])
    var random = SeededGenerator(seed: 7)
    var passed = 0
    let folder = try folders.new()
    for _ in 0..<6000 {
      let source = (0..<Int.random(in: 1...9, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
        .joined()
      try Data(source.utf8).write(to: folder.appending(path: "index.mustache"))
      guard let template = try? GalleryTemplate(explicit: folder) else { continue }
      passed += 1
      let page = template.page(values)
      // The template's own text may hold these letters, its values may not.
      #expect(!page.contains("<x>"), "\(source.debugDescription) puts a value into the page unescaped")
    }
    #expect(passed > 500, "the guard lets harmless templates through")
  }

  @Test func absentNamesDoNotClimbToAnOuterRecord() throws {
    let folder = try template(["index.mustache": "{{#list}}[{{name}}]{{/list}}"])
    let values = TemplateValue.record([
      "name": .text("outer"), "list": .list([.record(["name": .absent]), .record(["name": .text("inner")])]),
    ])
    #expect(try GalleryTemplate(explicit: folder).page(values) == "[][inner]")
  }

  /// Rows that are made when the template comes to them give the page of a list, and only two of them are there at a time.
  @Test func rowsAreMadeOneAfterAnother() throws {
    let folder = try template([
      "index.mustache":
        "{{count(rows)}}{{#rows}}{{>row}}{{/rows}}{{^rows}}none{{/rows}}{{#reversed(rows)}}{{name}}{{/reversed(rows)}}",
      "row.mustache": "[{{name}}{{#cells}}|{{.}}{{/cells}}]",
    ])
    let found = try GalleryTemplate(explicit: folder)
    func row(_ index: Int) -> TemplateValue {
      .record(["name": .text("<\(index)>"), "cells": .list((0..<index).map { .number($0) })])
    }
    for count in [0, 1, 5] {
      let list = TemplateValue.record(["rows": .list((0..<count).map(row))])
      var asked: [Int] = []
      let rows = TemplateValue.record([
        "rows": .rows(
          TemplateRows(count: count) {
            asked.append($0)
            return row($0)
          })
      ])
      #expect(asked.isEmpty)
      #expect(found.page(rows) == found.page(list))
      #expect(asked.isEmpty == (count == 0) && asked.allSatisfy { $0 < count })
    }
    let three = TemplateRows(count: 3, row: row)
    #expect(three == TemplateRows(count: 3, row: row) && three != TemplateRows(count: 2, row: row))
    #expect(three != TemplateRows(count: 3) { row($0 + 1) })
  }

  @Test func theDigestIsOfAllFilesOfATemplate() throws {
    try withTemporaryFolder { folder in
      func digest() throws -> String { try GalleryTemplate.digest(explicit: folder) }
      try Data("{{title}}".utf8).write(to: folder.appending(path: "index.mustache"))
      let first = try digest()
      try Data("x".utf8).write(to: folder.appending(path: ".hidden"))
      #expect(try digest() == first)
      try Data("a {}".utf8).write(to: folder.appending(path: "a.css"))
      let second = try digest()
      #expect(second != first)
      try Data("b {}".utf8).write(to: folder.appending(path: "a.css"))
      #expect(try digest() != second)
    }
  }

  @Test func aFileOfMoreThanFourMebibytesIsRefused() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "index.mustache")
      try Data(repeating: 0x61, count: (4 << 20) + 1).write(to: file)
      do {
        _ = try GalleryTemplate(explicit: folder)
        Issue.record("it was read")
      } catch let problem as Diagnostic {
        #expect(problem.message == "expected a template file of at most 4194304 bytes, found 4194305")
      }
    }
  }
}
