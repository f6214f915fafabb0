import Engine
import Foundation
import Plot
import TestSupport
import Testing
import Traces

@testable import Build
@testable import Words

/// Comparing traces, tables, pictures and folders.
@Suite struct FileDiffTests {
  private func compare(
    _ name: String, _ one: Data, _ other: Data, number: Double = 0, channel: Int = 0
  ) throws -> DiffFinding {
    try FileDiff.compare(name, one, other, tolerance: DiffTolerance(number: number, channel: channel))
  }

  @Test func tracesAreComparedByTheirNumbers() throws {
    let trace = SampleTraces.trace(layers: 3, columns: 2, watch: [" is"])
    let data = try trace.jsonData()
    #expect(try compare("t.json", data, data).isEqual)
    var other = trace
    other.rank[2][1] = (trace.rank[2][1] ?? 0) + 4
    other.logprob[1][0] = (trace.logprob[1][0] ?? 0) + 0.5
    let found = try compare("t.json", data, try other.jsonData())
    #expect(!found.isEqual)
    #expect(found.lines.count == 2)
    #expect(
      found.lines[0].hasPrefix("rank: 1 cell differs, first") && found.lines[0].hasSuffix("after layer 1, column 2"))
    #expect(found.lines[1] == "logprob: 1 cell differs, by at most 0.5 after layer 0, column 1")
    other.rank = trace.rank
    #expect(try compare("t.json", data, try other.jsonData(), number: 0.6).isEqual)
    other.model.name = "Another"
    other.tokens[3].id += 1
    let named = try compare("t.json", data, try other.jsonData())
    #expect(named.lines.first == "model: Sample 135M and Another")
    #expect(named.lines.contains { $0.hasPrefix("tokens: from position 3 on") })
  }

  @Test func whatHasNoLineOfItsOwnDoesNotPassForEqual() throws {
    let trace = SampleTraces.trace(layers: 3, columns: 2, watch: [" is"])
    func compare(_ change: (inout Trace) -> Void) throws -> DiffFinding {
      var other = trace
      change(&other)
      return try self.compare("t.json", try trace.jsonData(), try other.jsonData(), number: 0.1)
    }
    let top = try compare { $0.top.logprobs[1][1][3] -= 0.5 }
    #expect(top.lines.count == 1 && top.lines[0].hasPrefix("top.logprobs: 1 cell differs, by at most 0.5"))
    #expect(try compare { $0.top.logprobs[1][1][3] -= 0.05 }.isEqual)
    #expect(try !compare { $0.method = .continuation("x") }.isEqual)
    #expect(try !compare { $0.model.vocabulary += 1 }.isEqual)
    #expect(try !compare { $0.watch[0].id = 7 }.isEqual)
  }

  @Test func tablesAreComparedFieldByField() throws {
    let one = Data("a,b\n1,2.5\nx,3\n".utf8)
    let found = try compare("t.csv", one, Data("a,b\n1,2.25\ny,3\n".utf8))
    #expect(found.lines == ["2 fields differ, numbers by at most 0.25, first in line 2, b: 2.5 → 2.25"])
    #expect(try compare("t.csv", one, Data("a,b\n1,2.25\nx,3\n".utf8), number: 0.25).isEqual)
    let quoted = try compare("t.csv", Data("a,b\n\"x,y\",1\n".utf8), Data("a,b\n\"x,z\",1\n".utf8))
    #expect(quoted.lines == ["1 field differs, first in line 2, a: x,y → x,z"])
    #expect(try compare("t.csv", one, Data("a,b\n1,2.5\n".utf8)).lines == ["records: 3 and 2"])
  }

  private func picture(_ color: Color, size: Double = 100) throws -> Data {
    let square = SceneItem.rectangle(Rect(40, 40, 10, 10), fill: color, stroke: nil, cornerRadius: 0)
    return try OutputFormat.named("png").render(
      Scene(size: Size(size, 100), title: "t", description: "d", items: [square]), options: OutputOptions(dpi: 72))
  }

  @Test func picturesAreComparedByTheirPixels() throws {
    let one = try picture(.black)
    let other = try picture(Color(hex: 0x0A0000))
    let found = try compare("p.png", one, other)
    #expect(!found.isEqual)
    #expect(
      found.lines.first?.hasPrefix("100 pixels differ in 1 tile of 32 x 32, by at most 10 of 255") == true,
      "\(found.lines)")
    #expect(found.lines.first?.hasSuffix("; most of them in the tile at (32, 32)") == true)
    #expect(try compare("p.png", one, other, channel: 10).isEqual)
    let difference = try #require(found.pictures?.difference)
    let seen = try PictureComparison(difference, one)
    #expect(seen.first == (100, 100) && seen.differing > 0)
    let wider = try compare("p.png", one, try picture(.black, size: 120))
    #expect(wider.lines.first == "size: 100 x 100 and 120 x 100 pixels")
    #expect(throws: Diagnostic.self) { try compare("p.png", one, Data("no picture".utf8)) }
  }

  @Test func foldersAreComparedFileByFileAndShownOnAPage() throws {
    try withTemporaryFolder { folder in try compareFolders(folder) }
  }

  private func compareFolders(_ folder: URL) throws {
    for (side, text) in [("a", "1"), ("b", "2")] {
      let place = folder.appending(path: side)
      try FileManager.default.createDirectory(at: place.appending(path: "deep"), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: place.appending(path: "deep/n.csv"))
      try Data("same".utf8).write(to: place.appending(path: "same.txt"))
      try Data("x".utf8).write(to: place.appending(path: "only-\(side).txt"))
    }
    let (one, other) = (folder.appending(path: "a").path, folder.appending(path: "b").path)
    let found = try FileDiff.compare(one, other, tolerance: DiffTolerance())
    #expect(found.map(\.name) == ["deep/n.csv", "only-a.txt", "only-b.txt", "same.txt"])
    #expect(found.map(\.isEqual) == [false, false, false, true])
    let hostile = DiffFinding(name: "<script>alert(1)</script>", isEqual: false, lines: ["\"&'"])
    let page = DiffPage.html(found + [hostile], first: "a", second: "b")
    #expect(page.contains("4 files differ") && !page.contains("<script"))
    #expect(throws: Diagnostic.self) {
      try FileDiff.compare(one, one + "/same.txt", tolerance: DiffTolerance())
    }
    #expect(throws: Diagnostic.self) { try FileDiff.compare(one, one + "-none", tolerance: DiffTolerance()) }
  }
}
