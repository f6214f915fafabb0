import Plot
import Traces
import Words

/// The origin of a trace, in the words of captions and pages.
extension Wording {
  /// Where the tokens after a prompt come from; nil when nothing follows.
  /// - Parameter made: How many there are where the text ended early; nil for all that were asked for.
  package static func method(_ method: Trace.Method, made: Int? = nil) -> String? {
    let of = made.map { "\(grouped($0)) of " } ?? ""
    return switch method {
    case .generate(0): nil
    case .generate(let tokens): "\(of)\(count(tokens, "token")) generated, greedily"
    case .sample(let tokens, let sampling):
      "\(of)\(count(tokens, "token")) drawn at random (\(self.sampling(sampling)))"
    case .continuation: "followed by a given text"
    }
  }

  /// The same behind the given beginning of a decoder's text.
  package static func method(_ method: Trace.Method, decoder: String?, made: Int? = nil) -> String? {
    let given = decoder.map { "the decoder begins with “\(TokenDisplay.line($0))”" }
    let parts = [given, self.method(method, made: made)].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// "temperature 0.8, top-k 40, seed 7".
  package static func sampling(_ sampling: Sampling) -> String {
    var parts = ["temperature \(PlainNumber.text(sampling.temperature))"]
    if let k = sampling.topK { parts.append("top-k \(k)") }
    if let p = sampling.topP { parts.append("top-p \(PlainNumber.text(p))") }
    return (parts + ["seed \(sampling.seed)"]).joined(separator: ", ")
  }

  /// "logit lens, final norm".
  package static func lensName(_ lens: Trace.Lens) -> String {
    lensPhrase(lens) + (lens.norm == .final ? ", final norm" : ", no norm")
  }

  /// "logit lens", "Jacobian lens 1a2b3c4d5e6f fitted on 100 prompts".
  package static func lensPhrase(_ lens: Trace.Lens) -> String {
    guard lens.kind == .jacobian else { return lensNoun(lens.kind) }
    return lensNoun(lens.kind) + (lens.sha256.map { " \($0.prefix(12))" } ?? "")
      + (lens.prompts.map { " fitted on \(count($0, "prompt"))" } ?? "")
  }

  /// "logit lens", as within a sentence.
  package static func lensNoun(_ kind: Trace.Lens.Kind) -> String {
    switch kind {
    case .logit: "logit lens"
    case .tuned: "tuned lens"
    case .jacobian: "Jacobian lens"
    }
  }

  /// "; logit lens after the final norm", for captions.
  static func lensDetails(_ lens: Trace.Lens) -> String {
    "; " + lensPhrase(lens) + (lens.kind == .jacobian ? "," : "")
      + (lens.norm == .final ? " after the final norm" : " without the final norm")
  }

  /// Which rows of figures are empty because a lens does not read them, a sentence for each lens; none where all are read.
  static func blankRows(_ traces: [Trace], embedding: Bool) -> String {
    let rows = traces.map { trace in
      trace.blankRows.sorted().map { trace.rows[$0] }.filter { embedding || $0.point != .embedding }
    }
    let names = Trace.names(of: traces)
    // A lens is named by its model only where the figure shows another one of its kind.
    let isOne = traces.count == 1 || traces.count(where: { $0.lens.kind == .jacobian }) == 1
    return zip(zip(traces, names), rows).compactMap { named, rows -> String? in
      guard !rows.isEmpty else { return nil }
      let layers = rows.filter { $0.point != .embedding }.map(\.layer).uniqued
      let parts = (rows.contains { $0.point == .embedding } ? ["the embedding"] : []) + self.layers(layers)
      let lens = named.0.lens.kind == .jacobian ? "Jacobian lens" : "lens"
      return
        (isOne && (traces.count == 1 || named.0.lens.kind == .jacobian) ? "The \(lens)" : "The \(lens) of \(named.1)")
        + " does not read \(enumeration(parts)), which \(rows.count == 1 ? "stays" : "stay") blank."
    }.uniqued.joined(separator: " ")
  }

  /// How a lens reads hidden states, as a sentence that can be cited.
  package static func lens(_ lens: Trace.Lens) -> String {
    if lens.kind == .jacobian {
      let fit = [lens.sha256.map { "SHA-256 \($0)" }, lens.prompts.map { "fitted on \(count($0, "prompt"))" }]
      return
        "Jacobian lens (\(fit.compactMap(\.self).joined(separator: ", "))): the hidden state after each block is multiplied by "
        + "the mean derivative of the last block’s output with respect to it, normalised by the model’s final normalisation, and "
        + "multiplied by the model’s own unembedding matrix. The lens has no matrix for the embedding. The last row is the model’s "
        + "own output."
    }
    let reading =
      switch lens.kind {
      case .logit:
        "Logit lens: the hidden state after the embedding and after each block is multiplied by the model’s own unembedding matrix"
      case .tuned, .jacobian:
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
  package static func precision(_ compute: String) -> String {
    let name = compute == "f32" ? "float32" : compute
    return "Activations and sums are \(name); weights are used as the files store them, decoded exactly."
  }

  /// Which chat templates rendered the prompts, a sentence for each model and template; none for plain texts.
  package static func conversations(_ traces: [Trace]) -> [String] {
    traces.compactMap { trace -> String? in
      guard let chat = trace.chat else { return nil }
      guard let template = chat.template else { return "The prompt was given as a rendered conversation." }
      let name = template.name == "default" ? "chat template" : "chat template “\(template.name)”"
      let date = chat.date.map { ", which saw the date \($0)" } ?? ""
      return "The prompt of \(trace.model.name) is a conversation, rendered by its \(name) "
        + "(SHA-256 \(template.sha256.prefix(12))…)\(date)\(variables(chat))\(reply(chat))."
    }.uniqued
  }

  /// What a template was told besides the messages, thinking among it: ", with enable_thinking = false and tools".
  private static func variables(_ chat: Conversation) -> String {
    let most = 4
    let names = chat.variables.keys.sorted()
    let told = names.prefix(most).map { name -> String in
      let shown = VisibleText.excerpt(of: name, count: 40)
      return switch chat.variables[name] {
      case .bool(let flag): "\(shown) = \(flag)"
      case .whole(let number): "\(shown) = \(number)"
      case .real(let number): "\(shown) = \(number)"
      case .text(let text) where text.count <= 40: "\(shown) = “\(VisibleText.excerpt(of: text, count: 40))”"
      // Lists and mappings are as long as their authors like.
      case .null, .list, .object, .text, nil: shown
      }
    }
    let more = names.count > most ? ["\(grouped(names.count - most)) more"] : []
    return told.isEmpty ? "" : ", with \(enumeration(told + more))"
  }

  /// The given beginning of the answer: "; the answer begins with the given “It is in”".
  private static func reply(_ chat: Conversation) -> String {
    guard chat.hasReply, let text = chat.messages.last?.content, !text.isEmpty else { return "" }
    return "; the answer begins with the given “\(VisibleText.excerpt(of: text, count: 60))”"
  }

  /// How output was drawn that is not the model's own choice; none where all of it is.
  package static func sampled(_ traces: [Trace]) -> [String] {
    let drawn = traces.map { trace -> String? in
      guard case .sample(let tokens, let sampling) = trace.method, tokens > 0 else { return nil }
      return self.sampling(sampling)
    }
    let all = drawn.compactMap(\.self).uniqued
    guard !all.isEmpty else { return [] }
    if all.count == 1, !drawn.contains(nil) { return ["The output tokens were drawn at random (\(all[0]))."] }
    // Whose they are: lines and panels of one figure may be of different draws.
    let names = Trace.names(of: traces)
    return all.map { one in
      let whose = zip(names, drawn).filter { $1 == one }.map(\.0).uniqued
      return "The output tokens of \(enumeration(whose)) were drawn at random (\(one))."
    }
  }

  /// Rows of the heads that stand for no token, a sentence for each model; none where every row has one.
  package static func padding(_ numbers: [(model: Trace.Model, lens: Trace.Lens)]) -> [String] {
    let several = Set(numbers.map(\.model.name)).count > 1
    return numbers.compactMap { model, lens -> String? in
      guard let rows = model.padding, rows > 0 else { return nil }
      let whose = several ? " of \(model.name)" : ""
      let what = "\(count(rows, "padding row")) of the head\(whose)"
      // Without the final norm they are counted, as in Ecco.
      return lens.norm == .final
        ? "\(what) \(rows == 1 ? "is" : "are") left out." : "\(what) \(rows == 1 ? "is" : "are") counted."
    }.uniqued
  }

  /// Which part of a prompt an encoder read; none for models without one.
  package static func encoders(_ traces: [Trace]) -> [String] {
    var names: [String] = []
    for trace in traces where trace.encoder != nil && !names.contains(trace.model.name) {
      names.append(trace.model.name)
    }
    guard let first = names.first else { return [] }
    return [
      names.count == 1
        ? "\(first) is an encoder-decoder model: its encoder reads the text before “→”, its decoder writes the text after it, "
          + "and positions, tokens and layers are the decoder’s."
        : "\(enumeration(names)) are encoder-decoder models: their encoders read the text before “→”, their decoders write the text "
          + "after it, and positions, tokens and layers are the decoders’."
    ]
  }

  /// Which watched tokens were found automatically, a sentence for each trace; empty where none was asked for.
  static func automatic(_ traces: [Trace]) -> String {
    let names = Trace.names(of: traces)
    return zip(traces, names).compactMap { trace, name -> String? in
      guard let automatic = trace.automatic else { return nil }
      let whose = traces.count > 1 ? "\(name): " : ""
      let asked = AutoWatch(automatic.asked)?.count ?? automatic.ids.count
      guard !automatic.ids.isEmpty else {
        return "\(whose)\(automatic.asked) found no token that comes first after some layer and not after the last."
      }
      let words = zip(automatic.ids, automatic.cells).map { "“\(trace.tokenLabel(id: $0).text)” (\(grouped($1))×)" }
      return "\(whose)\(enumeration(words)) \(words.count == 1 ? "is" : "are") watched automatically: "
        + "\(words.count == 1 ? "it" : "each") comes first after some layers (how many, in brackets) and not after the last"
        + (words.count < asked ? "; \(automatic.asked) found no more." : ".")
    }.uniqued.joined(separator: " ")
  }

  /// What the columns of traces predict: "next token", "masked token".
  static func predicted(_ traces: [Trace]) -> String { traces.map(\.predicted).uniqued.joined(separator: " or ") }

  /// What a masked model predicts; none for models that predict the next token.
  package static func masks(_ traces: [Trace]) -> [String] {
    var names: [String] = []
    for trace in traces where trace.masks != nil && !names.contains(trace.model.name) { names.append(trace.model.name) }
    guard let first = names.first else { return [] }
    let (who, its) =
      names.count == 1
      ? ("\(first) is a masked language model", "its") : ("\(enumeration(names)) are masked language models", "their")
    return [
      "\(who): every position sees the whole text, the state at a mask is read through \(its) head for masked tokens and predicts "
        + "the token at the mask itself, and the output there is \(its) own choice."
    ]
  }

  /// How models were opened differently from their files, a sentence each; none when the files decided everything.
  package static func openings(_ models: [Trace.Model]) -> [String] {
    var sentences: [String] = []
    for model in models {
      for sentence in openings(model.name, model.acceptedSettings, model.bos) where !sentences.contains(sentence) {
        sentences.append(sentence)
      }
    }
    return sentences
  }

  /// How one model was opened differently from its files.
  package static func openings(
    _ name: String, _ accepted: [Trace.Model.AcceptedSetting]?, _ bos: BOSChoice?
  ) -> [String] {
    var sentences: [String] = []
    if let accepted, !accepted.isEmpty {
      let settings = accepted.map { "\($0.name) = \($0.value)" }
      sentences.append("\(name) was opened without following \(enumeration(settings)).")
    }
    switch bos {
    case .yes: sentences.append("Texts begin with BOS for \(name), as requested.")
    case .no: sentences.append("Texts begin without BOS for \(name), as requested.")
    case .model, nil: break
    }
    return sentences
  }
}
