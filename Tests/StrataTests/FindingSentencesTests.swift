import Foundation
import TestSupport
import Testing

/// Every number of every finding is read back from its sentence and compared with the trace, by code that knows only
/// the sentence and the JSON.
@Suite struct FindingSentencesTests {
  private static let root = Fixtures.repository

  @Test(arguments: ["first", "kinds", "comparison", "article"])
  func everyNumberOfASentenceIsInTheTrace(_ example: String) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let result = try strata.run(["build", "--offline", "-q", try spec(example, in: folder)])
      #expect(result.status == 0, "\(result.err)")
      let gallery = folder.appending(path: "out/\(example)")
      let file = try object(gallery.appending(path: "findings.json"))
      #expect(file["schema"] as? String == "strata.findings/1")
      let manifest = try object(gallery.appending(path: "manifest.json"))
      var traces: [[String: Any]] = []
      for name in try FileManager.default.contentsOfDirectory(atPath: gallery.appending(path: "traces").path).sorted() {
        traces.append(try object(gallery.appending(path: "traces/\(name)")))
      }
      let prompts = Dictionary(
        uniqueKeysWithValues: (manifest["prompts"] as? [[String: Any]] ?? []).map {
          ($0["id"] as? String ?? "", $0["text"] as? String ?? "")
        })
      var read = 0
      for row in file["rows"] as? [[String: Any]] ?? [] {
        let prompt = row["prompt"] as? String ?? ""
        guard let text = prompts[prompt], let sentence = row["finding"] as? String else { continue }
        let trace = try #require(
          traces.first {
            $0["prompt"] as? String == text
              && ($0["model"] as? [String: Any])?["name"] as? String == row["model"] as? String
          })
        try SentenceReading(sentence: sentence, trace: TraceNumbers(trace)).check()
        read += 1
      }
      #expect(read > 0 && read == traces.count)
    }
  }

  /// The example with its data, and models of the hub named by their files.
  private func spec(_ example: String, in folder: URL) throws -> String {
    let file = Self.root.appending(path: "examples/\(example).yaml")
    guard ["comparison", "article"].contains(example) else { return file.path }
    let text = try String(contentsOf: file, encoding: .utf8)
      .replacing(": smollm2-135m", with: ": \(try RealModels.smolLM2().path)")
      .replacing(": gemma-3-270m", with: ": \(try RealModels.gemma3().path)")
    let copy = folder.appending(path: "\(example).yaml")
    try text.write(to: copy, atomically: true, encoding: .utf8)
    try FileManager.default.copyItem(
      at: Self.root.appending(path: "examples/data"), to: folder.appending(path: "data"))
    return copy.path
  }

  private func object(_ file: URL) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
  }
}

/// The numbers of a trace as a reader of its JSON sees them.
private struct TraceNumbers {
  /// Ranks and log-probabilities of what is predicted after the prompt, by row: of a watched word or of the best token.
  let watch: [(text: String, logprob: [Double])]
  /// By row and column, of the tokens after the prompt.
  let ranks: [[Int]]
  let logprobs: [[Double]]
  /// Texts of the tokens after the prompt.
  let targets: [String]
  /// Names of rows as sentences have them.
  let rows: [String]
  /// The best token after the prompt by row, with its log-probability.
  let best: [(id: Int, logprob: Double)]
  let bestText: String
  let lastLayer: Int
  /// The attribution and the patched runs as they stand in the file; nil without them.
  let attribution: [String: Any]?
  let patching: [String: Any]?
  /// Ids of the most probable tokens, by row and column.
  let lists: [[[Int]]]
  /// Texts by id.
  let texts: [String: Any]
  /// Texts of the prompt's tokens.
  let prompt: [String]

