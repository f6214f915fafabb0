import Foundation

/// Opens the tokenizer of a model: the one in a GGUF file's metadata, or the files in a folder.
///
/// Throws `TokenizerError`, `JSONError` for files that are not JSON, and errors of look-ups in the metadata.
public func openTokenizer(files: any ModelFiles, options: ModelOptions = ModelOptions()) throws -> any Tokenizer {
  if let gguf = files as? GGUFFiles { return try GGUFTokenizer(gguf).tokenizer(bos: options.bos) }
  return try openTokenizer(
    folder: files.path, config: files.configuration, ledger: files.ledger, notes: files.notes, options: options)
}

/// Opens the tokenizer of a folder: `tokenizer.json`, or `vocab.json` with `merges.txt`, or a SentencePiece model.
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

/// The same, but adds the settings to a model's ledger, whose owner accounts for them.
private func openTokenizer(
  folder: String, config: (any ModelConfiguration)?, ledger: SettingsLedger, notes: ModelNotes, options: ModelOptions
) throws -> any Tokenizer {
  var configuration = try TokenizerConfiguration(folder: folder, ledger: ledger, notes: notes)
  func path(_ name: String) -> String { "\(folder)/\(name)" }
  switch TokenizerFolder.source(of: TokenizerFolder.known.filter { FileManager.default.fileExists(atPath: path($0)) }) {
  case .json:
    let file = try TokenizerJSON(path: path(TokenizerFolder.json), ledger: ledger)
    try configuration.chooseClass(config: config, source: .json(file), options: options)
    return try file.tokenizer(configuration: configuration, bos: options.bos)
  case .vocabulary:
    try configuration.chooseClass(config: config, source: .vocabulary, options: options)
    return try VocabularyAndMerges.tokenizer(
      vocabulary: path(TokenizerFolder.vocabulary), merges: path(TokenizerFolder.merges), configuration: configuration,
      bos: options.bos)
  case .sentencePiece(let name):
    try configuration.chooseClass(config: config, source: .sentencePiece(name), options: options)
    return try configuration.sentencePiece(path(name), bos: options.bos)
  case nil:
    throw TokenizerError.noTokenizer(
      path: folder, known: [TokenizerFolder.json, "vocab.json with merges.txt"] + TokenizerFolder.sentencePieces)
  }
}

/// Opens GPT-2's tokenizer from its two files, under any names.
///
/// Throws `TokenizerError`, and `JSONError` for files that are not JSON.
public func openTokenizer(vocabulary: String, merges: String) throws -> any Tokenizer {
  var configuration = try TokenizerConfiguration(folder: nil, ledger: SettingsLedger(), notes: ModelNotes())
  try configuration.chooseClass(config: nil, source: .vocabulary, options: ModelOptions())
  return try VocabularyAndMerges.tokenizer(
    vocabulary: vocabulary, merges: merges, configuration: configuration, bos: .model)
}
