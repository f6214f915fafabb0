import Traces

/// The language model in a folder: the whole model, or a part of a multimodal model.
struct LanguagePart {
  /// The multimodal model; nil for a plain language model.
  let wrapper: Wrapper?
  /// `model_type` of the language model.
  let modelType: String
  /// The prefix of its settings.
  let settingsPrefix: String
  /// The type that config.json gives to the language part of a model that has one kind alone; nil where it is that one.
  let otherType: String?

  /// Reads a config.json.
  ///
  /// Throws `ConfigurationError.missing` without a `model_type`, and for a multimodal model without settings of a language part;
  /// `LoadError.badSetting` for a multimodal model that cannot be opened as its language part.
  init(_ config: ConfigFile, path: String) throws {
    guard let outer = try config.string("model_type") else {
      throw ConfigurationError.missing(path: path, key: "model_type")
    }
    guard let wrapper = try Wrapper(config, modelType: outer, path: path) else {
      (wrapper, modelType, settingsPrefix, otherType) = (nil, outer, "", nil)
      return
    }
    let isNested = config.contains("text_config")
    guard isNested || Wrapper.flat.contains(outer) else {
      throw ConfigurationError.missing(path: path, key: "text_config")
    }
    self.wrapper = wrapper
    modelType = wrapper.language
    settingsPrefix = isNested ? "text_config." : ""
    let said = wrapper.isFixed && isNested ? try config.string("text_config.model_type") : nil
    otherType = said.flatMap { LanguagePart.areOfOneFamily($0, wrapper.language) || $0 == outer ? nil : $0 }
  }

  /// Whether two types differ in nothing but the word that tells a language part from the whole model.
  private static func areOfOneFamily(_ one: String, _ other: String) -> Bool {
    func stem(_ type: String) -> Substring { type.hasSuffix("_text") ? type.dropLast("_text".count) : type[...] }
    return stem(one) == stem(other)
  }

  /// Renames tensors to their names in a plain language model, and leaves out tensors of other parts.
  func tensors<Tensor>(_ stored: [String: Tensor]) -> [String: Tensor] {
    guard wrapper != nil else { return stored }
    var found: [String: Tensor] = [:]
    for name in stored.keys.sorted() where !isOfOtherPart(name) {
      let prefix = Wrapper.languagePrefixes.first(where: name.hasPrefix) ?? ""
      let own = String(name.dropFirst(prefix.count))
      // A tensor whose new name is taken keeps its name, and is reported as unused.
      found[found[own] == nil ? own : name] = stored[name]
    }
    return found
  }

  /// Notes the number of tensors of the other parts.
  func note(_ names: [String], in notes: ModelNotes, at path: String) {
    guard let wrapper else { return }
    if !wrapper.isListed {
      notes.add(
        "'\(wrapper.modelType)' is an unknown type; its language part, of type '\(modelType)', is run", at: path)
    }
    if let otherType {
      notes.add(
        "text_config calls itself '\(MessageText.short(otherType))'; the language part of a '\(wrapper.modelType)' model is always of type "
          + "'\(modelType)', which is run, as in transformers", at: path)
    }
    let others = names.count(where: isOfOtherPart)
    guard others > 0 else { return }
    notes.add(
      "the language part of the '\(wrapper.modelType)' model is run; \(others) tensors of its other parts are left out",
      at: path)
  }

  private func isOfOtherPart(_ name: String) -> Bool {
    let inModel = name.hasPrefix("model.") ? String(name.dropFirst("model.".count)) : name
    return Wrapper.otherTensors.contains(where: inModel.hasPrefix)
  }

  /// Declares the settings of the other parts, and the prefix of the language model's own.
  func account(in ledger: SettingsLedger) {
    guard let wrapper else { return }
    ledger.nest(settingsPrefix)
    let reason = "only the language part is run"
    if !wrapper.isListed {
      ledger.changesNothing(
        "model_type", in: .config, because: "the type is unknown, and text_config has one of its own")
    }
    for key in Wrapper.otherSettings { ledger.changesNothing(key, in: .config, because: reason) }
    guard !settingsPrefix.isEmpty else { return }
    if wrapper.isFixed {
      ledger.changesNothing(
        settingsPrefix + "model_type", in: .config, because: "the model has one kind of language part, whatever is said"
      )
    }
    // The outer configuration repeats settings of the language part.
    for key in ["hidden_size", "vocab_size"] { ledger.changesNothing(key, in: .config, because: reason) }
  }
}
