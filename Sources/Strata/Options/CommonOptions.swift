import ArgumentParser
import Engine
import Foundation

/// Options of every command that may take a while.
struct TalkOptions: ParsableArguments, GivenOptions {
  @Flag(name: [.short, .long], help: "Print errors only.")
  var quiet = false

  var display: ProgressDisplay { ProgressDisplay(quiet: quiet) }

  var given: [String] { [("--quiet", quiet)].names }
}

/// Options of commands that may fetch a model.
struct FetchOptions: ParsableArguments, GivenOptions {
  @Flag(help: "Fetch nothing; a model that is not in the cache is an error.")
  var offline = false

  var given: [String] { [("--offline", offline)].names }
}

/// Options of commands that run a model.
struct RunOptions: ParsableArguments, GivenOptions {
  @Option(
    name: .customLong("threads"), parsing: .unconditional,
    help: ArgumentHelp(
      "Threads to compute on, 1 to 256 (default: one for each core). The results do not depend on it.", valueName: "n"),
    transform: NumberOption.whole)
  var wanted: Int?

  /// How many threads compute.
  var threads: Int { wanted ?? min(256, ProcessInfo.processInfo.activeProcessorCount) }

  var given: [String] { [("--threads", wanted != nil)].names }

  func validate() throws {
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
  }
}

/// A model, a text, and what to look at.
struct RequestOptions: ParsableArguments, GivenOptions {
  @Option(
    name: .shortAndLong,
    help: "A name from `strata models list`, org/name on the hub, ollama:name, or the path of a .gguf file or a folder."
  )
  var model: String?

  @Option(
    name: .shortAndLong, parsing: .unconditionalSingleValue,
    help: ArgumentHelp("The text. May be given several times.", valueName: "text"))
  var prompt: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file whose whole content is the text; - is standard input. May be given several times.", valueName: "file"))
  var promptFile: [String] = []

  @OptionGroup var chats: ChatOptionGroup

  @Flag(help: "Plain text is meant, although the model has a chat template: no note says so.")
  var plainText = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The given beginning of the decoder's text, for an encoder-decoder model whose encoder reads the prompt.",
      valueName: "text"))
  var decoder: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens to generate, 0 to 4096 (default: 0), greedily unless --sample is given.", valueName: "n"),
    transform: NumberOption.whole)
  var generate: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Draw the generated tokens at random, as in a spec: {temperature: 0.8, top_k: 40, top_p: 0.95, seed: 7}.",
      valueName: "sampling"))
  var sample: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Text that follows the prompt, instead of generated tokens.", valueName: "text"))
  var continuation: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A word of one token whose rank to follow, or auto(3): the tokens that come first after some layer and not after the last. May be given several times.",
      valueName: "token"))
  var watch: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Several tokens followed as one series, as in a spec: {name: London, tokens: [\" London\", \"London\"]}.",
      discussion:
        "The series has the sum of their probabilities and the best of their ranks. Instead of tokens: first_of (words whose first tokens count) or ids.",
      valueName: "set"))
  var watchSet: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tell what each part of the model adds to the logit of one word minus that of another, as in a spec: {target: \" are\", foil: \" is\"}.",
      discussion: "auto takes the two most probable tokens. Adds position, the token after which both could come.",
      valueName: "words"))
  var attribute: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Put each state of another text into the run of the prompt, as in a spec: {source: \"The keys to the cabinet\", target: \" are\", foil: \" is\"}.",
      discussion: "The source has as many tokens as the prompt. Adds of, which states are put in.",
      valueName: "patch"))
  var patch: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Change a state in the run, as in a spec: {source: \"The keys to the cabinet\", layer: 10, positions: 2}, or {plus: \"I love\", minus: \"I hate\", layer: 6, positions: all, by: 4}.",
      discussion:
        "The first puts in the state of another text, the second adds a direction; file, a safetensors file, stands for plus and minus. May be given several times.",
      valueName: "change"))
  var change: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many of the most probable tokens to keep, 1 to 100 (default: 10).", valueName: "k"),
    transform: NumberOption.whole)
  var top: Int?

  @Option(help: "Apply the model's final norm to all rows (final, the default) or only to the last row (none).")
  var norm: NormChoice?

  @OptionGroup var lens: LensOptionGroup

  @OptionGroup var opening: ModelOptionGroup

  @Option(
    help:
      "Rows to capture: the embedding and every block (default: blocks), or also the stream after attention in every block."
  )
  var rows: RowChoice?

  @Option(
    help:
      "Positions to capture: those that predict generated or given tokens (default: generated), all, or the end of the prompt."
  )
  var columns: ColumnChoice?

  func validate() throws {
    if generate != nil, continuation != nil {
      throw ValidationError("--generate lets the model write, --continuation gives the text: use one of them")
    }
    if let generate, !(0...4096).contains(generate) {
      throw ValidationError("--generate must be between 0 and 4096, found \(generate)")
    }
    if sample != nil, (generate ?? 0) == 0 {
      throw ValidationError("--sample draws generated tokens: add --generate with their number")
    }
    if let top, !(1...100).contains(top) { throw ValidationError("--top must be between 1 and 100, found \(top)") }
  }
}
