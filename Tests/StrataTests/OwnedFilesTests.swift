import Foundation
import TestSupport
import Testing

/// What a build wrote is removed when the spec no longer asks for it, whatever the machine knows of the gallery.
@Suite struct OwnedFilesTests {
  private static let models = """
    models:
      one: {path: "\(Fixtures.url("models/llama/llama.gguf").path)"}
      two: {path: "\(Fixtures.url("models/gpt2/gpt2.gguf").path)"}

    """
  private static let prompts = """
    prompts:
      - {id: keys, text: the keys, generate: 2, watch: [t, e], note: A note., tags: [first]}
      - {id: text, text: a cat, generate: 6, columns: all, attribute: {target: t, foil: e}}

    """
  private static let datasets = """
    datasets:
      - {id: agreement, file: d.csv, foil: foil, group: kind, pair: pair, items: true, resamples: 100}
      - {id: corpus, corpus: c.txt, words: true, resamples: 100}

    """
  private static let figures = """
    figures:
      - rank-heatmap
      - {kind: top-tokens, k: 3}
      - {kind: token-ranks, prompts: [keys]}
      - {kind: lens-grid, prompts: [text]}
      - {kind: trajectory, prompts: [keys], together: true}
      - {kind: profile, prompts: [text]}
      - {kind: first-layer, prompts: [text]}
      - {kind: difference, prompts: [keys]}
      - {kind: token-strip, prompts: [text]}
      - {kind: comparison, prompts: [keys]}
      - {kind: vocabulary, prompts: [text]}
      - {kind: attribution, prompts: [text]}
      - {kind: dataset-profile, prompts: [agreement, corpus]}
      - {kind: dataset-comparison, prompts: [agreement], by: model}

    """
  private static let output = """
    output: {figures: [pdf, svg, png, tex, typ, qmd, csv], gallery: [html, single-file], report: pdf, latex: paper}

    """
  private static let head = "intro: An introduction.\nconclusion: A conclusion.\n"
  /// All kinds of files.
  private static let whole = head + models + prompts + datasets + figures + output

  /// What a spec asks no more.
  static let removals: [(name: String, spec: String)] = [
    ("datasets", head + models + prompts + figures.without(["dataset-"]) + output),
    ("words of a dataset", whole.replacing(", words: true", with: "")),
    ("the folder for LaTeX", whole.replacing(", latex: paper", with: "")),
    ("another folder for LaTeX", whole.replacing("latex: paper", with: "latex: article")),
    ("formats", whole.replacing("typ, qmd, csv", with: "csv")),
    ("pages", whole.replacing("[html, single-file], report: pdf", with: "none, report: none")),
    ("one file and the report", whole.replacing("[html, single-file], report: pdf", with: "html, report: none")),
    ("figures", head + models + prompts + datasets + "figures: [top-tokens]\n" + output),
    (
      "a prompt",
      whole.replacing("      - {kind: token-ranks, prompts: [keys]}\n", with: "").without(["id: keys", "[keys]"])
    ),
    ("a model", whole.without(["  two:", "comparison", "together"])),
    ("the author's words", models + prompts.replacing(", note: A note.", with: "") + datasets + figures + output),
  ]

