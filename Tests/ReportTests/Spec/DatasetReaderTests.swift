import Engine
import Foundation
import Testing

@testable import Figures
@testable import Spec
@testable import Words

/// Reading datasets: what is taken, and where mistakes are.
@Suite struct DatasetReaderTests {
  private func read(
    _ text: String, name: String = "d.csv", columns: DatasetColumns = DatasetColumns(foil: "foil", groups: ["kind"])
  ) throws -> [DatasetRequest.Item] {
    try DatasetReader.items(Data(text.utf8), name: name, columns: columns)
  }

  private func problems(
    _ text: String, name: String = "d.csv", columns: DatasetColumns = DatasetColumns(foil: "foil", groups: ["kind"])
  ) -> [String] {
    do {
      _ = try read(text, name: name, columns: columns)
      return []
    } catch {
      return Diagnostic.all(from: error).map(\.rendered)
    }
  }

  @Test func everyFormOfCSVIsTheSame() throws {
    let expected = [
      DatasetRequest.Item(prompt: "A, \"b\"\nc", target: " is", foil: " are", groups: ["x"], line: 2),
      DatasetRequest.Item(prompt: "d", target: "日", foil: " e", groups: [""], line: 4),
    ]
    let text = "prompt,target,foil,more,kind\n\"A, \"\"b\"\"\nc\", is, are,0,x\nd,日, e,,\n"
    #expect(try read(text) == expected)
    #expect(try read("\u{FEFF}" + text) == expected)
    #expect(try read(String(text.dropLast())) == expected)
    var windows = expected
    windows[0].prompt = "A, \"b\"\r\nc"
    #expect(try read(text.replacing("\n", with: "\r\n")) == windows)
  }

  @Test func jsonLinesAreRead() throws {
    let text = """
      {"prompt": "A\\n", "target": " is", "foil": " are", "kind": 3, "more": [1]}
      {"kind": true, "target": "b", "foil": "c", "prompt": "d"}

      """
    #expect(
      try read(text, name: "d.jsonl") == [
        .init(prompt: "A\n", target: " is", foil: " are", groups: ["3"], line: 1),
        .init(prompt: "d", target: "b", foil: "c", groups: ["true"], line: 2),
      ])
    #expect(
      problems("{\"prompt\": \"a\"}\n[]\n\n", name: "d.jsonl") == [
        "error: d.jsonl:2:1: expected an object, found an array"
          + "\n  hint: write each prompt as a JSON object on one line: {\"prompt\": \"The keys\", \"target\": \" are\"}",
        "error: d.jsonl:1:1: 'target' is missing, or is neither text nor a number"
          + "\n  hint: every line needs a value for 'prompt', 'target', 'foil' and 'kind'",
        "error: d.jsonl:1:1: 'foil' is missing, or is neither text nor a number"
          + "\n  hint: every line needs a value for 'prompt', 'target', 'foil' and 'kind'",
        "error: d.jsonl:1:1: 'kind' is missing, or is neither text nor a number"
          + "\n  hint: every line needs a value for 'prompt', 'target', 'foil' and 'kind'",
      ])
  }

  @Test func mistakesHavePlaces() {
    let head = "prompt,target,foil,kind\n"
    let quote = "\n  hint: put the field in quotes and write a quote inside it twice: \"say \"\"yes\"\"\""
    #expect(
      problems(head + "a,b\"c,d,e\n") == [
        "error: d.csv:2:4: a quote in the middle of a field that does not begin with one" + quote
      ])
    #expect(
      problems(head + "a,b,c,d\n\"x\ny\"z,b,c,d\n") == [
        "error: d.csv:4:3: text after the quote that ends a field, expected a comma or the end of the line" + quote
      ])
    #expect(problems(head + "a,\"b,c\n\n") == ["error: d.csv:2:3: a quoted field that does not end" + quote])
    #expect(problems(head + "a,b\rc,d")[0].hasPrefix("error: d.csv:2:4: a carriage return without a line feed"))
    #expect(
      problems(head + "a,b,c,d\na,b,c\n\na,,c,d\n,b,,d\n") == [
        "error: d.csv:3:1: expected 4 fields as in line 1, found 3\n  hint: put a text that contains a comma in quotes",
        "error: d.csv:4:1: expected 4 fields as in line 1, found an empty line\n  hint: remove the line",
        "error: d.csv:5:3: 'target' is empty\n  hint: remove the line, or fill in the field",
        "error: d.csv:6:1: 'prompt' is empty\n  hint: remove the line, or fill in the field",
        "error: d.csv:6:4: 'foil' is empty\n  hint: remove the line, or fill in the field",
      ])
    #expect(
      problems("prompt,targt,foil\na,b,c\n") == [
        "error: d.csv:1:1: there is no column 'target'\n  hint: did you mean 'targt'? known columns: prompt, targt, foil",
        "error: d.csv:1:1: there is no column 'kind'\n  hint: known columns: prompt, targt, foil",
      ])
    #expect(
      problems("") == [
        "error: d.csv: the file is empty, expected a line of column names\n  hint: for example prompt,target: docs/dataset-format.md"
      ])
    #expect(problems(head) == ["error: d.csv: the file has no prompts"])
    #expect(
      problems("a,a\n") == ["error: d.csv:1:3: the column 'a' occurs twice\n  hint: give every column its own name"])
    #expect(problems("a", name: "d.txt") == ["error: d.txt: expected a file that ends in .csv or .jsonl"])
    #expect(throws: Diagnostic.self) {
      try DatasetReader.items(Data([0x61, 0x0A, 0xFF]), name: "d.csv", columns: DatasetColumns())
    }
  }

  @Test func numbersAreWrittenTheSameEverywhere() {
    #expect(
      [0.05, -0.004, 12.995, -3, 1e300].map { Decimals.fixed($0, 2) } == [
        "0.05", "0.00", "13.00", "-3.00", "1e+300",
      ])
    #expect(Decimals.fixed(95, 0) == "95")
  }
}
