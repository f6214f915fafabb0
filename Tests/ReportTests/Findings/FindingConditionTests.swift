import Foundation
import TestSupport
import Testing
import Traces
import Words

@testable import Findings

@Suite struct FindingConditionTests {
  private func findings() -> GalleryFindings {
    func trace(_ depth: Int, watch: [String] = []) -> Trace {
      var trace = SampleTraces.trace(layers: 6, columns: 2, texts: [.text(" London"), .text(".")], watch: watch)
      trace.rank = trace.rows.indices.map { row in [row > depth ? 1 : 40, row > depth + 1 ? 1 : 3] }
      return trace
    }
    return GalleryFindings([
      .init(subject: "heathrow", model: "Sample 135M", numbers: .trace(trace(2))),
      .init(subject: "heathrow", model: "other", numbers: .trace(trace(4))),
      .init(subject: "a name", model: "other", numbers: .trace(trace(0, watch: [" is", " are"]))),
    ])
  }

  private func check(_ text: String) throws -> [FindingCondition.Outcome] {
    let findings = findings()
    return try FindingCondition.read(text).map { try $0.check(findings) }
  }

  @Test func aConditionHoldsForEveryRowItNames() throws {
    // After rows 3 and 4 of [embedding, 0, 1, 2, …]: layers 2 and 3, and so on; the lower median is the first token's.
    #expect(try check("settled <= 4")[0] == .init(condition: "settled <= 4", compared: 3, failures: []))
    #expect(
      try check("settled < 4")[0]
        == .init(condition: "settled < 4", compared: 3, failures: ["heathrow, other: settled is 4"]))
    #expect(try check("settled of heathrow in 'Sample 135M' == 2")[0].failures == [])
    #expect(try check("settled of heathrow == 2")[0].failures == ["heathrow, other: settled is 4"])
    #expect(try check("tokens of 'a name' == 2 and settled of \"a name\" == 0").map(\.compared) == [1, 1])
    #expect(try check("probability > 0.1 % and probability<=100%").allSatisfy(\.failures.isEmpty))
    #expect(try check("predicted != ' Paris'")[0].failures == [])
    // Spaces as they are, and as findings show them.
    for word in [" London", "␣London"] {
      #expect(try check("predicted of 'a name' == '\(word)'")[0].failures == [])
      #expect(try check("predicted of 'a name' != '\(word)'")[0].failures == ["a name, other: predicted is ␣London"])
    }
    #expect(try check("predicted of 'a name' == 'London'")[0].failures.count == 1)
    #expect(try check("ahead >= -1")[0].compared == 1)
  }

  @Test func whatIsMissingFailsAndWhatDoesNotExistIsAnError() throws {
    var findings = findings()
    guard case .trace(var own) = findings.rows[0].finding else { return }
    own.settled?.median = nil
    findings.rows[0].finding = .trace(own)
    let condition = try #require(FindingCondition.read("settled < 20").first)
    #expect(try condition.check(findings).failures == ["heathrow, Sample 135M: settled has no value"])

    func message(_ text: String) -> String {
      do {
        _ = try check(text)
        return "no error"
      } catch {
        return (error as? Diagnostic)?.explanation ?? "\(error)"
      }
    }
    #expect(
      message("setled <= 3").hasPrefix("unknown field 'setled' in 'setled <= 3'\n  hint: did you mean 'settled'?"))
    #expect(
      message("settled of hethrow <= 3").hasPrefix(
        "'settled of hethrow <= 3': there is no prompt or dataset 'hethrow'\n  hint: did you mean 'heathrow'?"))
    #expect(message("settled in x <= 3").contains("there is no model 'x'"))
    #expect(message("settled <= ").contains("expected a number or a text in quotes"))
    #expect(message("settled 3").contains("expected one of < <= > >= == !="))
    #expect(message("settled <= 3 4").contains("expected 'and' or the end"))
    #expect(message("settled <= 'a'").contains("'settled' is a number"))
    #expect(message("predicted == 3").contains("'predicted' is a text, so its value stands in quotes"))
    #expect(message("predicted < 'a'").contains("a text is compared by == or !="))
    #expect(message("settled <= 'a").contains("is not closed"))
    #expect(message("settled = 3").contains("is no operator"))
    #expect(message("share > 0.5").contains("nothing here has 'share'"))
    #expect(message("").contains("expected the name of a field"))
  }

  @Test func everyFieldHasItsNameOnceAndALineInTheDocs() throws {
    let names = FindingField.all.map(\.name)
    #expect(Set(names).count == names.count)
    let page = try String(contentsOf: Fixtures.repository.appending(path: "docs/findings.md"), encoding: .utf8)
    for field in FindingField.all {
      #expect(field.doc.hasSuffix("."), "\(field.name)")
      let line = "| `\(field.name)` | \(field.sort.rawValue) | \(field.doc) |"
      #expect(page.contains(line), "docs/findings.md lacks the line: \(line)")
    }
  }
}