  @Test(arguments: removals.indices) func theGalleryIsAFreshOne(index: Int) throws {
    let (name, spec) = Self.removals[index]
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(
        "prompt,target,foil,kind,pair\nthe keys,t,e,x,1\na cat,a,t,x,2\nthe,t,o,y,1\na,t,o,y,2\n", to: "d.csv")
      try strata.write("The keys to the cabinet are here. The cat sat on it.\n", to: "c.txt")
      try strata.write(spec, to: "s.yaml")
      let made = try strata.run("build", "s.yaml", "-q", "--out", "fresh")
      #expect(made.status == 0, "\(name): \(made.err)")
      let fresh = try strata.contents(of: "fresh/s").filter { !$0.key.hasPrefix(".strata") }
      try strata.write(Self.whole, to: "s.yaml")
      let first = try strata.run("build", "s.yaml", "-q")
      #expect(first.status == 0, "\(first.err)")
      let gallery = folder.appending(path: "out/s")
      // Files of the author's own stay, beside those of the build.
      try Data("mine".utf8).write(to: gallery.appending(path: "paper/main.tex"))
      try Data("mine".utf8).write(to: gallery.appending(path: "figures/mine.png"))
      try FileManager.default.copyItem(at: gallery, to: folder.appending(path: "kept"))
      for knowledge in ["all", "another user's", "a clone's"] {
        try FileManager.default.removeItem(at: gallery)
        try FileManager.default.copyItem(at: folder.appending(path: "kept"), to: gallery)
        if knowledge != "all" {
          try FileManager.default.removeItem(at: strata.cache.appending(path: "builds"))
        }
        if knowledge == "a clone's" { try FileManager.default.removeItem(at: gallery.appending(path: ".strata")) }
        try strata.write(spec, to: "s.yaml")
        let again = try strata.run("build", "s.yaml", "-q")
        #expect(again.status == 0, "\(name), \(knowledge): \(again.err)")
        var found = try strata.contents(of: "out/s").filter { !$0.key.hasPrefix(".strata") }
        #expect(
          found.removeValue(forKey: "paper/main.tex") != nil && found.removeValue(forKey: "figures/mine.png") != nil)
        #expect(found.keys.sorted() == fresh.keys.sorted(), "\(name), \(knowledge)")
        #expect(found == fresh, "\(name), \(knowledge)")
        for path in ["paper/main.tex", "figures/mine.png"] {
          try FileManager.default.removeItem(at: gallery.appending(path: path))
        }
        let check = try strata.run("check", "s.yaml", "-q")
        #expect(check.status == 0, "\(name), \(knowledge): \(check.out)")
      }
    }
  }

  @Test func foldersThatABuildLeavesEmptyAreRemoved() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(
        "prompt,target,foil,kind,pair\nthe keys,t,e,x,1\na cat,a,t,x,2\nthe,t,o,y,1\na,t,o,y,2\n", to: "d.csv")
      try strata.write("The keys to the cabinet are here.\n", to: "c.txt")
      try strata.write(Self.whole, to: "s.yaml")
      #expect(try strata.run("build", "s.yaml", "-q").status == 0)
      let empty = folder.appending(path: "out/s/mine")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
      try strata.write(Self.removals[0].spec.replacing(", latex: paper", with: ""), to: "s.yaml")
      #expect(try strata.run("build", "s.yaml", "-q").status == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "out/s").path)
      #expect(!names.contains("datasets") && !names.contains("paper"), "\(names)")
      #expect(names.contains("mine"), "an empty folder of the author's own stays")
    }
  }

  /// Names that a build may write tell nothing about who wrote the file.
  @Test func aUsersOwnWordsAndPagesStayInAClone() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        """
        models: {tiny: {path: ./tiny.gguf}}
        prompts: [{id: one, text: the, generate: 1}]
        figures: [top-tokens]
        output: {figures: [pdf, tex, svg], gallery: none, report: none, latex: paper}

        """, to: "s.yaml")
      #expect(try strata.run("build", "s.yaml", "-q").status == 0)
      let own = [
        "paper/intro.tex", "paper/conclusion.tex", "paper/note-one.tex", "index.html", "gallery.html", "report.pdf",
        "findings.csv", "prompts/one.html",
      ]
      let gallery = folder.appending(path: "out/s")
      try FileManager.default.createDirectory(at: gallery.appending(path: "prompts"), withIntermediateDirectories: true)
      let written = own.filter { !FileManager.default.fileExists(atPath: gallery.appending(path: $0).path) }
      #expect(written.count >= own.count - 1, "\(written)")
      for path in written { try strata.write("my only copy", to: "out/s/\(path)") }
      try FileManager.default.removeItem(at: gallery.appending(path: ".strata"))
      try FileManager.default.removeItem(at: strata.cache.appending(path: "builds"))
      #expect(try strata.run("build", "s.yaml", "-q").status == 0)
      for path in written {
        let place = gallery.appending(path: path)
        #expect((try? String(contentsOf: place, encoding: .utf8)) == "my only copy", "\(path)")
      }
    }
  }

  @Test func aBuildWritesOverNothingOfTheAuthor() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      let gallery = folder.appending(path: "out/s")
      let names = [
        "index.html", "gallery.html", "report.pdf", "manifest.json", "findings.csv", "findings.tex", "findings.json",
        "paper/intro.tex", "paper/conclusion.tex", "paper/note-one.tex", "paper/strata.bib", "paper/figures.tex",
      ]
      let head = "models: {tiny: {path: ./tiny.gguf}}\nfigures: [top-tokens]\n"
      let plain = head + "prompts: [{id: one, text: the, generate: 1}]\noutput: {gallery: none, report: none}\n"
      let whole =
        head + "intro: A.\nconclusion: B.\nprompts: [{id: one, text: the, generate: 1, note: C.}]\n"
        + "output: {figures: [pdf, tex, svg], gallery: [html, single-file], report: pdf, latex: paper}\n"
      // A folder of the author's own, and a gallery beside whose files the author has put some.
      for isGallery in [false, true] {
        for name in names where !isGallery || !["manifest", "findings"].contains(name.prefix { $0 != "." }) {
          try? FileManager.default.removeItem(at: gallery)
          try FileManager.default.createDirectory(
            at: gallery.appending(path: "paper"), withIntermediateDirectories: true)
          if isGallery {
            try strata.write(plain, to: "s.yaml")
            #expect(try strata.run("build", "s.yaml", "-q").status == 0)
            try? FileManager.default.createDirectory(
              at: gallery.appending(path: "paper"), withIntermediateDirectories: true)
          }
          try strata.write("my only copy", to: "out/s/\(name)")
          try strata.write(whole, to: "s.yaml")
          let result = try strata.run("build", "s.yaml", "-q")
          #expect(result.status == 73 && result.err.contains("out/s/\(name)"), "\(name): \(result.err)")
          let kept = try? String(contentsOf: gallery.appending(path: name), encoding: .utf8)
          #expect(kept == "my only copy", "\(name)")
          try FileManager.default.removeItem(at: gallery.appending(path: name))
          #expect(try strata.run("build", "s.yaml", "-q").status == 0, "\(name)")
        }
      }
    }
  }

  @Test func aBuildThatFailsAtOnceLeavesNoFolder() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(
        "models: {tiny: {path: ./missing.gguf}}\nprompts: [{id: one, text: the}]\nfigures: [top-tokens]\n", to: "s.yaml"
      )
      #expect(try strata.run("build", "s.yaml", "-q").status != 0)
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "out").path))
      try FileManager.default.createDirectory(at: folder.appending(path: "out"), withIntermediateDirectories: true)
      #expect(try strata.run("build", "s.yaml", "-q").status != 0)
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: "out").path), "it was there before")
    }
  }

  @Test(arguments: [false, true]) func aManifestOrRecordOfSomebodyElseRemovesNoFileOfTheUser(hasRecord: Bool) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      let spec =
        "models: {tiny: {path: ./tiny.gguf}}\nprompts: [{id: one, text: the, generate: 1}]\nfigures: [top-tokens]\n"
      try strata.write(spec, to: "s.yaml")
      #expect(try strata.run("build", "s.yaml", "-q").status == 0)
      func object(_ place: URL) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: place)) as? [String: Any])
      }
      let place = folder.appending(path: "out/s/manifest.json")
      var manifest = try object(place)
      var figures = try #require(manifest["figures"] as? [[String: Any]])
      var own: [String: Any] = [:]
      for path in ["figures/notes.csv", "figures/mine.svg", "strips/mine.tiny.svg", "prompts/one.html"] {
        try FileManager.default.createDirectory(
          at: folder.appending(path: "out/s/\(path)").deletingLastPathComponent(), withIntermediateDirectories: true)
        try strata.write("my only copy", to: "out/s/\(path)")
        own[path] = ["path": path, "bytes": 1, "sha256": String(repeating: "0", count: 64)]
      }
      if hasRecord {
        let place = folder.appending(path: "out/s/.strata/build.json")
        var record = try object(place)
        record["files"] = try #require(record["files"] as? [String]) + own.keys
        try JSONSerialization.data(withJSONObject: record).write(to: place)
      } else {
        try FileManager.default.removeItem(at: folder.appending(path: "out/s/.strata"))
      }
      var forged = figures[0]
      (forged["id"], forged["files"]) = ("notes", own)
      figures.append(forged)
      manifest["figures"] = figures
      try JSONSerialization.data(withJSONObject: manifest).write(to: place)
      #expect(try strata.run("build", "s.yaml", "-q").status == 0)
      for path in own.keys {
        #expect(
          try String(contentsOf: folder.appending(path: "out/s/\(path)"), encoding: .utf8) == "my only copy", "\(path)")
      }
    }
  }
}

extension String {
  /// Without the lines that contain one of some texts.
  fileprivate func without(_ texts: [String]) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).filter { line in !texts.contains { line.contains($0) } }
      .joined(separator: "\n")
  }
}
