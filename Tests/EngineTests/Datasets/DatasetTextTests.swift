import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Texts whose tokens are scored one by one: answers of several tokens, sentences, corpora, words.
@Suite struct DatasetTextTests {
  private func tracer(_ name: String = "llama", threads: Int = 2) throws -> Tracer {
    try Tracer(model: try openModel(Fixtures.url("models/\(name)/hf"), name: name), threads: threads)
  }

  private func request(
    _ items: [(prompt: String, target: String, foil: String?)], form: DatasetSummary.Form? = nil,
    score: DatasetSummary.Score? = nil, words: Bool = false
  ) -> DatasetRequest {
    DatasetRequest(
      name: "texts",
      items: items.enumerated().map {
        .init(prompt: $1.prompt, target: $1.target, foil: $1.foil, groups: ["g\($0 % 2)"], line: $0 + 2)
      }, groupColumns: ["side"], bootstrap: Bootstrap(resamples: 200, seed: 5), form: form, score: score,
      keepsItems: true, words: words)
  }

  private let answers: [(prompt: String, target: String, foil: String?)] = [
    ("the keys to the", " cat is on", " keys"), ("a cat", " keys are", " cat on the keys"),
    ("on the cat", " is", " are"),
    ("the keys to the", " keys to the", " cat is a cat"),
  ]

  /// A trace of the same tokens reads the same states, so that sums over it are the dataset's numbers.
  @Test(arguments: ["llama", "gpt2"], DatasetSummary.Score.allCases)
  func answersAreSumsAndMeansOfTheTokensOfATrace(name: String, score: DatasetSummary.Score) throws {
    let tracer = try tracer(name)
    let summary = try tracer.summary(of: request(answers, score: score))
    let items = try #require(summary.items)
    var largest = 0.0
    for (index, answer) in answers.enumerated() {
      let traces = try tracer.trace(
        [answer.target, answer.foil ?? ""].map {
          TraceRequest(prompt: answer.prompt, method: .continuation($0), columns: .generated)
        })
      for row in summary.rows.indices {
        let sums = traces.map { trace -> Double in
          let line = trace.logprob[row].compactMap { $0.map(Double.init) }
          return line.reduce(0, +) / (score == .mean ? Double(line.count) : 1)
        }
        largest = max(largest, abs(Double(items.logprob[row][index]) - sums[0]))
        #expect(try #require(items.right)[row][index] == (sums[0] > sums[1] ? 1 : 0))
      }
    }
    print("answers of \(name) by \(score.rawValue): largest difference from traces \(Float(largest))")
    #expect(largest < 2e-5)
    #expect(summary.schema == "strata.dataset/3" && summary.dataset.score == score && summary.dataset.form == nil)
    let ranks = try #require(summary.groups[0].top1)
    #expect(ranks.value.allSatisfy { (0...1).contains($0) })
  }

  @Test func theBeginningThatTextsShareRunsOnce() throws {
    let tracer = try tracer()
    let long = "the keys to the cat on the keys to the cat is"
    let texts = [" a cat is", " the keys are"].map { target -> PreparedRequest? in
      let words = WordTokens(tokenizer: tracer.model.tokenizer, model: "m")
      return try? PreparedRequest(
        TraceRequest(prompt: long, topK: 1), model: tracer.model, lens: nil, watch: [],
        following: words.pieces(of: target))
    }.compactMap(\.self)
    try #require(texts.count == 2)
    let run = BatchRun(texts, model: tracer.model, lens: nil, pool: tracer.pool) { _ in }
    let columns = try run.columns()
    let own = texts.reduce(0) { $0 + $1.known.count - $1.promptLength }
    #expect(run.tokensRun <= texts[0].promptLength + own)
    #expect(columns.map(\.count) == texts.map { $0.known.count - $0.promptLength })
  }