  init(_ trace: [String: Any]) throws {
    attribution = trace["attribution"] as? [String: Any]
    patching = trace["patching"] as? [String: Any]
    let length = try #require(trace["prompt_length"] as? Int)
    let columns = try #require(trace["columns"] as? [[String: Any]])
    let tokens = try #require(trace["tokens"] as? [[String: Any]])
    let after = columns.indices.filter { (columns[$0]["position"] as? Int ?? -1) >= length - 1 }
    let next = try #require(after.first)
    let output = after.filter { columns[$0]["target"] is Int }
    func matrix(_ of: [String: Any], _ key: String) -> [[Double]] {
      (of[key] as? [[Any]] ?? []).map { $0.map { ($0 as? NSNumber)?.doubleValue ?? .nan } }
    }
    ranks = matrix(trace, "rank").map { line in output.map { line[$0].isNaN ? 0 : Int(line[$0]) } }
    logprobs = matrix(trace, "logprob").map { line in output.map { line[$0] } }
    targets = output.map { column in
      let position = (columns[column]["position"] as? Int ?? 0) + 1
      return tokens[position]["text"] as? String ?? ""
    }
    watch = (trace["watch"] as? [[String: Any]] ?? []).map { watched in
      (watched["text"] as? String ?? "", matrix(watched, "logprob").map { $0[next] })
    }
    let list = try #require(trace["rows"] as? [[String: Any]])
    rows = list.map { row in
      row["point"] as? String == "embedding" ? "the embedding" : "layer \(row["layer"] as? Int ?? -1)"
    }
    lastLayer = try #require(list.last?["layer"] as? Int)
    let top = try #require(trace["top"] as? [String: Any])
    let ids = try #require(top["ids"] as? [[[Int]]])
    let shares = try #require(top["logprobs"] as? [[[Double]]])
    lists = ids
    best = zip(ids, shares).map { ($0[next][0], $1[next][0]) }
    texts = try #require(trace["texts"] as? [String: Any])
    prompt = tokens.prefix(length).map { $0["text"] as? String ?? "" }
    bestText = texts["\(best[best.count - 1].id)"] as? String ?? ""
  }

  /// The first row from which a condition holds to the end.
  func forGood(_ holds: (Int) -> Bool) -> Int? {
    guard holds(rows.count - 1) else { return nil }
    return (rows.indices.last { !holds($0) } ?? -1) + 1
  }

  /// Rows at which each token after the prompt is first for good, in order.
  func settled(_ chosen: [Int]) -> [Int] {
    chosen.compactMap { column in forGood { ranks[$0][column] == 1 } }.sorted()
  }
}

/// What a sentence says, read by its words.
private struct SentenceReading {
  let sentence: String
  let trace: TraceNumbers

