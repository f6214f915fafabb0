import Findings
import Plot
import Traces
import Words

extension FigureKind {
  /// What the numbers of a figure show, in a sentence for each model; nil when there is nothing to say.
  ///
  /// A kind with the option `position` shows one prediction, and its sentence is about that one.
  func finding(_ numbers: [Numbers], options: FigureOptions) -> String? {
    let sentences = numbers.map { numbers -> String? in
      switch numbers {
      case .summary(let summary): DatasetFindings(summary)?.sentence
      case .trace(let trace): finding(trace, options)
      }
    }
    guard sentences.count > 1 else { return sentences.first ?? nil }
    let names = Trace.Model.names(of: numbers.map(\.model))
    // Several prompts of one model are told apart by their texts.
    let isOneModel = Set(names).count == 1
    let parts = zip(zip(names, numbers), sentences).compactMap { entry, sentence in
      sentence.map { "\(isOneModel ? entry.1.trace.map { "“\($0.promptExcerpt(40))”" } ?? entry.0 : entry.0): \($0)" }
    }
    let all = parts + [contrast(numbers.compactMap(\.trace), names)].compactMap(\.self)
    return all.isEmpty ? nil : all.joined(separator: " ")
  }

  /// Where two models or lenses that read the same tokens differ most; nil for others.
  private func contrast(_ traces: [Trace], _ names: [String]) -> String? {
    guard traces.count == 2, Set(names).count == 2 else { return nil }
    return ModelContrast(traces[0], traces[1], names: names).sentence
  }

  private func finding(_ trace: Trace, _ options: FigureOptions) -> String? {
    if schema.needs == .attribution {
      return AttributionFindings(trace)?.sentence(byHead: AttributionShares.isByHead(options.values))
    }
    if schema.needs == .patching {
      return PatchingFindings(trace)?.sentence(of: PatchedStates.of(options.values).place)
    }
    let position = OptionKey.position
    let isSingle = self.options.contains { $0.name == position.option.name }
    let column = isSingle ? try? trace.column(position.value(in: options.values), kind: name) : nil
    guard let findings = TraceFindings(trace, column: column) else { return nil }
    switch schema.needs(with: options.values) {
    case .watchedTokens, .watchedPair, .watched, .outputOrWatched:
      // One watched word has no order.
      return findings.sentence
    case .outputText: return findings.outputSentence ?? findings.predictionSentence
    case .nothing, .positions, .attribution, .patching, .dataset:
      return isSingle ? findings.predictionSentence : findings.allSentence
    }
  }
}
