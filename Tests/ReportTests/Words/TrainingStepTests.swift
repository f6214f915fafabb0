import Testing

@testable import Words

/// How names tell how far a training had come.
@Suite struct TrainingStepTests {
  @Test(arguments: [
    ("step1000", 1000), ("step-1000", 1000), ("global_step143000", 143_000), ("stage1-step1000-tokens5B", 1000),
    ("step_10k", 10_000), ("Step2M", 2_000_000), ("checkpoint-500", 500), ("500", 500), ("step0", 0), ("epoch3", 3),
    ("iter_0000064", 64), ("tokens5B-run7", 7), ("v1.5-300", 300), ("seed2/step8", 8),
  ])
  func theStepIsTheNumberBehindItsWordOrTheOnlyOne(name: String, step: Int) {
    #expect(TrainingStep.number(in: name) == .success(step))
  }

  @Test func namesThatDoNotTellAreRefused() {
    #expect(TrainingStep.number(in: "main") == .failure(.none))
    #expect(TrainingStep.number(in: "tokens5B") == .failure(.none))
    #expect(TrainingStep.number(in: "v1.5") == .failure(.none))
    #expect(TrainingStep.number(in: "run2-500") == .failure(.several(["2", "500"])))
    #expect(TrainingStep.number(in: "step1-step2") == .failure(.several(["1", "2"])))
    #expect(TrainingStep.number(in: "step9000000000B") == .failure(.tooLarge("9000000000b")))
    #expect(TrainingStep.number(in: "99999999999999999999") == .failure(.tooLarge("99999999999999999999")))
  }

  private func steps(_ numbers: [Int], unit: String? = nil) -> [TrainingStep] {
    numbers.map { TrainingStep(run: "A", number: $0, unit: unit) }
  }

  @Test func anAxisIsLogarithmicWhereDistancesDifferMuch() {
    #expect(!steps([1000, 2000, 3000]).isLogarithmic)
    #expect(!steps([0, 100, 500]).isLogarithmic)
    #expect(steps([0, 100, 501]).isLogarithmic)
    #expect(steps([0, 64, 128, 256, 512, 1024]).isLogarithmic)
    #expect(steps([0, 100, 501]).axis == "Training step (log scale)")
    #expect(steps([1000, 2000], unit: "tokens").axis == "Training (tokens, linear scale)")
  }

  @Test func namesAndPhrases() {
    let step = TrainingStep(run: "Pythia 70M", number: 4000)
    #expect(step.name == "Pythia 70M (step 4000)" && step.phrase == "step 4,000")
    #expect(TrainingStep(name: step.name) == step)
    #expect(TrainingStep(name: "Pythia (7 billion)") == nil && TrainingStep(name: "(step 5)") == nil)
    #expect(TrainingStep(name: "A (step 05)") == nil)
    #expect(steps([0, 4000]).phrase == "2 checkpoints, steps 0 to 4,000")
    #expect(steps([0, 4000], unit: "tokens").phrase == "2 checkpoints, 0 to 4,000 tokens")
    #expect(!steps([5]).isOneRun && !steps([5, 5]).isOneRun && steps([4, 5]).isOneRun)
  }
}
