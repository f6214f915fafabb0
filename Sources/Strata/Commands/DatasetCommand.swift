import ArgumentParser
import Build
import Engine
import Figures
import Files
import Foundation
import Spec
import Traces
import Words

struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset",
    abstract: "Score a dataset of prompts: how probable the target is after every layer, with bootstrap intervals.",
    discussion: """
      The file is CSV with a line of column names, or JSON lines (.jsonl), and has a prompt and a target on every line; with a \
      foil the share of prompts whose target beats it is shown. --sentence scores whole sentences, and a .txt file is a corpus, whose \
      every token is predicted. docs/dataset-format.md describes the numbers.
      """)

  @Argument(help: ArgumentHelp("A .csv or .jsonl file, or a .txt file: a corpus.", valueName: "file"))
  var file: String

  @Option(
    name: .shortAndLong,
    help: "A name from `strata models list`, org/name on the hub, ollama:name, or the path of a .gguf file or a folder."
  )
  var model: String

  @Option(help: ArgumentHelp("Column of the prompts; prompt by default.", valueName: "column"))
  var prompt: String?

  @Option(help: ArgumentHelp("Column of the words that should come next; target by default.", valueName: "column"))
  var target: String?

  @Option(
    help: ArgumentHelp(
      "Column of whole sentences, instead of prompts and targets; with --foil it is asked which of two is likelier.",
      valueName: "column"))
  var sentence: String?

  @Option(help: ArgumentHelp("Column of the words or sentences that are compared with.", valueName: "column"))
  var foil: String?

  @Option(
    help: ArgumentHelp(
      "How targets and foils of several tokens, or sentences, are scored: sum of their tokens' log-probabilities, or mean.",
      valueName: "score"))
  var score: Scoring?

  @Option(
    help: ArgumentHelp(
      "Column of texts whose states are put into the runs of the prompts (activation patching); needs --foil.",
      valueName: "column"))
  var source: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "States of the sources that are put in: stream, attention or mlp; all three by default. May be given several times.",
      valueName: "states"))
  var of: [PatchedPlace] = []

  @Flag(help: "Ask what each part of the model adds to the logit of the target minus that of the foil; needs --foil.")
  var attribute = false

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A column to group prompts by. May be given several times.", valueName: "column")
  )
  var group: [String] = []

  @Flag(help: "Take the first token of a target or foil that is several tokens.")
  var firstToken = false

  @Flag(help: "Give the surprisal of each word by layer: of a corpus, or with --sentence.")
  var words = false

  @Flag(help: "Keep the numbers of each item, for paired comparisons (strata draw --kind dataset-comparison).")
  var items = false

  @Option(
    help: ArgumentHelp(
      "Column of what items of two groups that belong together share; needs --group and --items.", valueName: "column"))
  var pair: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The most characters of a passage of a .txt file, 100 to 100000.", valueName: "n"),
    transform: NumberOption.whole)
  var passage: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Resamples of the bootstrap, 100 to 100000 (default: 1000).", valueName: "n"),
    transform: NumberOption.whole)
  var resamples = 1000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seed of the bootstrap's random numbers, 0 to \(Int.max) (default: 1).", valueName: "n"),
    transform: {
      guard let seed = WrittenNumber.whole($0), seed >= 0 else {
        throw ValidationError("expected a whole number from 0 to \(Int.max), found '\($0)'")
      }
      return seed
    })
  var seed = 1

  @Option(help: "Apply the model's final norm to all rows (final) or only to the last row (none).")
  var norm: NormChoice = .final

  @OptionGroup var lens: LensOptionGroup

  @Option(
    help: """
      What to write: a table for people, or the numbers as JSON (strata.dataset) or CSV; csv puts an apostrophe before texts that a \
      spreadsheet would compute, csvraw does not; words is the table of --words as CSV.
      """)
  var format: Format = .table

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write; - is standard output.", valueName: "file"))
  var output = "-"

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv, csvraw, words }
  enum Scoring: String, ExpressibleByArgument, CaseIterable { case sum, mean }
  enum PatchedPlace: String, ExpressibleByArgument, CaseIterable { case stream, attention, mlp }

  @OptionGroup var opening: ModelOptionGroup
  @OptionGroup var fetch: FetchOptions
  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func validate() throws {
    guard (100...100_000).contains(resamples) else {
      throw ValidationError("--resamples must be between 100 and 100000, found \(resamples)")
    }
    try requireTogether()
    guard of.isEmpty || source != nil else {
      throw ValidationError("--of needs --source, the column of texts to patch from")
    }
    if let twice = of.indices.first(where: { of[..<$0].contains(of[$0]) }) {
      throw ValidationError("--of \(of[twice].rawValue) is given twice")
    }
    guard ![.csv, .csvraw].contains(format) || source == nil && !attribute else {
      throw ValidationError(
        "--format \(format.rawValue) has the numbers of the lens alone; take --format json for patching and attribution"
      )
    }
  }

  private var isCorpus: Bool { file.lowercased().hasSuffix(".txt") }

  /// Refuses options that have no effect beside others, or need one that is missing.
  private func requireTogether() throws {
    for (name, isGiven) in [("--source", source != nil), ("--attribute", attribute)] where isGiven && foil == nil {
      throw ValidationError("\(name) needs --foil, the column of the words that targets are compared with")
    }
    let ofWords = [
      ("--prompt", prompt != nil), ("--target", target != nil), ("--first-token", firstToken),
      ("--source", source != nil),
      ("--attribute", attribute),
    ]
    if isCorpus {
      let ofColumns = [
        ("--sentence", sentence != nil), ("--foil", foil != nil), ("--score", score != nil),
        ("--group", !group.isEmpty),
        ("--pair", pair != nil),
      ]
      for (name, isGiven) in ofWords + ofColumns where isGiven {
        throw ValidationError(
          "\(name) is about columns, and \(file) is a text; leave it out, or give a .csv or .jsonl file")
      }
    } else if sentence != nil {
      for (name, isGiven) in ofWords where isGiven {
        throw ValidationError("\(name) is about words after prompts; leave it out beside --sentence")
      }
      guard score == nil || foil != nil else {
        throw ValidationError("--score needs --foil beside --sentence: single sentences are counted token by token")
      }
    } else if score != nil {
      for (name, isGiven) in ofWords.dropFirst(2) where isGiven {
        throw ValidationError("\(name) is about one token, and --score about several; leave out one of them")
      }
    }
    guard passage == nil || isCorpus else {
      throw ValidationError("--passage cuts a .txt file; leave it out for one with columns")
    }
    guard passage.map((100...100_000).contains) ?? true else {
      throw ValidationError("--passage must be between 100 and 100000, found \(passage ?? 0)")
    }
    guard pair == nil || !group.isEmpty && items else {
      throw ValidationError("--pair needs --group, the column whose values are compared, and --items")
    }
    guard !words || isCorpus || sentence != nil && foil == nil else {
      throw ValidationError("--words needs a .txt file, or --sentence without --foil")
    }
    guard format != .words || words else { throw ValidationError("--format words needs --words") }
    if [.csv, .csvraw].contains(format) {
      try Unused.refuse(
        [("--words", words)].names, because: "--format \(format.rawValue) has no words (--format words has)")
    }
    if format != .json {
      try Unused.refuse(
        [("--items", items), ("--pair", pair != nil)].names, because: "only --format json has numbers of items")
    }
  }

  func run() throws {
    try Output.require([("--output", output)], apartFrom: [file, model] + lens.files + [opening.adapter])
    let display = talk.display
    defer { display.finish() }
    let columns = DatasetColumns(
      prompt: sentence ?? prompt ?? "prompt", target: sentence == nil ? target ?? "target" : nil, foil: foil,
      source: source,
      groups: group, pair: pair)
    let read =
      isCorpus
      ? try DatasetReader.passages(try Input.data(file), name: file, most: passage ?? DatasetReader.passage)
      : try DatasetReader.items(try Input.data(file), name: file, columns: columns)
    let form = DatasetReader.form(isCorpus: isCorpus, columns)
    let scoring = score.flatMap { DatasetSummary.Score(rawValue: $0.rawValue) } ?? (form == .sentences ? .sum : nil)
    let request = DatasetRequest(
      name: URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent, items: read,
      groupColumns: group, firstToken: firstToken, norm: Trace.Lens.Norm(rawValue: norm.rawValue) ?? .final,
      bootstrap: Bootstrap(resamples: resamples, seed: UInt64(seed)),
      patch: source.map { _ in
        of.isEmpty ? Trace.Patching.Place.allCases : of.compactMap { Trace.Patching.Place(rawValue: $0.rawValue) }
      }, attribute: attribute, form: form, score: scoring, keepsItems: items, words: words,
      passage: isCorpus ? passage ?? DatasetReader.passage : nil)
    let runner = NumbersRunner(store: try Shared.store(), source: EngineSource(threads: compute.threads))
    let numbers = try runner.numbers(
      of: model, [.summary(DatasetJob(file: file, request: request))], lens: lens.value, options: opening.value,
      adapter: opening.adapter, base: Shared.currentFolder, offline: fetch.offline, progress: display.handler)
    display.finish()
    for summary in numbers.compactMap(\.summary) {
      let data =
        switch format {
        case .table: Data(TerminalText.safe(DatasetTable(summary).text).utf8)
        case .json: try summary.jsonData()
        case .csv: Data(summary.csv().utf8)
        case .csvraw: Data(summary.csv(raw: true).utf8)
        case .words: Data((summary.wordsCSV() ?? "").utf8)
        }
      if output == "-" { try Terminal.say(data) } else { try AtomicFile.write(data, to: URL(fileURLWithPath: output)) }
    }
  }
}