  @Test func sentencesAndCorporaAreSumsOverEveryTokenOfATrace() throws {
    let tracer = try tracer()
    let pairs: [(prompt: String, target: String, foil: String?)] = [
      ("the keys to the cat are on", "", "the keys to the cat is on"), ("a cat is", "", "a cat are"),
      ("the cat is on the keys", "", "the cat are on the keys"),
    ]
    let summary = try tracer.summary(of: request(pairs, form: .sentences, score: .sum))
    let corpus = try tracer.summary(of: request(pairs.map { ($0.prompt, "", nil) }, form: .corpus))
    let items = try #require(summary.items)
    let whole = try #require(corpus.groups[0].corpus)
    let traces = try tracer.trace(pairs.map { TraceRequest(prompt: $0.prompt, topK: 1, columns: .all) })
    var (largest, tokens) = (0.0, 0)
    for row in summary.rows.indices {
      var (logprob, kl, entropy, agreement) = (0.0, 0.0, 0.0, 0)
      tokens = 0
      for (index, trace) in traces.enumerated() {
        let line = trace.logprob[row].compactMap { $0.map(Double.init) }
        largest = max(largest, abs(line.reduce(0, +) - Double(items.logprob[row][index])))
        tokens += line.count
        logprob += line.reduce(0, +)
        for column in trace.columns.indices where trace.columns[column].target != nil {
          kl += Double(trace.kl[row][column] ?? 0)
          entropy += Double(trace.entropy[row][column] ?? 0)
          agreement += trace.top.ids[row][column].first == trace.top.ids[summary.rows.count - 1][column].first ? 1 : 0
        }
      }
      for (mine, sum) in [
        (corpus.groups[0].logprob, logprob), (whole.kl, kl), (whole.entropy, entropy),
        (whole.agreement, Double(agreement)),
      ] {
        largest = max(largest, abs(mine.value[row] - sum / Double(tokens)))
      }
    }
    #expect(whole.tokens == tokens && whole.kl.value.last == 0 && whole.agreement.value.last == 1)
    var wrong = corpus
    wrong.groups[0].corpus?.kl.value[corpus.rows.count - 1] = 0.1
    let refused = #expect(throws: TraceFileError.self) { try DatasetSummary.read(wrong.jsonData(), path: "s") }
    #expect(refused?.message.hasPrefix("'groups[0].corpus.kl.value[\(corpus.rows.count - 1)]'") == true)
    print("sentences and corpus of llama: largest difference from traces \(Float(largest))")
    #expect(largest < 2e-5)
    #expect(summary.groups[0].rank == nil && summary.groups[0].settled == nil && corpus.groups[0].accuracy == nil)
  }

  @Test(arguments: [DatasetSummary.Form?.none, .sentences, .corpus])
  func aSummaryOfPartsIsTheSummaryOfTheWholeAndIsReadAgain(form: DatasetSummary.Form?) throws {
    let items = (0..<9).map { item -> (prompt: String, target: String, foil: String?) in
      let text = "the keys \(item) to the cat"
      return switch form {
      case nil: (text, " is on", " are on the")
      case .sentences: (text + " are", "", text + " is")
      case .corpus: (text, "", nil)
      }
    }
    let whole = request(items, form: form, score: form == .corpus ? nil : .sum, words: form == .corpus)
    let summary = try tracer().summary(of: whole)
    let bytes = try summary.jsonData()
    #expect(try tracer(threads: 1).summary(of: whole).jsonData() == bytes)
    #expect(try DatasetSummary.read(bytes, path: "memory").jsonData() == bytes)
    var parts: [DatasetItem] = []
    for range in [0..<2, 2..<3, 3..<9] {
      var part = whole
      part.items = Array(whole.items[range])
      parts += try tracer().items(of: part)
    }
    let read = try parts.map { item -> DatasetItem in
      var cell = ShardCell(key: "k", subject: "texts", item: 0, groups: [])
      cell.numbers = item
      return try #require(try ShardCell.read(try cell.line(), path: "line").numbers)
    }
    #expect(try #require(DatasetSummary(whole, items: read)).jsonData() == bytes)
    #expect(summary.csv().contains(form == .corpus ? ",bits_per_byte," : ",difference,"))
  }

