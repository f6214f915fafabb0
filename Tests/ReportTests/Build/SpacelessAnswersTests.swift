import Foundation
import Testing

@testable import Build
@testable import Engine
@testable import Models
@testable import Traces
@testable import Words

@Suite struct SpacelessAnswersTests {
  /// A source with a vocabulary and no numbers.
  private struct Vocabulary: NumbersSource {
    var tokens: Set<String>
    var continues = true

    func traces(
      of model: ResolvedModel, _ requests: [TraceRequest], states: CapturedStates?,
      progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
    ) throws -> [Result<Trace, Diagnostic>] { [] }

    func summary(
      of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
    ) throws -> DatasetSummary { throw Diagnostic("no numbers", category: .internalFault) }

    func watchProblems(of model: ResolvedModel, _ requests: [TraceRequest]) throws -> [Diagnostic?] {
      requests.map { request in
        request.watch.allSatisfy { tokens.contains($0.name) } ? nil : Diagnostic("several", category: .badInput)
      }
    }

    func continuesTexts(_ model: ResolvedModel) -> Bool { continues }
  }

  private func note(
    _ items: [(prompt: String, target: String, foil: String)], tokens: Set<String> = [" is", " are", "is", " 1", " は"],
    firstToken: Bool = false, form: DatasetSummary.Form? = nil, continues: Bool = true
  ) -> String? {
    let request = DatasetRequest(
      name: "pairs",
      items: items.enumerated().map { line, item in
        DatasetRequest.Item(prompt: item.prompt, target: item.target, foil: item.foil, line: line + 2)
      }, firstToken: firstToken, form: form)
    let model = ResolvedModel(
      name: "Tiny", reference: "tiny", url: URL(fileURLWithPath: "/nowhere"), license: nil, source: nil, files: [])
    return SpacelessAnswers.note(
      DatasetJob(file: "pairs.csv", request: request), of: model, Vocabulary(tokens: tokens, continues: continues))
  }

  @Test func anAnswerWithoutItsSpaceIsToldOnceWithTheWayToWriteIt() {
    #expect(
      note([("The keys ", " are", " is"), ("The key to the cabinet", "is", "are"), ("The key", "is", "are")])
        == "Tiny: pairs: the target 'is' on line 3 begins without a space, so after 'cabinet' it makes 'cabinetis', "
        + "and is read as the token 'is'; so do 3 more answers; if it should be the next word, write ' is'")
    #expect(
      note([("The keys", "are", " is")])
        == "Tiny: pairs: the target 'are' on line 2 begins without a space, so after 'keys' it makes 'keysare', and is "
        + "read as several tokens; if it should be the next word, write ' are'")
    #expect(note([("The keys", " is", "are")], firstToken: true)?.contains("the foil 'are' on line 2") == true)
    #expect(note([("The keys", " is", "are")], firstToken: true)?.contains("as the first of its tokens") == true)
    // A word that is no token with its space says nothing of one that is.
    #expect(note([("The keys", "ish", "is")])?.contains("the foil 'is'") == true)
  }

  @Test(arguments: [("In 1984", "is"), ("1, 2,", "is"), ("Question: who?", "is"), ("Answer:", "is"), ("The keys", "1")])
  func aSpaceIsMissingAfterDigitsAndMarksToo(prompt: String, answer: String) {
    #expect(note([(prompt, answer, ".")])?.contains("'\(answer)' on line 2 begins without a space") == true)
  }

  @Test func answersThatAreWrittenAsTheyAreMeantAreNotNoted() {
    #expect(note([("The keys", " are", " is"), ("The keys ", "are", "is")]) == nil)
    #expect(note([("The keys", ".", ",")]) == nil && note([("これ", "は", "が")]) == nil)
    #expect(note([("In 19", "1", "2"), ("The keys (", "is", "are"), ("He said “", "is", "are")]) == nil)
    #expect(note([("The keys", "is", "are")], tokens: ["is", "are"]) == nil)
    #expect(note([("The keys", "", "is")], form: .sentences) == nil)
    #expect(note([("The keys <mask> here", "is", "are")], continues: false) == nil)
  }
}
