import Engine
import Foundation
import TestSupport
import Testing
import Traces
import Words

@testable import Build

/// A value for a variable of a chat template is taken where the template reads it, and refused elsewhere.
@Suite struct ChatVariableTests {
  /// The text that a template gives for "hi", or why there is none.
  private func result(
    _ template: String, _ change: (inout ChatPrompt) -> Void
  ) throws -> Result<String, Diagnostic> {
    try withTemporaryFolder { folder in
      var chat = ChatPrompt(messages: [.init(role: "user", content: "hi")])
      change(&chat)
      let facts = ChatFacts(
        templates: [ChatTemplate(name: "default", text: template, source: "t")], special: [:], written: [])
      return try ChatRenderer(folder: folder, environment: [:]).render([chat], facts: facts, model: "M")[0]
        .map(\.text)
    }
  }

  private static let message = "{{ messages[0].content }}"

  @Test func aVariableThatTheTemplateSetsItselfIsNotTaken() throws {
    let template = "{% set enable_thinking = false %}\(Self.message){{ enable_thinking }}"
    let changes: [(inout ChatPrompt) -> Void] = [
      { $0.thinking = true }, { $0.variables = ["enable_thinking": .bool(true)] },
    ]
    for change in changes {
      guard case .failure(let problem) = try result(template, change) else {
        Issue.record("the value was taken without effect")
        continue
      }
      let words =
        "sets the variable 'enable_thinking' itself before it reads it, so a value from elsewhere changes nothing"
      #expect(problem.message.hasSuffix(words), "\(problem.message)")
    }
  }

  @Test(arguments: [
    "{% if enable_thinking is not defined %}{% set enable_thinking = false %}{% endif %}\(message){{ enable_thinking }}",
    "{% macro m() %}{{ enable_thinking }}{% endmacro %}\(message){{ m() }}",
    "{% set x = enable_thinking %}\(message){{ x }}",
    "{% set enable_thinking = enable_thinking | default(false) %}\(message){{ enable_thinking }}",
  ])
  func aVariableThatIsSetOnSomeWaysAloneIsTaken(template: String) throws {
    #expect(try result(template) { $0.thinking = true }.get() == "hiTrue")
  }
}