  @Test func wordsAreWhatStandsBetweenWhiteSpace() {
    func words(_ tokens: [String?]) -> [String] {
      TextWords(tokens.map { $0.map { Array($0.utf8) } }).words.map { "\($0.text) \($0.tokens)" }
    }
    #expect(words([nil, "The", " key", "s", " are", "."]) == ["The 1..<2", "keys 2..<4", "are. 4..<6"])
    // White space alone belongs to the word that follows; that at the end to none.
    #expect(words(["a", "\n", " b", " "]) == ["a 0..<1", "b 1..<3"])
    // A token with two words makes one entry of them, as does one that goes into the next.
    #expect(words([" of the", " end"]) == ["of the 0..<1", "end 1..<2"])
    #expect(words(["a b", "c", " d"]) == ["a bc 0..<2", "d 2..<3"])
    #expect(words(["x ", "y"]) == ["x 0..<1", "y 1..<2"] && words([" ", nil]) == [])
  }

  @Test(arguments: ["llama", "gpt2"])
  func theSurprisalOfWordsSumsToThatOfTheText(name: String) throws {
    let tracer = try tracer(name)
    let text = "the keys to the cat are on a cat"
    let asked = request([(text, "", nil)], form: .corpus, words: true)
    let summary = try tracer.summary(of: asked)
    let words = try #require(summary.words?.first)
    #expect(words.texts == text.split(separator: " ").map(String.init))
    let trace = try tracer.trace([TraceRequest(prompt: text, topK: 1, columns: .all)])[0]
    let model = tracer.model
    let ends = TextWords.ends(model.tokenizer, count: model.counted(.final))
    #expect(ends.contains(1) && ends.contains(0))
    for row in summary.rows.indices {
      let line = trace.logprob[row].compactMap { $0.map(Double.init) }
      // Without BOS the first word has no surprisal.
      let hasFirst = words.surprisal[row].first.flatMap { $0 } != nil
      let first = hasFirst ? 0 : words.tokens[0] - 1
      let sum = words.surprisal[row].reduce(0.0) { $0 + Double($1 ?? 0) }
      #expect(abs(sum + line.dropFirst(first).reduce(0, +)) < 1e-4)
      // What is divided out before a word is multiplied in after the one before: only the end of the last word is left.
      let shift = zip(words.corrected[row], words.surprisal[row]).reduce(0.0) {
        $0 + Double($1.0 ?? 0) - Double($1.1 ?? 0)
      }
      #expect(!hasFirst || shift >= -1e-5)
    }
    let csv = try #require(summary.wordsCSV())
    #expect(csv.hasPrefix("item,word,text,tokens,layer,point,surprisal,surprisal_corrected\n1,1,the,"))
    #expect(csv.split(separator: "\n").count == 1 + summary.rows.count * words.texts.count)
  }

  @Test func whatCannotBeScoredIsNamedWithItsLine() throws {
    let tracer = try tracer("gpt2")
    #expect(throws: DatasetError.self) {
      try tracer.summary(of: request([("a cat is", "", "a cat is"), ("x", "", "x y")], form: .sentences, score: .sum))
    }
    do {
      _ = try tracer.summary(
        of: request([("a cat is", "", "a cat is"), ("the cat", " is", " is")], form: .sentences, score: .sum))
      Issue.record("was scored")
    } catch let error as DatasetError {
      #expect(error.faults.map(\.line).first == 2)
      #expect(error.faults.first?.message == "both sentences are the same tokens")
    }
    let masked = try Tracer(model: try openModel(Fixtures.url("masked/bert/hf"), name: "bert"), threads: 1)
    #expect(throws: RunError.partsOfModel(model: "bert", what: "corpus", found: "one with an encoder")) {
      try masked.summary(of: request([("a cat", "", nil)], form: .corpus))
    }
  }
}
