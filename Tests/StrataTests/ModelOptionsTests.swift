import Foundation
import TestSupport
import Testing

/// `--accept-setting` and `--bos`, and their keys in a spec: on their way to the trace, the captions and the methods page.
@Suite("How a model is opened is the user's to say where its files leave it open")
struct ModelOptionsTests {
  /// A tiny Llama whose config.json has a setting that nobody follows, and whose tokenizer_config.json asks in vain for BOS.
  private func makeModel(_ folder: URL) throws {
    let model = folder.appending(path: "m", directoryHint: .isDirectory)
    try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
    for (file, key, value) in [
      ("config.json", "attention_sinks", 4 as Any), ("tokenizer_config.json", "add_bos_token", true as Any),
    ] {
      let url = model.appending(path: file)
      var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
      json[key] = value
      try JSONSerialization.data(withJSONObject: json, options: [.sortedKeys]).write(to: url)
    }
  }

  private let accept = ["--accept-setting", "attention_sinks"]

  @Test func aTraceNamesWhatWasAcceptedAndWhoDecidedBOS() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder)
      let strata = StrataProgram(folder: folder)
      func trace(_ more: String...) throws -> (model: [String: Any], ids: [Int]) {
        let result = try strata.run(["trace", "-q", "--model", "./m", "--prompt", "the keys"] + accept + more)
        #expect(result.status == 0, "\(result.err)")
        #expect(result.err == "", "-q says nothing of notes either")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any])
        let tokens = try #require(json["tokens"] as? [[String: Any]])
        return (try #require(json["model"] as? [String: Any]), tokens.compactMap { $0["id"] as? Int })
      }
      let plain = try trace()
      #expect(
        plain.model["accepted_settings"] as? [[String: String]]
          == [["name": "attention_sinks", "value": "4", "file": "config.json"]])
      #expect(plain.model["bos"] == nil)
      let with = try trace("--bos", "yes")
      #expect(with.model["bos"] as? String == "yes")
      #expect(with.ids == [1] + plain.ids)
      // The cache tells them apart.
      #expect(try trace("--bos", "yes").ids == with.ids)
      #expect(try trace("--bos", "no").ids == plain.ids)
      #expect(try trace("--bos", "model").ids == plain.ids)
    }
  }

  @Test func notesOfAModelAreToldAlsoWhenItIsNotOpenedAgain() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder)
      let strata = StrataProgram(folder: folder)
      for _ in 1...2 {
        let result = try strata.run(
          ["show", "--model", "./m", "--prompt", "<|im_start|>the", "--bos", "yes"] + accept)
        #expect(result.status == 0, "\(result.err)")
        #expect(
          result.err.contains(
            "note: m: a prompt begins with '<|im_start|>', which the tokenizer also puts before every text, so BOS occurs twice"
          ))
        let plain = try strata.run(["show", "--model", "./m", "--prompt", "the"] + accept)
        #expect(
          plain.err.contains(
            "m/tokenizer_config.json: add_bos_token is true, and the post-processor of tokenizer.json puts no "
              + "'<|im_start|>' before texts"))
      }
      let doctor = try strata.run(["doctor", "--model", "./m"] + accept)
      #expect(doctor.status == 0, "\(doctor.err)")
      #expect(doctor.err.contains("note: ") && doctor.err.contains("add_bos_token is true"))
    }
  }

  private func spec(_ options: String) -> String {
    """
    models:
      tiny: {path: m, accept_settings: [attention_sinks]\(options)}
    prompts: [{id: keys, text: the keys, generate: 1}]
    figures: [top-tokens]
    output: {figures: [svg]}

    """
  }

  @Test func captionsMethodsAndRemarksOfAGallerySayHowAModelWasOpened() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder)
      let strata = StrataProgram(folder: folder)
      try strata.write(spec(""), to: "w.yaml")
      let first = try strata.run(["build", "--json", "w.yaml"])
      #expect(first.status == 0, "\(first.err)")
      func page() throws -> String {
        try String(contentsOf: folder.appending(path: "out/w/index.html"), encoding: .utf8)
      }
      let plain = try page()
      let sentence = "tiny was opened without following attention_sinks = 4."
      #expect(plain.ranges(of: sentence).count >= 2, "in the caption and among the methods")
      #expect(plain.contains("tiny, tokenizer_config.json: add_bos_token is true"))
      let manifest = try String(contentsOf: folder.appending(path: "out/w/manifest.json"), encoding: .utf8)
      #expect(!manifest.contains(folder.path), "no path of the machine")
      let second = try strata.run(["build", "w.yaml"])
      #expect(second.err.contains("cached tiny, keys"))
      #expect(try page() == plain)
      // Another option is another cell.
      try strata.write(spec(", bos: yes"), to: "w.yaml")
      let third = try strata.run(["build", "--explain", "w.yaml"])
      #expect(third.err.contains("because tiny, keys: the model's options changed"), "\(third.err)")
      #expect(try page().contains("Texts begin with BOS for tiny, as requested."))
      try strata.write(spec(", bos: \"no\""), to: "w.yaml")
      #expect(try strata.run(["build", "w.yaml"]).err.contains("traced tiny, keys"))
      #expect(try page().contains("Texts begin without BOS for tiny, as requested."))
    }
  }

  @Test func aDatasetsSummaryAndItsFigureNameThemToo() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder)
      let strata = StrataProgram(folder: folder)
      try strata.write("prompt,target\nthe,e\n<|im_start|>a,e\n", to: "d.csv")
      let result = try strata.run(
        ["dataset", "d.csv", "-m", "./m", "--first-token", "--format", "json", "-o", "d.json", "--bos", "yes"] + accept)
      #expect(result.status == 0, "\(result.err)")
      #expect(result.err.contains("note: m: a prompt begins with '<|im_start|>'"), "\(result.err)")
      let json = try String(contentsOf: folder.appending(path: "d.json"), encoding: .utf8)
      #expect(json.contains(#""accepted_settings":[{"file":"config.json","name":"attention_sinks","value":"4"}]"#))
      #expect(json.contains(#""bos":"yes""#))
      let drawn = try strata.run("draw", "d.json", "--kind", "dataset-profile", "-o", "d.tex")
      #expect(drawn.status == 0, "\(drawn.err)")
      let tex = try String(contentsOf: folder.appending(path: "d.tex"), encoding: .utf8)
      #expect(tex.contains(#"m was opened without following attention\_sinks = 4."#), "\(tex)")
    }
  }

  @Test func mistakesAreNamed() throws {
    try withTemporaryFolder { folder in
      try makeModel(folder)
      let strata = StrataProgram(folder: folder)
      let nothing = try strata.run(
        ["trace", "-q", "--model", "./m", "--prompt", "a", "--accept-setting", "hidden_size"] + accept)
      #expect(nothing.status == 66)
      #expect(nothing.err.contains("the setting 'hidden_size' cannot be accepted, because it is not refused"))
      let word = try strata.run("trace", "--model", "./m", "--prompt", "a", "--bos", "perhaps")
      #expect(word.status == 64 && word.err.contains("'yes', 'no' or 'model'"))
      try strata.write(spec(", bos: perhaps"), to: "w.yaml")
      let spec = try strata.run("build", "w.yaml")
      #expect(spec.status == 65)
      #expect(spec.err.contains("bos of model 'tiny' must be yes, no or model, found 'perhaps'"), "\(spec.err)")
    }
  }
}
