import Engine

/// The gallery's own sentences and number formats, the same in HTML and PDF and in every locale.
enum Wording {
  /// "412 kB": decimal units, three digits at most.
  static func size(bytes: Int) -> String {
    var value = Double(max(0, bytes))
    var unit = 0
    let units = ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    if unit > 0, tenths < 100 { return "\(tenths / 10).\(tenths % 10) \(units[unit])" }
    return "\(Int(value.rounded())) \(units[unit])"
  }

  /// "49,152".
  static func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (number < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// "1 prompt", "2 prompts".
  static func count(_ number: Int, _ noun: String) -> String { "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")" }

  /// What a download is called.
  static func format(_ name: String) -> String {
    switch name {
    case "trace": "Trace"
    case "png2x": "PNG 2x"
    case "tex": "LaTeX"
    default: name.uppercased()
    }
  }

  /// "1 cell differs", "2 cells differ".
  static func differing(_ number: Int, _ noun: String) -> String {
    count(number, noun) + (number == 1 ? " differs" : " differ")
  }

  /// "A", "A and B", "A, B and C".
  static func enumeration(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Where the tokens after a prompt come from; nil when nothing follows.
  static func method(_ method: Trace.Method) -> String? {
    switch method {
    case .generate(0): nil
    case .generate(let tokens): "\(count(tokens, "token")) generated, greedily"
    case .continuation: "followed by a given text"
    }
  }

  /// A watched word in quotes; of a set its name and its members.
  static func watched(_ watched: Watched) -> String {
    guard case .set = watched else { return "“\(VisibleText.marked(watched.name))”" }
    let members = watched.members.map { "“\(VisibleText.marked($0))”" }
    return "\(VisibleText.marked(watched.name)) (\(watched.relation) \(members.joined(separator: ", ")))"
  }

  /// The sentence under the title.
  static func lead(_ manifest: GalleryManifest) -> String {
    let names = manifest.models.count > 4 ? "\(manifest.models.count) models" : enumeration(manifest.models.map(\.name))
    let subject = names.isEmpty ? "a language model" : names
    return "The hidden state after every layer of \(subject), read through the model’s own output head: "
      + "how early the next word is found, and what stood in its place before."
  }

  /// "7 prompts", "2 models", "20 figures".
  static func counts(_ manifest: GalleryManifest) -> [String] {
    (manifest.prompts.isEmpty && !manifest.datasets.isEmpty ? [] : [count(manifest.prompts.count, "prompt")])
      + (manifest.datasets.isEmpty ? [] : [count(manifest.datasets.count, "dataset")])
      + [count(manifest.models.count, "model"), count(manifest.figures.count, "figure")]
  }

  /// "logit lens, final norm".
  static func lensName(_ lens: Trace.Lens) -> String {
    "\(lens.kind.rawValue) lens, " + (lens.norm == .final ? "final norm" : "no norm")
  }

  /// How a lens reads hidden states, as a sentence that can be cited.
  static func lens(_ lens: Trace.Lens) -> String {
    let reading =
      switch lens.kind {
      case .logit:
        "Logit lens: the hidden state after the embedding and after each block is multiplied by the model’s own unembedding matrix"
      case .tuned:
        "Tuned lens: the hidden state after the embedding and after each block passes a learned affine map, then the model’s own unembedding matrix"
      }
    let norm =
      switch lens.norm {
      case .final:
        "the model’s final normalisation is applied to every state first, so the last row is the model’s own output."
      case .none: "no normalisation is applied to states before the last block; the last row is the model’s own output."
      }
    return "\(reading); \(norm)"
  }

  /// The precision of a computation.
  static func precision(_ compute: String) -> String {
    let name = compute == "f32" ? "float32" : compute
    return "Activations and sums are \(name); weights are used as the files store them, decoded exactly."
  }

  /// How models were opened otherwise than their files say, a sentence for each; none where the files decided everything.
  static func openings(_ models: [Trace.Model]) -> [String] {
    var sentences: [String] = []
    for model in models {
      for sentence in openings(model.name, model.acceptedSettings, model.bos) where !sentences.contains(sentence) {
        sentences.append(sentence)
      }
    }
    return sentences
  }

  /// The same of one model.
  static func openings(
    _ name: String, _ accepted: [Trace.Model.AcceptedSetting]?, _ bos: BOSChoice?
  ) -> [String] {
    var sentences: [String] = []
    if let accepted, !accepted.isEmpty {
      let settings = accepted.map { "\($0.name) = \($0.value)" }
      sentences.append("\(name) was opened without following \(enumeration(settings)).")
    }
    switch bos {
    case .yes: sentences.append("Texts begin with BOS for \(name), as was asked.")
    case .no: sentences.append("Texts begin without BOS for \(name), as was asked.")
    case .model, nil: break
    }
    return sentences
  }

  /// What an adapter adds to a model, as a sentence that can be cited.
  static func adapter(_ model: GalleryManifest.Model) -> String? {
    model.adapter.map { adapter in
      "\(model.name) is read with the LoRA adapter \(adapter.name)"
        + (adapter.baseModel.map { ", trained for \($0)" } ?? "") + (adapter.source.map { ", from \($0)" } ?? "")
        + " (rank \(adapter.rank), alpha \(PlainNumber.text(adapter.alpha)), SHA-256 \(adapter.sha256)): "
        + "its low-rank products are added to the model’s in float32, and the model’s own weights stay as they are stored."
    }
  }

  /// What is said about method, once for every lens and precision that occurs.
  static func methods(_ manifest: GalleryManifest) -> [String] {
    var sentences: [String] = []
    for figure in manifest.figures {
      for sentence in [lens(figure.lens), precision(figure.compute)] where !sentences.contains(sentence) {
        sentences.append(sentence)
      }
    }
    sentences += manifest.models.compactMap(adapter)
    if !manifest.figures.isEmpty {
      sentences.append(
        "Rows are the embedding and the output of each block, numbered from 0. A rank is one plus the number of tokens with "
          + "a strictly greater logit; rank 1 is what the model would say if it stopped there.")
    }
    for model in manifest.models { sentences += openings(model.name, model.acceptedSettings, model.bos) }
    return sentences
  }
}

extension Watched {
  /// What a set was made from; empty for a single token.
  var members: [String] {
    guard case .set(let set) = self else { return [] }
    return switch set.members {
    case .tokens(let texts): texts
    case .firstTokens(let words): words
    case .ids(let ids): ids.map(String.init)
    }
  }

  /// What the members are to the series.
  var relation: String {
    guard case .set(let set) = self else { return "" }
    return switch set.members {
    case .tokens: "sum of"
    case .firstTokens: "sum of the first tokens of"
    case .ids: "sum of the tokens"
    }
  }
}
