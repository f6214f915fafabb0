import Foundation
import TestSupport
import Testing

/// Numbers of options are decimal digits, in every command: other programs would read another number, or none.
@Suite struct NumberOptionTests {
  struct Option: Sendable, CustomTestStringConvertible {
    let command: [String]
    let name: String
    let value: String
    let isWhole: Bool
    var testDescription: String { "\(command[0]) \(name)" }
    init(_ command: [String], _ name: String, _ value: String, isWhole: Bool = true) {
      (self.command, self.name, self.value, self.isWhole) = (command, name, value, isWhole)
    }
  }

  static let options = [
    Option(["diff", "a", "b"], "--tolerance", "number", isWhole: false),
    Option(["check", "s.yaml"], "--tolerance", "number", isWhole: false),
    Option(["diff", "a", "b"], "--channel-tolerance", "number"),
    Option(["draw", "t.json", "--kind", "top-tokens", "-o", "f.pdf"], "--width", "1/72 inch", isWhole: false),
    Option(["draw", "t.json", "--kind", "top-tokens", "-o", "f.pdf"], "--height", "1/72 inch", isWhole: false),
    Option(["build", "s.yaml"], "--threads", "n"),
    Option(["plan", "s.yaml"], "--threads", "n"),
    Option(["plan", "s.yaml"], "--minutes", "n"),
    Option(["plan", "s.yaml"], "--shards", "n"),
    Option(["trace", "--model", "m", "--prompt", "a"], "--generate", "n"),
    Option(["show", "--model", "m", "--prompt", "a"], "--top", "k"),
    Option(["dataset", "d.csv", "--model", "m"], "--resamples", "n"),
    Option(["dataset", "d.csv", "--model", "m"], "--seed", "n"),
    Option(["dataset", "d.txt", "--model", "m"], "--passage", "n"),
  ]

  @Test(arguments: options)
  func aNumberInAnotherNotationIsRefused(option: Option) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let texts = ["0x10", "0x1p3", "inf", "nan", "1_000", "+5", "010", " 5", "5 ", ""]
      for text in texts + (option.isWhole ? ["5."] : []) {
        let result = try strata.run(option.command + [option.name, text])
        #expect(result.status == 64, "'\(text)': \(result.err)")
        #expect(
          result.err.hasPrefix(
            "Error: The value '\(text)' is invalid for '\(option.name) <\(option.value)>': expected a "),
          "\(result.err)")
        #expect(result.err.contains("number") && result.err.contains(", found '\(text)'\n"), "\(result.err)")
      }
    }
  }

  @Test func aNumberThatIsTooLargeIsRefused() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let threads = try strata.run("build", "s.yaml", "--threads", "99999999999999999999")
      #expect(threads.status == 64)
      #expect(
        threads.err.contains("expected a whole number within 64 bits, found '99999999999999999999'"), "\(threads.err)")
      #expect(try strata.run("diff", "a", "b", "--tolerance", "1e400").status == 64)
    }
  }

  @Test func numbersInDecimalDigitsAreTaken() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write("a\n", to: "a.txt")
      for text in ["0", "16", "0.5", ".5", "1e-3"] {
        let result = try strata.run("diff", "a.txt", "a.txt", "--tolerance", text, "--channel-tolerance", "8")
        #expect(result.status == 0, "'\(text)': \(result.err)")
      }
    }
  }

  @Test(arguments: [
    ("generate: 0x10", "generate of prompt 'one' must be an integer, found the number 0x10"),
    ("generate: 010", "generate of prompt 'one' must be an integer, found the number 010"),
    ("generate: 1_0", "generate of prompt 'one' must be an integer, found the number 1_0"),
    ("generate: +5", "generate of prompt 'one' must be an integer, found the number +5"),
    ("generate: 1:30", "generate of prompt 'one' must be an integer, found the number 1:30"),
    ("generate: 1, sample: {temperature: 1_0}", "temperature must be a number, found the number 1_0"),
    ("generate: 1, sample: {temperature: .inf}", "temperature must be a number, found the number .inf"),
  ])
  func aSpecIsReadInTheSameWay(keys: String, message: String) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(
        "models: {a: smollm2-135m}\nprompts: [{id: one, text: One, \(keys)}]\nfigures: [top-tokens]\n", to: "r.yaml")
      let result = try strata.run("plan", "r.yaml")
      #expect(result.status == 65, "\(result.err)")
      #expect(
        result.err.contains("\(message)\n  hint: write it in decimal digits: 16, -2, 0.5, 1e-3\n"), "\(result.err)")
    }
  }

  @Test func aConditionIsReadInTheSameWay() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(
        "models: {a: smollm2-135m}\nprompts: [{id: one, text: One}]\nfigures: [top-tokens]\n", to: "r.yaml")
      for text in ["0x10", "1_0", "+5", "inf", "010"] {
        let result = try strata.run("check", "r.yaml", "--no-compare", "--require", "settled of one <= \(text)")
        #expect(result.status == 64, "\(result.err)")
        #expect(result.err.contains("expected a number or a text in quotes"), "\(result.err)")
      }
    }
  }
}