  func check() throws {
    let (all, causes) = split
    let rest = try withoutVocabulary(all)
    #expect(
      causes.count == (trace.attribution == nil ? 0 : 1) + ((trace.patching?["differences"] as? [Any])?.count ?? 0))
    for cause in causes { try CauseReading(sentence: String(cause), trace: trace).check() }
    try SentenceReading(sentence: rest, trace: trace).checkPrediction()
  }

  /// The sentence of the prediction, and those of causes.
  private var split: (String, [Substring]) {
    let causes = [
      /“[^“]+” leads “[^“]+” by .+? logits.*?\.(?= |$)/,
      /At least half of the difference moves with .+?\.(?= Of all |$)/,
      /Of all attentions, .+?\.(?= Of all MLPs|$)/, /Of all MLPs, .+?\.(?=$)/,
    ].compactMap { (form: Regex<Substring>) in sentence.firstMatch(of: form)?.output }
    guard let first = causes.first else { return (sentence, []) }
    return (sentence[..<first.startIndex].trimmingCharacters(in: .whitespaces), causes)
  }

  /// The rest of a sentence about the words of the layers, whose counts are compared with the lists of the trace.
  private func withoutVocabulary(_ text: String) throws -> String {
    let form =
      /\ ?“([^”]+)” is the most frequent, in ([\d,]+) of ([\d,]+) lists(?:, most often after ([^;.]+))?(?:; of the tokens that the last layer never lists, “([^”]+)” is, in ([\d,]+)(?:, most often after ([^;.]+))?)?\.$/
    guard let match = text.firstMatch(of: form) else { return text }
    func number(_ text: Substring) -> Int? { Int(text.replacing(",", with: "")) }
    let lists = trace.lists
    #expect(number(match.3) == lists.count * lists[0].count, "\(text)")
    func byRow(_ label: Substring, _ k: Int) -> [Int] {
      let word = label.replacing("␣", with: " ")
      return lists.map { row in
        row.filter { list in
          list.prefix(k).contains { (id: Int) -> Bool in
            guard let text = trace.texts["\(id)"] as? String else { return false }
            return text == word
          }
        }.count
      }
    }
    func fits(_ label: Substring?, _ count: Substring?, _ peak: Substring?, _ k: Int) -> Bool {
      guard let label, let count else { return true }
      let rows = byRow(label, k)
      guard rows.reduce(0, +) == number(count), let most = rows.max() else { return false }
      return peak.map { name in
        zip(trace.rows, rows).contains { $0 == name && $1 == most }
      } ?? true
    }
    // The sentence does not say how long the lists are; one length must fit all that it says.
    let lengths = (1...(lists.joined().map(\.count).max() ?? 1)).filter { k in
      fits(match.1, match.2, match.4, k) && fits(match.5, match.6, match.7, k)
        && (match.5.map { byRow($0, k).last == 0 } ?? true)
    }
    #expect(!lengths.isEmpty, "\(text)")
    return String(text[..<match.range.lowerBound])
  }

  private func checkPrediction() throws {
    if let match = sentence.wholeMatch(
      of: /“(.+?)” \((.+?)\) is more probable than “(.+?)” \((.+?)\)(?: and the other words?)? for good from (.+?) on\./
    ) {
      try checkOrder(match.1, match.2, match.3, match.4, match.5)
    } else if let match = sentence.wholeMatch(
      of:
        /“(.*?)” \((.+?)\) is the most probable next token and has rank 1 for good from (.+?) on(?: \((.+)\))?\./)
    {
      try checkSingle(match.1, match.2, match.3, match.4)
    } else if let match = sentence.wholeMatch(
      of:
        /The (\d+) (?:output|given) tokens have rank 1 for good from (.+?) \(earliest\) to (.+?) \(latest\), (.+?) as median(?:; medians by class: (.+))?\./
    ) {
      let all = trace.settled(Array(trace.targets.indices))
      #expect(Int(match.1) == trace.targets.count && all.count == trace.targets.count, "\(sentence)")
      #expect(match.2 == trace.rows[all[0]] && match.3 == last(all[all.count - 1]), "\(sentence)")
      #expect(match.4 == trace.rows[all[(all.count - 1) / 2]], "\(sentence)")
      try match.5.map(checkClasses)
    } else {
      Issue.record("no known form: \(sentence)")
    }
  }

  private func checkOrder(
    _ one: Substring, _ share: Substring, _ other: Substring, _ second: Substring, _ from: Substring
  ) throws {
    let last = trace.rows.count - 1
    let order = trace.watch.sorted { $0.logprob[last] > $1.logprob[last] }
    #expect(visible(order[0].text) == one && visible(order[1].text) == other, "\(sentence)")
    #expect(isShare(share, of: order[0].logprob[last]) && isShare(second, of: order[1].logprob[last]), "\(sentence)")
    let ahead = trace.forGood { row in order.dropFirst().allSatisfy { order[0].logprob[row] > $0.logprob[row] } }
    #expect(ahead.map(self.last) == String(from), "\(sentence)")
  }

  private func checkSingle(_ token: Substring, _ share: Substring, _ from: Substring, _ rest: Substring?) throws {
    let row = try #require(trace.forGood { trace.best[$0].id == trace.best[trace.best.count - 1].id })
    #expect(visible(trace.bestText) == token && last(row) == from, "\(sentence)")
    #expect(isShare(share, of: trace.best[trace.best.count - 1].logprob), "\(sentence)")
    for part in rest?.split(separator: "; ") ?? [] {
      if let match = part.wholeMatch(of: /rank ([\d,]+) just before/) {
        #expect(Int(match.1.replacing(",", with: "")) == trace.ranks[row - 1][0], "\(sentence)")
      } else if let match = part.wholeMatch(of: /first at all at (.+)/) {
        let first = try #require(trace.ranks.firstIndex { $0[0] == 1 })
        #expect(match.1 == trace.rows[first] && first < row, "\(sentence)")
      } else {
        Issue.record("no known part: \(part)")
      }
    }
  }

  /// Classes by simple rules that hold for the examples' texts.
  private func checkClasses(_ list: Substring) throws {
    for part in list.split(separator: ", ") {
      let match = try #require(part.wholeMatch(of: /(.+) (layer \d+|the embedding)/))
      let rule: (String) -> Bool =
        switch match.1 {
        case "line breaks": { $0.contains("\n") }
        case "numbers": { $0.contains(where: \.isNumber) }
        case "punctuation marks": { !$0.contains { $0.isLetter || $0.isNumber || $0.isNewline } && $0 != " " }
        case "word starts": { $0.first == " " && $0.contains(where: \.isLetter) }
        case "continuations of words": { $0.first?.isLetter == true }
        case "spaces": { $0 == " " }
        default: { _ in false }
        }
      let chosen = trace.targets.indices.filter { rule(trace.targets[$0]) }
      let rows = trace.settled(chosen)
      #expect(rows.count == chosen.count && rows.count >= 2, "\(part) in \(sentence)")
      #expect(match.2 == trace.rows[rows[(rows.count - 1) / 2]], "\(part) in \(sentence)")
    }
  }

  private func last(_ row: Int) -> String {
    trace.rows[row] == "the embedding" ? trace.rows[row] : "\(trace.rows[row]) of \(trace.lastLayer)"
  }

  /// Whether a percentage is a probability, rounded as its digits say.
  private func isShare(_ text: Substring, of logprob: Double) -> Bool {
    let percent = exp(logprob) * 100
    if text == "<0.01 %" { return percent < 0.01 }
    if text == ">99.99 %" { return percent > 99.99 }
    guard text.hasSuffix(" %"), let found = Double(text.dropLast(2)) else { return false }
    let digits = text.dropLast(2).split(separator: ".").dropFirst().first?.count ?? 0
    return abs(found - percent) <= 0.5001 * pow(10, -Double(digits))
  }
}

