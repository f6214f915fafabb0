import Files
import Plot
import Traces
import Words

/// The sentences of the pages.
extension Wording {
  /// A watched word in quotes; of a set its name and its members.
  package static func watched(_ watched: Watched) -> String {
    if let asked = watched.automatic {
      return "\(count(asked.count, "word")) found automatically (\(asked.written))"
    }
    guard case .set = watched else { return "“\(VisibleText.marked(watched.name))”" }
    let members = watched.members.map { "“\(VisibleText.marked($0))”" }
    return "\(VisibleText.marked(watched.name)) (\(watched.relation) \(members.joined(separator: ", ")))"
  }

  /// The sentence under the title.
  static func lead(_ manifest: GalleryManifest) -> String {
    let others = manifest.models.filter { $0.step == nil }.map(\.name)
    let models = others.count > 4 ? ["\(others.count) models"] : others
    let names = enumeration(runs(manifest).map { "\(count($0.count, "checkpoint")) of \($0[0].run)" } + models)
    let subject = names.isEmpty ? "a language model" : names
    let readings = manifest.prompts.flatMap(\.readings)
    let isMasked = !readings.isEmpty && readings.allSatisfy { $0.isMasked == true }
    return "The hidden state after every layer of \(subject), read through the model’s own output head: "
      + "how early the \(isMasked ? "masked" : "next") word is found, and what stood in its place before."
  }

  /// The steps of each training run.
  private static func runs(_ manifest: GalleryManifest) -> [[TrainingStep]] {
    let steps = manifest.models.compactMap(\.step)
    return steps.map(\.run).uniqued.map { run in steps.filter { $0.run == run } }
  }

  /// Which checkpoints a run has, as a sentence that can be cited.
  private static func run(_ steps: [TrainingStep]) -> String {
    let numbers = enumeration(steps.map { grouped($0.number) })
    return "\(steps[0].run) is shown at \(count(steps.count, "checkpoint")) of its training: "
      + (steps[0].unit.map { "\(numbers) \($0)" } ?? "steps \(numbers)")
      + ". Each is a model of its own, read as any other; the numbers are the spec’s, or those in names of revisions, folders or files."
      + (steps.isOneRun
        ? " Axes of the training have a \(steps.isLogarithmic ? "logarithmic" : "linear") scale, because the largest distance between "
          + "neighbours is \(steps.isLogarithmic ? "more than four times the smallest" : "at most four times the smallest")."
        : "")
  }

  /// "7 prompts", "2 models", "20 figures".
  static func counts(_ manifest: GalleryManifest) -> [String] {
    let checkpoints = manifest.models.count { $0.step != nil }
    let others = manifest.models.count - checkpoints
    return (manifest.prompts.isEmpty && !manifest.datasets.isEmpty ? [] : [count(manifest.prompts.count, "prompt")])
      + (manifest.datasets.isEmpty ? [] : [count(manifest.datasets.count, "dataset")])
      + (checkpoints > 0 ? [count(checkpoints, "checkpoint")] : [])
      + (others > 0 || checkpoints == 0 ? [count(others, "model")] : []) + [count(manifest.figures.count, "figure")]
  }

  /// Where the tokens after a prompt come from, and which models ended the text before all of them; nil when nothing follows.
  static func method(of prompt: GalleryManifest.Prompt) -> String? {
    let whole = method(prompt.method, decoder: prompt.decoder)
    let early = prompt.readings.compactMap { reading in reading.ended.map { (model: reading.model, count: $0) } }
    guard let first = early.first else { return whole }
    if early.count == prompt.readings.count, early.allSatisfy({ $0.count == first.count }) {
      return method(prompt.method, decoder: prompt.decoder, made: first.count).map {
        "\($0); \(early.count == 1 ? "the model" : "each model") ended the text"
      }
    }
    return whole.map { "\($0); " + enumeration(early.map { "\($0.model) ended the text after \(grouped($0.count))" }) }
  }

  /// How the runs of a prompt were changed, a sentence for each model, or one where all have the same changes.
  static func changes(of prompt: GalleryManifest.Prompt) -> [String] {
    let all = prompt.readings.map { $0.changes ?? [] }
    let isOne = Set(all).count == 1
    return zip(prompt.readings, all).compactMap { reading, phrases -> String? in
      phrases.isEmpty
        ? nil : "Changed run\(isOne ? "" : " of \(reading.model)"): \(phrases.joined(separator: "; then "))."
    }.uniqued
  }

