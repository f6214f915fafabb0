import Engine
import Foundation
import Plot
import Testing
import Traces

@testable import Build
@testable import Figures
@testable import Findings

/// Rows that a lens does not read: blank in figures, tables, findings and exports.
@Suite struct BlankRowTests {
  /// A sample through a Jacobian lens with matrices for layers 0 and 2 of four: the embedding and layer 1 are blank.
  static func trace(columns: Int = 6) -> Trace {
    var trace = SampleTraces.trace(layers: 4, columns: columns, watch: [" is", " are"])
    trace.lens = Trace.Lens(
      kind: .jacobian, norm: .final, sha256: String(repeating: "ab", count: 32), prompts: 100, width: 576,
      sourceLayers: [0, 2])
    trace.schema = Trace.secondSchemaName
    trace.kl[4] = trace.columns.map { _ in 0 }
    for row in [0, 2] { trace.blank(row) }
    return trace
  }

  private static let blank = "The Jacobian lens does not read the embedding and layer 1, which stay blank."

  /// Kinds that read a trace through the lens; parts and patched runs are read at the end of the model.
  private static let kinds = FigureKind.all.filter { ![.dataset, .attribution, .patching].contains($0.needs) }

  @Test(arguments: kinds) func everyKindDrawsThemAndSaysSo(
    _ kind: FigureKind
  ) throws {
    let trace = Self.trace(columns: kind.needs.positions ?? 6)
    #expect(trace.firstFault() == nil)
    let traces = kind.takes == .several ? [trace, SampleTraces.trace(layers: 4, columns: 6, name: "Other")] : [trace]
    let drawn = try FigureRecipes().draw(kind.name, traces, options: [:], style: FigureStyle())
    let hasRows = kind.name != "token-strip"
    #expect(drawn.caption.contains(Self.blank) == hasRows, "\(drawn.caption)")
    #expect(drawn.caption.contains("Jacobian lens abababababab fitted on 100 prompts, after the final norm"))
    // Without its row the embedding is no part of what is blank.
    if kind.options.contains(where: { $0.name == "embedding" }) {
      let without = try FigureRecipes().draw(
        kind.name, traces, options: ["embedding": .flag(false)], style: FigureStyle())
      #expect(without.caption.contains("does not read layer 1, which stays blank."), "\(without.caption)")
    }
    // Other figures say nothing of it.
    let whole = SampleTraces.trace(layers: 4, columns: kind.needs.positions ?? 6, watch: [" is", " are"])
    let plain = try FigureRecipes().draw(
      kind.name, kind.takes == .several ? [whole, whole] : [whole], options: [:], style: FigureStyle())
    #expect(!plain.caption.contains("does not read"))
  }

  @Test func cellsOfSuchRowsAreEmptyInThePictureAndInItsTable() throws {
    let kind = try FigureKind.named("lens-grid")
    let figure = try kind.describe(Self.trace(), options: kind.parse([:])).figure
    guard case .cells(let cells) = figure.panel.marks, case .labels(let labels) = cells.texts else {
      throw LayerFiguresTests.OtherMarks()
    }
    for row in [0, 2] {
      #expect(cells.values[row].allSatisfy { $0 == nil } && labels[row].allSatisfy { $0.text.isEmpty })
      #expect(cells.marked[row].allSatisfy { !$0 })
    }
    for row in [1, 3, 4] { #expect(cells.values[row].allSatisfy { $0 != nil }) }
    let ranks = try FigureKind.named("rank-heatmap")
    let table = try ranks.describe(Self.trace(), options: ranks.parse([:])).figure.table
    #expect(table.csv.split(separator: "\n").count > 4)
  }

  @Test func linesHaveGaps() throws {
    let kind = try FigureKind.named("trajectory")
    let figure = try kind.describe(Self.trace(), options: kind.parse([:])).figure
    guard case .lines(let lines) = figure.panel.marks else { throw LayerFiguresTests.OtherMarks() }
    #expect(lines.charts[0].lines.filter { $0.series == 0 }.map { $0.points.map(\.name) } == [["0"], ["2", "3"]])
  }

  @Test func aSingleRowWithoutNumbersIsRefused() throws {
    for (name, layer) in [("token-strip", OptionValue.integer(1)), ("top-tokens", .text("embedding"))] {
      let kind = try FigureKind.named(name)
      let error = #expect(throws: FigureError.self) {
        try kind.describe(Self.trace(), options: kind.parse(["layer": layer]))
      }
      #expect(error?.message.contains("which the lens does not read") == true, "\(String(describing: error))")
    }
  }