/// What a sentence says of an attribution or of patched runs, compared with the numbers of the file.
private struct CauseReading {
  let sentence: String
  let trace: TraceNumbers

  func check() throws {
    if let match = sentence.wholeMatch(
      of:
        /“(.+?)” leads “(.+?)” by ([\d.]+) logits(?:; of all parts, (.+) adds most to this, ([\d.]+))?(?:, and (.+) takes most away, ([\d.]+))?\./
    ) {
      try checkLead(match.1, match.2, match.3, match.4, match.5, match.6, match.7)
    } else if let match = sentence.wholeMatch(
      of: /Of all (attention|MLP)s, the (?:attention|MLP) of layer (\d+) at (.+) has the largest effect, (-?[\d.]+)\./)
    {
      let effects = try self.effects(match.1 == "MLP" ? "mlp" : "attention")
      let best = try #require(effects.joined().max())
      let row = try #require(Int(match.2))
      let position = try #require(effects[row].firstIndex(of: best), "\(sentence)")
      #expect(label(position) == match.3 && is2(match.4, best), "\(sentence)")
    } else if let match = sentence.wholeMatch(of: /At least half of the difference moves with (.+)\./) {
      try checkCarriers(match.1)
    } else {
      Issue.record("no known form: \(sentence)")
    }
  }

