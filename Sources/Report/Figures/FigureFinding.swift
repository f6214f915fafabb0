import Findings
import Plot
import Traces
import Words

extension FigureKind {
  /// What the numbers of a figure show, in a sentence for each model; nil when there is nothing to say.
  ///
  /// A kind with the option `position` shows one prediction, and its sentence is about that one.
  func finding(_ numbers: [Numbers], options: FigureOptions) -> String? {
    if name == Self.datasetComparison.name {
      let summaries = numbers.compactMap(\.summary)
      let by = options.values[.by] ?? .usual(models: summaries.count)
      return (try? DatasetComparison.comparisons(summaries, by: by))?.map(\.sentence).joined(separator: " ")
    }
    if name == Self.vocabulary.name { return vocabularyFinding(numbers, options) }
    if let steps = options.steps, steps.count == numbers.count, steps.isOneRun {
      return training(numbers.compactMap(\.trace), steps, options)
    }
    let sentences = numbers.map { numbers -> String? in
      switch numbers {
      case .summary(let summary): finding(summary, options)
      case .trace(let trace): finding(trace, options)
      }
    }
    guard sentences.count > 1 else { return sentences.first ?? nil }
    let traces = numbers.compactMap(\.trace)
    let names =
      traces.count == numbers.count ? Trace.modelNames(of: traces) : Trace.Model.names(of: numbers.map(\.model))
    // Several prompts of one model are told apart by their texts.
    let isOneModel = Set(names).count == 1
    let parts = zip(zip(names, numbers), sentences).compactMap { entry, sentence in
      sentence.map { "\(isOneModel ? entry.1.trace.map { "“\($0.promptExcerpt(40))”" } ?? entry.0 : entry.0): \($0)" }
    }
    let all = parts + [lenses(traces, options), contrast(traces, names)].compactMap(\.self)
    return all.isEmpty ? nil : all.joined(separator: " ")
  }

  /// How the answer comes and moves over the checkpoints of one run; nil where one of them says nothing.
  private func training(_ traces: [Trace], _ steps: [TrainingStep], _ options: FigureOptions) -> String? {
    let found = zip(traces, steps).compactMap { trace, step in
      TraceFindings(trace, column: column(of: trace, options)).map {
        (step: step, model: trace.model.name, findings: $0)
      }
    }
    return found.count == steps.count ? TrainingFindings(found)?.sentence : nil
  }

  private func finding(_ summary: DatasetSummary, _ options: FigureOptions) -> String? {
    let findings = DatasetFindings(summary)
    return switch schema.needs {
    case .attribution: findings?.groups[0].attribution?.sentence
    case .patching: findings?.groups[0].patching?.sentence(of: PatchedStates.of(options.values).place)
    default: findings?.sentence
    }
  }

  /// Where two models or lenses that read the same tokens differ most; nil for others.
  private func contrast(_ traces: [Trace], _ names: [String]) -> String? {
    guard traces.count == 2, Set(names).count == 2 else { return nil }
    return ModelContrast(traces[0], traces[1], names: names).sentence
  }

  /// When each of several lenses of one model finds what is read of one prompt; nil for others.
  private func lenses(_ traces: [Trace], _ options: FigureOptions) -> String? {
    guard traces.areOfLenses, Set(traces.map(\.prompt)).count == 1 else { return nil }
    let found = traces.map { trace in
      (lens: Wording.lensNoun(trace.lens.kind), findings: TraceFindings(trace, column: column(of: trace, options)))
    }
    return LensContrast(found.compactMap { found in found.findings.map { (found.lens, $0) } })?.sentence
  }

  /// The column that a kind with the option `position` shows; nil for other kinds.
  private func column(of trace: Trace, _ options: FigureOptions) -> Int? {
    let position = OptionKey.position
    guard self.options.contains(where: { $0.name == position.option.name }) else { return nil }
    return try? trace.column(position.value(in: options.values), kind: name)
  }

  private func finding(_ trace: Trace, _ options: FigureOptions) -> String? {
    if schema.needs == .attribution {
      return AttributionFindings(trace)?.sentence(byHead: AttributionShares.isByHead(options.values))
    }
    if schema.needs == .patching {
      return PatchingFindings(trace)?.sentence(of: PatchedStates.of(options.values).place)
    }
    let isSingle = self.options.contains { $0.name == OptionKey.position.option.name }
    let column = column(of: trace, options)
    guard let findings = TraceFindings(trace, column: column) else { return nil }
    switch schema.needs(with: options.values) {
    case .watchedTokens, .watchedPair, .watched, .outputOrWatched:
      // A comparison shows the tokens after the prompt where there are some. Otherwise they are not beside watched words, of which one alone
      // has no order.
      let isOfOutput = name == Self.comparison.name && trace.columns.contains { $0.target != nil }
      return trace.watch.isEmpty || isOfOutput ? findings.sentence : findings.watchedSentence
    case .outputText: return findings.outputSentence ?? findings.predictionSentence
    case .nothing, .positions, .attribution, .patching, .dataset:
      guard isSingle else { return showsOutput(trace) ? findings.allSentence : nil }
      // A figure of one layer has other probabilities than the finding, which is about the output.
      return options.values["layer"].map { $0 != .text("last") } == true
        ? findings.finalPredictionSentence : findings.predictionSentence
    }
  }
  /// Whether a figure of all positions shows what is said of the tokens after the prompt.
  private func showsOutput(_ trace: Trace) -> Bool {
    // A mean over positions shows no token.
    if name == Self.profile.name { return trace.columns.count == 1 }
    guard name == Self.firstLayer.name else { return true }
    // Its layers are those of the model's own choices, which tokens that were drawn or given need not be.
    if case .generate = trace.method { return true }
    return false
  }
}
