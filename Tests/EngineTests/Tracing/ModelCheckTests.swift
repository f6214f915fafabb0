import Testing

@testable import Engine

@Suite("Checking a model")
struct ModelCheckTests {
  @Test("finds every promise kept on the tiny models", arguments: TinyModel.allCases)
  func promisesAreKept(model: TinyModel) throws {
    let findings = try ModelCheck(model: try model.open(), threads: 2).findings()
    #expect(findings.count == 8)
    for finding in findings {
      print("\(model.rawValue): \(finding.promise): \(finding.difference)")
      #expect(finding.holds, "\(finding)")
    }
  }

  @Test("a missed promise does not hold")
  func missesAreSeen() {
    #expect(!ModelCheck.Finding(promise: "x", difference: 2e-4, bound: 1e-4).holds)
    #expect(!ModelCheck.Finding(promise: "x", difference: .nan, bound: 1e-4).holds)
  }
}