  @Test func findingsCountTheRowsThatAreRead() throws {
    var trace = Self.trace(columns: 1)
    for row in [1, 3, 4] { trace.rank[row][0] = 1 }
    let findings = try #require(TraceFindings(trace))
    #expect(findings.output[0].settling.settled == Trace.Row(layer: 0, point: .block))
    #expect(try #require(Strip(trace)).rows[0].ranks[1] == nil)
  }

  @Test func exportsKeepTheirShape() throws {
    let trace = Self.trace()
    let lines = String(decoding: TraceExport.csv(trace), as: UTF8.self).split(separator: "\n")
    let commas = lines.map { line in
      var isQuoted = false
      return line.count { character in
        if character == "\"" { isQuoted.toggle() }
        return character == "," && !isQuoted
      }
    }
    #expect(lines.count > 30 && Set(commas.prefix(7)).count == 1)
    #expect(try TraceExport.npz(trace).count > 1000)
  }

  @Test func aTraceIsReadAndCheckedAgainstItsLens() throws {
    var trace = Self.trace()
    #expect(try Trace.read(trace.jsonData(), path: "t") == trace)
    #expect(TraceCheck.problems(of: trace).list.allSatisfy { !$0.key.hasPrefix("rows") })
    trace.lens.sourceLayers = [0, 1]
    #expect(
      TraceCheck.problems(of: trace, most: 10_000).list.filter { $0.key.hasPrefix("rows") }
        .map { "\($0.key): \($0.message)" } == [
          "rows[2]: no numbers, expected some: the lens has a matrix for layer 1",
          "rows[3]: numbers, expected none: the lens has no matrix for layer 2",
        ])
    trace.schema = Trace.schemaName
    #expect(trace.firstFault()?.key == "lens.kind")
    trace.lens = Trace.Lens(kind: .logit, norm: .final)
    // The first schema has no rows without numbers.
    #expect(trace.firstFault()?.key == "top.ids[0][0]")
    trace.schema = Trace.secondSchemaName
    #expect(trace.firstFault() == nil && trace.blankRows == [0, 2])
    trace.lens.prompts = 3
    #expect(trace.firstFault()?.key == "lens.n_prompts")
  }

  @Test func aRowIsBlankAsAWholeOrNotAtAll() {
    var trace = Self.trace()
    trace.entropy[2][1] = 1
    #expect(trace.blankRows == [0])
    #expect(trace.firstFault()?.key == "top.ids[2][0]")
  }

  @Test func aLensThatIsFartherFromTheOutputInMostRowsIsSuspect() throws {
    let plain = SampleTraces.trace(layers: 4, columns: 6)
    var fitted = Self.trace()
    fitted.kl[1] = fitted.columns.map { _ in 0.75 }
    fitted.kl[3] = fitted.columns.map { _ in 0.25 }
    let check = try #require(LensCheck([(logit: plain, fitted: fitted)]))
    // The embedding and layer 1 are not read, and the last row is the model itself.
    #expect(check.rows.map(\.row.layer) == [0, 2] && check.rows.map(\.fitted) == [0.75, 0.25])
    #expect(check.worse == 1 && !check.isSuspect && check.warning == nil && check.positions == 6)
    #expect(
      check.text == """
        Sample 135M: Jacobian lens abababababab fitted on 100 prompts, mean KL of the model's output from each lens, nats, over 6 positions

        layer  logit lens  Jacobian lens
        0           0.500          0.750  farther
        2           0.500          0.250

        The Jacobian lens is nearer to the model's output than the logit lens after 1 of 2 layers.

        """)
    fitted.kl[3] = fitted.columns.map { _ in 0.51 }
    let other = try #require(LensCheck([(logit: plain, fitted: fitted)]))
    #expect(other.isSuspect)
    #expect(
      other.warning
        == "the Jacobian lens is farther from the model's output than the logit lens after 2 of 2 layers (mean KL over 6 "
        + "positions): it may have been fitted to another model, or by a program that runs this model differently")
  }
}

extension Trace {
  /// Takes all numbers of a row away.
  fileprivate mutating func blank(_ row: Int) {
    rank[row] = columns.map { _ in nil }
    (logprob[row], entropy[row], kl[row]) = (
      columns.map { _ in nil }, columns.map { _ in nil }, columns.map { _ in nil }
    )
    (top.ids[row], top.logprobs[row]) = (columns.map { _ in [] }, columns.map { _ in [] })
    for index in watch.indices {
      watch[index].rank[row] = columns.map { _ in nil }
      watch[index].logprob[row] = columns.map { _ in nil }
    }
  }
}
