import Testing
import Traces

@testable import Build

@Suite struct PromptNotesTests {
  private func notes(
    _ watch: [String], after prompt: String, tokens: Set<String> = [" is", " .", " 1", " は", " 是"]
  ) -> [String] {
    var trace = SampleTraces.trace(layers: 2, columns: 1, watch: watch)
    trace.prompt = prompt
    var notes = PromptNotes()
    for trace in [trace, trace] { notes.add(trace) { word, _ in tokens.contains(word) } }
    return notes.all
  }

  @Test func aWatchedWordThatContinuesThePromptsLastWordIsNotedOnce() {
    #expect(
      notes(["is", " are"], after: "The keys to the cabinet") == [
        "Sample 135M: the watched word 'is' begins without a space, so after 'cabinet' it makes 'cabinetis'; if it "
          + "should be the next word, watch ' is'"
      ])
  }

  @Test func aWordThatIsNoTokenWithItsSpaceIsNotRecommended() {
    #expect(notes(["is"], after: "The keys to the cabinet", tokens: []) == [])
  }

  @Test func whatCannotContinueAWordIsNotNoted() {
    #expect(notes(["is"], after: "The keys ") == [])
    #expect(notes(["is"], after: "1, 2, 3") == [])
    #expect(notes([".", "1", "\n", " is"], after: "The keys") == [])
    #expect(notes(["は"], after: "これ") == [] && notes(["是"], after: "这") == [])
  }
}