  /// What an adapter adds to a model, as a sentence that can be cited.
  package static func adapter(_ model: GalleryManifest.Model) -> String? {
    model.adapter.map { adapter in
      "\(model.name) is read with the LoRA adapter \(adapter.name)"
        + (adapter.baseModel.map { ", trained for \($0)" } ?? "") + (adapter.source.map { ", from \($0)" } ?? "")
        + " (rank \(adapter.rank), alpha \(PlainNumber.text(adapter.alpha)), SHA-256 \(adapter.sha256)): "
        + "its low-rank products are added to the model’s in float32, and the model’s own weights stay as they are stored."
    }
  }

  /// The sentences about method, once for every lens and precision that occurs.
  static func methods(_ manifest: GalleryManifest) -> [String] {
    var sentences: [String] = []
    let masked = manifest.prompts.flatMap(\.readings).filter { $0.isMasked == true }.map(\.model).uniqued
    for figure in manifest.figures {
      // A masked model has no final norm.
      let own = figure.models.isEmpty ? [figure.model] : figure.models
      let lenses = own.allSatisfy(masked.contains) ? [] : figure.allLenses.map(lens)
      for sentence in lenses + [precision(figure.compute)] where !sentences.contains(sentence) {
        sentences.append(sentence)
      }
    }
    if !masked.isEmpty {
      sentences.append(
        "Of \(enumeration(masked)), which \(masked.count == 1 ? "is a masked language model" : "are masked language models"), the "
          + "hidden state at each mask is read through the whole head for masked tokens: a dense layer, its activation, a norm and the "
          + "table of tokens with its bias. The prediction is that of the token at the mask itself.")
    }
    if manifest.prompts.flatMap(\.readings).contains(where: { $0.changes != nil }) {
      sentences.append(
        "A changed run goes on from the state that was changed, and so do the tokens that the model writes in it; the lens reads "
          + "the states of that run, and its last row is that run’s own output.")
    }
    sentences += manifest.models.compactMap(adapter)
    sentences += runs(manifest).map(run)
    if !manifest.figures.isEmpty {
      sentences.append(
        "Rows are the embedding and the output of each block, numbered from 0. A rank is one plus the number of tokens with "
          + "a strictly greater logit; rank 1 is what the model would say if it stopped there.")
    }
    for model in manifest.models {
      guard let rows = model.padding, rows > 0 else { continue }
      let shown =
        manifest.figures.first { $0.models.contains(model.name) || $0.model == model.name }?.lens.norm ?? .final
      sentences.append(
        "\(count(rows, "padding row")) of the head of \(model.name), which no token has, \(rows == 1 ? "is" : "are") "
          + (shown == .final ? "left out of ranks and probabilities." : "counted in ranks and probabilities."))
    }
    for model in manifest.models { sentences += openings(model.name, model.acceptedSettings, model.bos) }
    return sentences
  }
}

extension Wording {
  /// "135 MB": all files together.
  static func size(of files: [FileRecord]) -> String { size(bytes: files.map(\.bytes).reduce(0, +)) }

  /// What there is of a model that ran elsewhere: "from elsewhere, 3 files, 12 kB"; nil for a model whose files were read.
  static func givenNumbers(_ model: GalleryManifest.Model) -> String? {
    guard model.ranElsewhere == true else { return nil }
    guard !model.files.isEmpty else { return "from elsewhere" }
    return "from elsewhere, \(count(model.files.count, "file")), \(size(of: model.files))"
  }

  /// Whose files are listed: the model's, or those of its numbers.
  static func owner(of model: GalleryManifest.Model) -> String {
    model.ranElsewhere == true ? "numbers of \(model.name)" : model.name
  }
}

extension Watched {
  /// The members of a set; empty for a single token.
  package var members: [String] {
    guard case .set(let set) = self else { return [] }
    return switch set.members {
    case .tokens(let texts): texts
    case .firstTokens(let words): words
    case .ids(let ids): ids.map(String.init)
    }
  }

  /// How the series combines the members.
  var relation: String {
    guard case .set(let set) = self else { return "" }
    return switch set.members {
    case .tokens: "sum of"
    case .firstTokens: "sum of the first tokens of"
    case .ids: "sum of the tokens"
    }
  }
}
