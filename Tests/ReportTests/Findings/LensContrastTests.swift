import Engine
import Foundation
import Plot
import Testing
import Traces

@testable import Figures
@testable import Findings
@testable import Words

/// Several lenses of one model in one figure.
@Suite struct LensContrastTests {
  /// A sample through a lens, whose one output token has rank 1 from a row on.
  private func trace(_ kind: Trace.Lens.Kind, from row: Int, watch: [String] = []) -> Trace {
    var trace = SampleTraces.trace(layers: 4, columns: 1, texts: [.text(" London")], watch: watch)
    trace.rank = trace.rows.indices.map { [$0 >= row ? 1 : 9] }
    trace.lens = Trace.Lens(
      kind: kind, norm: .final, sha256: kind == .logit ? nil : String(repeating: "0", count: 64),
      prompts: kind == .jacobian ? 10 : nil, width: kind == .jacobian ? 576 : nil,
      sourceLayers: kind == .jacobian ? [0, 1, 2] : nil)
    if kind == .jacobian { trace.schema = Trace.secondSchemaName }
    return trace
  }

  private func contrast(_ traces: [Trace]) -> String? {
    LensContrast(
      traces.compactMap { trace in
        TraceFindings(trace).map { (lens: Wording.lensNoun(trace.lens.kind), findings: $0) }
      })?.sentence
  }

  @Test func theEarliestLensIsNamedFirstAndLensesThatAgreeTogether() {
    let (logit, tuned, jacobian) = (trace(.logit, from: 4), trace(.tuned, from: 2), trace(.jacobian, from: 2))
    #expect(
      contrast([logit, tuned, jacobian])
        == "“␣London” has rank 1 for good from layer 1 of 3 on under the tuned lens and the Jacobian lens, from layer 3 on "
        + "under the logit lens.")
    #expect(
      contrast([logit, trace(.jacobian, from: 5)])
        == "“␣London” has rank 1 for good from layer 3 of 3 on under the logit lens, after no layer under the Jacobian lens."
    )
    #expect(contrast([logit]) == nil)
    #expect(contrast([trace(.logit, from: 5), trace(.tuned, from: 5)]) == nil)
  }

  @Test func figuresOfSeveralLensesNameAndCompareThem() throws {
    let traces = [trace(.logit, from: 4), trace(.tuned, from: 2), trace(.jacobian, from: 3)]
    #expect(traces.areOfLenses && !([traces[0], traces[0]].areOfLenses))
    #expect(
      Trace.names(of: traces) == ["Sample 135M, logit lens", "Sample 135M, tuned lens", "Sample 135M, Jacobian lens"])
    for (name, options) in [
      ("comparison", [:]), ("trajectory", ["together": OptionValue.flag(true)]), ("profile", ["together": .flag(true)]),
    ] {
      let drawn = try FigureRecipes().draw(name, traces, options: options, style: FigureStyle())
      #expect(
        drawn.caption.contains("from layer 1 of 3 on under the tuned lens, from layer 2 on under"), "\(drawn.caption)")
    }
    let lines = try FigureKind.named("profile")
    guard
      case .lines(let marks) = try lines.describe(traces.map { .trace($0) }, options: lines.parse([:])).figure.panel
        .marks
    else { throw LayerFiguresTests.OtherMarks() }
    // The lenses have the same layers, so the axis counts them.
    #expect(marks.title == "Layer" && marks.series.count == 3)
  }

  @Test func aDifferenceBetweenLensesIsOfOneModel() throws {
    let kind = try FigureKind.named("difference")
    let options = try kind.parse(["between": .text("lenses")])
    let (logit, jacobian) = (trace(.logit, from: 4), trace(.jacobian, from: 2))
    let description = try kind.describe([logit, jacobian], options: options)
    #expect(description.title == "Log-probability of each output token, logit lens minus Jacobian lens")
    #expect(description.caption.text.contains("above 0 the token is more probable under the logit lens."))
    #expect(kind.schema.models(with: options.values) == 2 && kind.takes.joins(options.values))
    var other = jacobian
    other.model.sha256 = String(repeating: "1", count: 64)
    #expect {
      try kind.describe([logit, other], options: options)
    } throws: { error in
      (error as? FigureError)?.message
        == "expected another lens of the model Sample 135M, found another model"
    }
    #expect {
      try kind.describe([logit, logit], options: options)
    } throws: { error in
      (error as? FigureError)?.message.hasSuffix("found the same lens") == true
    }
  }
}