  private func checkLead(
    _ leader: Substring, _ other: Substring, _ lead: Substring, _ part: Substring?, _ adds: Substring?,
    _ against: Substring?, _ takes: Substring?
  ) throws {
    let own = try #require(trace.attribution)
    func logit(_ key: String) throws -> Double { try #require((own[key] as? NSNumber)?.doubleValue) }
    let difference = try logit("target_logit") - logit("foil_logit")
    let sign = difference < 0 ? -1.0 : 1
    let ids = try ["target", "foil"].map { try #require(own[$0] as? Int) }
    let names = ids.map { visible(trace.texts["\($0)"] as? String ?? "") }
    #expect((sign < 0 ? names.reversed() : names) == [String(leader), String(other)] && is2(lead, abs(difference)))
    let parts = try (own["parts"] as? [[String: Any]] ?? []).map { part in
      (part: part, value: try #require(part["value"] as? NSNumber).doubleValue * sign)
    }
    let strongest = try #require(parts.max { $0.value < $1.value })
    let weakest = try #require(parts.min { $0.value < $1.value })
    for (found, words, number) in [(strongest, part, adds), (weakest, against, takes)] {
      guard let words, let number else {
        #expect(found.part["part"] as? String == weakest.part["part"] as? String && found.value >= 0, "\(sentence)")
        continue
      }
      let kind = ["attention": "the attention", "mlp": "the MLP", "embedding": "the embedding"]
      let name = kind[found.part["part"] as? String ?? ""] ?? ""
      #expect(words == name + ((found.part["layer"] as? Int).map { " of layer \($0)" } ?? ""), "\(sentence)")
      #expect(is2(number, abs(found.value)), "\(sentence)")
    }
  }

  /// Every position with a state that moves the answer half-way is named with its first and last layer, and no other is.
  private func checkCarriers(_ list: Substring) throws {
    let effects = try effects("stream")
    var rest = String(list)
    for position in trace.prompt.indices {
      let rows = effects.indices.filter { effects[$0][position] >= 0.5 }
      guard let first = rows.first, let last = rows.last else { continue }
      func name(_ row: Int) -> String { row == 0 ? "the embedding" : "layer \(row - 1)" }
      var place = "from \(name(first)) to \(name(last))"
      if last == effects.count - 1 { place = "from \(name(first)) on" }
      if first == last { place = "after \(name(first))" }
      if rows.count < last - first + 1 { place += " with gaps" }
      let phrase = "the state at \(label(position)) \(place)"
      #expect(rest.contains(phrase), "\(phrase) in \(sentence)")
      rest = rest.replacing(phrase, with: "", maxReplacements: 1)
    }
    #expect(!rest.contains("state"), "\(sentence)")
  }

  /// Effects at a place [row][position], from the stored differences.
  private func effects(_ place: String) throws -> [[Double]] {
    let own = try #require(trace.patching)
    let ends = try ["base_difference", "source_difference"].map { try #require(own[$0] as? NSNumber).doubleValue }
    let runs = try #require((own["differences"] as? [[String: Any]])?.first { $0["place"] as? String == place })
    return (runs["values"] as? [[Any]] ?? []).map { line in
      line.map { ((($0 as? NSNumber)?.doubleValue ?? -.infinity) - ends[0]) / (ends[1] - ends[0]) }
    }
  }

  private func label(_ position: Int) -> String {
    let other =
      ((trace.patching?["source_tokens"] as? [[String: Any]])?[position]["text"] as? String).map(visible) ?? ""
    let own = visible(trace.prompt[position])
    return own == other ? "“\(own)”" : "“\(other)” (for “\(own)”)"
  }

  private func is2(_ text: Substring, _ value: Double) -> Bool {
    guard let found = Double(text) else { return false }
    return abs(found - value) <= 0.005001
  }
}

private func visible(_ text: String) -> String { text.replacing(" ", with: "␣").replacing("\n", with: "↵") }
