import Traces

/// What a file says about the run that left its states, beside the model and the lens that read them here.
extension StatesTracer {
  /// Whether norm and head are those of the run that a trace describes.
  func isOfRun(_ asked: Trace) -> Bool {
    let said = asked.model
    return said.sha256 == model.identity.sha256 && said.adapter?.sha256 == model.adapter?.sha256
      && said.vocabulary == model.vocabulary && said.layers == model.layers
  }

  /// The trace with the tokens after the prompt as a given text, where the last row would have chosen others; nil where
  /// it would not.
  ///
  /// States that were changed, or another norm and head, did not generate them.
  func withGivenText(_ trace: Trace) -> Trace? {
    guard case .generate = trace.method, trace.masks == nil, let last = trace.rank.last,
      trace.columns.indices.contains(where: {
        trace.predictsOutput($0) && trace.columns[$0].target != nil && last[$0] ?? 1 > 1
      })
    else { return nil }
    let bytes = trace.tokens.dropFirst(trace.promptLength).flatMap { model.tokenizer.bytes(of: $0.id) ?? [] }
    guard !bytes.isEmpty else { return nil }
    var given = trace
    given.method = .continuation(String(decoding: bytes, as: UTF8.self))
    return given
  }

  /// What of the run is not here: its states, its model, its adapter, its lens.
  func warnings(about file: StatesFile, isAsWritten: Bool) -> [String] {
    var warnings: [String] = []
    if !isAsWritten {
      let isMore = file.texts.compactMap(\.asked).contains { $0.attribution != nil || $0.patching != nil }
      warnings.append(
        "\(file.path): the states are not those that the program wrote, whose SHA-256 is in the file's metadata: they were "
          + "changed afterwards" + (isMore ? ", and what the run attributed or patched is left out" : ""))
    }
    if let said = file.model, said.sha256 != model.identity.sha256 {
      warnings.append(
        "\(file.path): the states are of \(said.name) (sha256 \(said.sha256.prefix(12))…), norm and head of "
          + "\(model.identity.name) (\(model.identity.sha256.prefix(12))…), which the trace names")
    }
    let asked = file.texts.compactMap(\.asked)
    func named(_ adapter: Trace.Adapter?) -> String {
      adapter.map { "with the adapter \($0.name) (sha256 \($0.sha256.prefix(12))…)" } ?? "without an adapter"
    }
    let own = model.adapter.map { Trace.Adapter($0) }
    if let other = asked.first(where: { $0.model.adapter?.sha256 != own?.sha256 }) {
      warnings.append(
        "\(file.path): the states are of a run \(named(other.model.adapter)), norm and head of the model \(named(own)), "
          + "which the trace names" + (other.model.adapter == nil ? "" : "; --adapter adds the run's"))
    }
    if asked.contains(where: { ($0.attribution != nil || $0.patching != nil) && !isOfRun($0) }) {
      warnings.append("\(file.path): what the run attributed or patched is left out, because it is of its own model")
    }
    if lens == nil, let looked = file.texts.lazy.compactMap(\.kept?.lens).first(where: { $0.kind != .logit }) {
      warnings.append(
        "\(file.path): the run was read through a \(looked.kind == .tuned ? "tuned" : "Jacobian") lens "
          + "(sha256 \(looked.sha256?.prefix(12) ?? "?")…), which no file of states holds, the trace is the logit lens's; "
          + "\(looked.kind == .tuned ? "--tuned-lens" : "--jacobian-lens") gives it")
    }
    return warnings
  }
}
