import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Traces every prompt of a folder of Tests/Fixtures in one batch, normed and raw, and compares all of it.
///
/// Prints the largest differences, also when all is well.
func compareColumns(of model: LanguageModel, folder: String) throws {
  let prompts = try ExpectedColumns.read(folder: folder)
  #expect(!prompts.isEmpty)
  for norm in Trace.Lens.Norm.allCases {
    let requests = try prompts.map { parts in
      let first = try #require(parts.first)
      let watch = try first.watched.map { try #require(model.tokenizer.text(of: $0)) }
      return TraceRequest(
        prompt: first.prompt, method: .generate(first.generated.count), watch: watch.map(Watched.token),
        topK: first.top,
        columns: .generated, norm: norm)
    }
    let traces = try trace(model, requests, threads: 2)
    let tolerance = try #require(prompts.first?.first.map { norm == .final ? $0.tolerance : $0.rawTolerance })
    var comparison = LensComparison(tolerance: tolerance)
    for (trace, parts) in zip(traces, prompts) {
      for part in parts {
        #expect(Array(trace.tokens.prefix(trace.promptLength).map(\.id)) == part.ids)
        #expect(Array(trace.tokens.dropFirst(trace.promptLength).map(\.id)) == part.generated)
        let columns = try part.positions.map { position in
          try #require(trace.columns.firstIndex { $0.position == position })
        }
        #expect(columns.map { trace.columns[$0].target } == part.targets)
        comparison.compare(
          trace, columns: columns, with: norm == .final ? part.normed : part.raw,
          context: "'\(part.prompt.prefix(20))', \(norm)")
      }
    }
    print("\(folder), norm \(norm.rawValue): \(comparison.summary)")
    #expect(comparison.disagreements == [])
  }
}
