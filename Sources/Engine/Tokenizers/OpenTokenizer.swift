import Foundation

/// Opens the tokenizer of a model: the one in a GGUF file's metadata, or the files in a folder.
///
/// Throws `TokenizerError`, `JSONError` for files that are not JSON, and what look-ups in the metadata throw.
public func openTokenizer(files: any ModelFiles, options: ModelOptions = ModelOptions()) throws -> any Tokenizer {
  if let gguf = files as? GGUFFiles { return try GGUFTokenizer(gguf).tokenizer(bos: options.bos) }
  return try openTokenizer(
    folder: files.path, config: files.configuration, ledger: files.ledger, notes: files.notes, options: options)
}

/// Opens the tokenizer of a folder: `tokenizer.json`, or `vocab.json` with `merges.txt`, or `tokenizer.model`.
///
/// Throws `TokenizerError`, and `JSONError` for files that are not JSON.
public func openTokenizer(
  folder: String, options: ModelOptions = ModelOptions(), notes: ModelNotes = ModelNotes()
) throws -> any Tokenizer {
  let config = folder + "/config.json"
  return try openTokenizer(
    folder: folder, config: FileManager.default.fileExists(atPath: config) ? ConfigFile(path: config) : nil,
    ledger: SettingsLedger(), notes: notes, options: options)
}

/// The same with the settings taken into a model's ledger, whose owner accounts for them.
private func openTokenizer(
  folder: String, config: (any ModelConfiguration)?, ledger: SettingsLedger, notes: ModelNotes, options: ModelOptions
) throws -> any Tokenizer {
  var configuration = try TokenizerConfiguration(folder: folder, ledger: ledger, notes: notes)
  let manager = FileManager.default
  let json = folder + "/tokenizer.json"
  if manager.fileExists(atPath: json) {
    let file = try TokenizerJSON(path: json, ledger: ledger)
    try configuration.chooseClass(config: config, source: .json(file), options: options)
    return try file.tokenizer(configuration: configuration, bos: options.bos)
  }
  let (vocabulary, merges) = (folder + "/vocab.json", folder + "/merges.txt")
  guard manager.fileExists(atPath: vocabulary), manager.fileExists(atPath: merges) else {
    let sentencePiece = folder + "/tokenizer.model"
    guard manager.fileExists(atPath: sentencePiece) else {
      throw TokenizerError.noTokenizer(
        path: folder, known: ["tokenizer.json", "vocab.json with merges.txt", "tokenizer.model"])
    }
    try configuration.chooseClass(config: config, source: .sentencePiece, options: options)
    return try configuration.sentencePiece(sentencePiece, bos: options.bos)
  }
  try configuration.chooseClass(config: config, source: .vocabulary, options: options)
  return try VocabularyAndMerges.tokenizer(
    vocabulary: vocabulary, merges: merges, configuration: configuration, bos: options.bos)
}

/// Opens GPT-2's tokenizer from its two files, whatever they are called.
///
/// Throws `TokenizerError`, and `JSONError` for files that are not JSON.
public func openTokenizer(vocabulary: String, merges: String) throws -> any Tokenizer {
  var configuration = try TokenizerConfiguration(folder: nil, ledger: SettingsLedger(), notes: ModelNotes())
  try configuration.chooseClass(config: nil, source: .vocabulary, options: ModelOptions())
  return try VocabularyAndMerges.tokenizer(
    vocabulary: vocabulary, merges: merges, configuration: configuration, bos: .model)
}
