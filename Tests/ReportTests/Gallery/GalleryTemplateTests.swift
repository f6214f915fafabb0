import Foundation
import TestSupport
import Testing

@testable import Report

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
        == "error: T/index.mustache:3:4: the template is wrong: this closes another section than the one that is open")
  }

  @Test func anUnknownPartialIsNamed() throws {
    #expect(
      try message(["index.mustache": "<p>\n{{> nope }}\n"])
        == "error: T/index.mustache:2: expected a partial nope.mustache beside the template, found none\n"
        + "  hint: partials here: index")
  }

  @Test(arguments: ["{{{title}}}", "{{& title}}", "{{{ title }}}"])
  func nothingButStyleAndScriptGoesIntoAPageUnescaped(tag: String) throws {
    #expect(
      try message(["index.mustache": "<p>\n\(tag)\n"])
        == "error: T/index.mustache:2: 'title' would go into the page unescaped\n"
        + "  hint: write {{title}}; only {{{style}}} and {{{script}}} may stand in three braces")
    #expect(try message(["index.mustache": "<style>{{{style}}}</style><script>{{{script}}}</script>"]) == nil)
  }

  @Test func absentNamesDoNotClimbToAnOuterRecord() throws {
    let folder = try template(["index.mustache": "{{#list}}[{{name}}]{{/list}}"])
    let values = TemplateValue.record([
      "name": .text("outer"), "list": .list([.record(["name": .absent]), .record(["name": .text("inner")])]),
    ])
    #expect(try GalleryTemplate(explicit: folder).page(values) == "[][inner]")
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
}
