import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Models
@testable import Spec
@testable import Words

/// Checkpoints of a training in specs.
@Suite struct CheckpointSpecTests {
  private func models(_ models: String) throws -> [ReportSpec.Model] {
    try SpecReader.read(
      Data(SpecContext.root("models", models).utf8), name: "r.yaml", vocabulary: SpecContext.vocabulary,
      files: SpecContext.files
    ).models
  }

  private func messages(_ models: String) throws -> [String] {
    try SpecContext.messages(SpecContext.root("models", models), name: "r.yaml")
      .map { $0.split(separator: "\n").first.map(String.init) ?? "" }
  }

  @Test func revisionsInBracesAreModelsInTheOrderOfTheirSteps() throws {
    let found = try models("{A: {checkpoints: \"org/name@{step2000,step500}\", bos: no}}")
    #expect(found.map(\.name) == ["A (step 500)", "A (step 2000)"])
    #expect(found.map(\.reference.text) == ["org/name@step500", "org/name@step2000"])
    #expect(found.map(\.step) == [500, 2000].map { TrainingStep(run: "A", number: $0) })
    #expect(found.allSatisfy { $0.entry == "A" && $0.options.bos == .no })
    #expect(
      try models("\n  A: org/name@{step500,step2000}:Q8_0\n").map(\.reference.text) == [
        "org/name@step500:Q8_0", "org/name@step2000:Q8_0",
      ])
    #expect(try models("{A: {name: \"org/name@{step500,step2000}\"}}").map(\.name) == found.map(\.name))
    #expect(try models("{A: {checkpoints: \"org/name@step{10..30..10}\"}}").compactMap(\.step?.number) == [10, 20, 30])
  }

  @Test func foldersOfAPatternAndListsAreModels() throws {
    #expect(
      try models("{A: {checkpoints: ./runs/step*/hf}}").map(\.reference) == [
        .path("./runs/step10/hf"), .path("./runs/step20/hf"),
      ])
    let listed = try models(
      "{A: {checkpoints: [./runs/b-7, {step: 1, path: ./best}, {step: 9, traces: ./t}, {step: 3, name: \"org/name@main\"}], unit: tokens}}"
    )
    #expect(listed.map(\.reference.text) == ["./best", "org/name@main", "./runs/b-7", "traces:./t"])
    #expect(listed.compactMap(\.step?.phrase) == ["1 tokens", "3 tokens", "7 tokens", "9 tokens"])
  }

  @Test func everyCheckpointThatCannotBeReadIsReportedWithItsPlace() throws {
    #expect(
      try messages(
        "{A: {checkpoints: [./main, ./run2-5, ./step7, ./other-7, {step: 8}]}, B: {checkpoints: \"org/n@{a,step1}\"}}")
        == [
          "error: r.yaml:3:66: 'path' is missing in checkpoint 5 of model 'A'",
          "error: r.yaml:3:28: the name 'main' of './main' has no number of a step",
          "error: r.yaml:3:36: the name 'run2-5' has several numbers (2, 5), and it does not tell which one is the step",
          "error: r.yaml:3:55: two checkpoints have step 7: './step7' and './other-7'",
          "error: r.yaml:3:96: the name 'a' of 'org/n@a' has no number of a step",
        ])
    #expect(
      try messages("{A: {checkpoints: ./step5}, B: {checkpoints: \"org/n@{step1\"}, C: {path: ./m, unit: tokens}}") == [
        "error: r.yaml:3:27: checkpoints of model 'A' must stand for several checkpoints, found './step5'",
        "error: r.yaml:3:54: checkpoints of model 'B': expected one pair of braces, found 'org/n@{step1'",
        "error: r.yaml:3:86: model 'C' has unit, but no checkpoints",
      ])
    #expect(
      try messages("{A: {checkpoints: \"org/n@{1,2}\", lenses: [logit]}, B: {checkpoints: ./s*, path: ./m}}") == [
        "error: r.yaml:3:42: model 'A' has checkpoints, and the fitted lens of lenses belongs to one of them",
        "error: r.yaml:3:83: model 'B' has both path and checkpoints",
      ])
    #expect(
      try messages("{A: {checkpoints: [smollm2-135m, org/model-7]}}") == [
        "error: r.yaml:3:28: 'smollm2-135m' has no revision whose name could tell its step",
        "error: r.yaml:3:42: 'org/model-7' has no revision whose name could tell its step",
      ])
    #expect(
      try messages("{A: {checkpoints: \"org/n@step{1..5000}\"}}").first?.contains(
        "at most 1,000 checkpoints, found 5,000") == true)
  }

  @Test func aFewCharactersThatStandForTooManyModelsAreRefusedAtOnce() throws {
    let many = "\"org/n@step{0..999}\""
    let list = Array(repeating: many, count: 300).joined(separator: ", ")
    #expect(
      try messages("{A: {checkpoints: [\(list)]}}") == [
        "error: r.yaml:3:27: checkpoints of model 'A' must stand for at most 1,000 checkpoints, found 2,000 or more"
      ])
    let runs = (1...60).map { "M\($0): {checkpoints: \(many)}" }.joined(separator: ", ")
    #expect(
      try messages("{\(runs)}").first?.contains("a spec must have at most 4,000 models, each checkpoint counted")
        == true)
  }

  @Test func namesOutsideTheProjectAreNotRepeated() throws {
    try withTemporaryFolder { folder in
      let project = folder.appending(path: "project", directoryHint: .isDirectory)
      for name in ["project/runs/main", "private/salary", "private/step1"] {
        try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
      }
      func messages(_ pattern: String) throws -> [String] {
        let spec = SpecContext.root("models", "{A: {checkpoints: \"\(pattern)\"}}")
        let reading = try SpecReader.look(
          at: Data(spec.utf8), name: "r.yaml", vocabulary: SpecContext.vocabulary, files: .beside(project))
        return reading.problems.map(\.message)
      }
      #expect(try messages("runs/*") == ["the name 'main' of 'runs/main' has no number of a step"])
      #expect(
        try messages("../private/*") == [
          "'../private/*' leads out of the spec's folder and the git repository around it, to 2 names of which not every "
            + "one tells a step of its own"
        ])
    }
  }

  @Test func whereFiguresAreLeftOutThoseOfARunStayBesideModelsThatAreTooMany() throws {
    let others = (1...7).map { "M\($0): ./m.gguf" }.joined(separator: ", ")
    let yaml = """
      models: {A: {checkpoints: ./a/step*}, \(others)}
      prompts: [{id: one, text: A, generate: 1}, {id: two, text: B, generate: 1, watch: [a, b, c, d, e, f, g]}]
      figures: [{kind: profile, together: true}, {kind: trajectory, together: true, models: [A]}]
      """
    func look(_ leavesOut: Bool) throws -> SpecReading {
      try SpecReader.look(
        at: Data(yaml.utf8), name: "r.yaml", vocabulary: SpecContext.vocabulary, files: SpecContext.files,
        leavesOutImpossible: leavesOut)
    }
    let words = [
      "profile: 7 lines, expected at most 6 (figure of 'one')",
      "trajectory: 7 lines, expected at most 6 (figure of 'two')",
    ]
    #expect(try Set(look(false).problems.map(\.message)) == Set(words))
    let reading = try look(true)
    #expect(Set(reading.leftOut.map(\.message)) == Set(words) && reading.problems.isEmpty)
    let plan = try Plan(try #require(reading.spec))
    #expect(plan.figures.map(\.id) == ["one-profile", "one-trajectory", "two-profile"])
    #expect(plan.figures.map(\.cells.count) == [2, 2, 2])
  }

  @Test func aFigureOfSeveralRunsIsAFigureForEachOfThem() throws {
    let yaml = """
      models: {A: {checkpoints: ./a/step*}, B: {checkpoints: ./b/step*}, C: ./m.gguf}
      prompts: [{id: one, text: A, generate: 1}]
      figures: [{kind: profile, together: true}, {kind: trajectory, together: true, models: [A]}, {kind: comparison}]
      """
    let spec = try SpecReader.read(
      Data(yaml.utf8), name: "r.yaml", vocabulary: SpecContext.vocabulary, files: SpecContext.files)
    let plan = try Plan(spec)
    #expect(
      plan.figures.map(\.id) == ["one-profile-a", "one-profile-b", "one-profile", "one-trajectory", "one-comparison"])
    #expect(plan.figures.map(\.cells.count) == [2, 2, 1, 2, 5])
    let steps = plan.figures.map { figure in
      spec.style(of: spec.figures[figure.figure], models: figure.cells.map { plan.cells[$0].model }).steps?.map(
        \.number)
    }
    #expect(steps == [[10, 20], [10, 20], nil, [10, 20], nil])
  }

  @Test func aPatternNamesFoldersAndFilesButNoHiddenOnes() throws {
    try withTemporaryFolder { folder in
      for name in ["runs/step10/hf", "runs/step2/hf", "runs/step3", "runs/.step4/hf"] {
        try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
      }
      #expect(PathPattern("./runs/step*/hf").matches(from: folder) == ["./runs/step10/hf", "./runs/step2/hf"])
      #expect(PathPattern("runs/*").matches(from: folder) == ["runs/step10", "runs/step2", "runs/step3"])
      #expect(PathPattern(folder.path + "/r?ns/step[12]*").matches(from: folder)?.count == 2)
      #expect(PathPattern("runs/step*/none").matches(from: folder) == [])
      #expect(PathPattern("runs/step*/hf").varying(in: "runs/step10/hf") == "step10")
      // Down and up again, a thousand times: as many names as there are ways.
      #expect(PathPattern("runs/" + String(repeating: "*/../", count: 800) + "*").matches(from: folder) == nil)
    }
  }
}
