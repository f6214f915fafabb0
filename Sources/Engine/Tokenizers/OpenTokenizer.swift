import Foundation

/// Opens the tokenizer of a model: the one in a GGUF file's metadata, or the files in a folder.
///
/// Throws `TokenizerError`, `JSONError` for files that are not JSON, and what look-ups in the metadata throw.
public func openTokenizer(files: any ModelFiles) throws -> any Tokenizer {
  if let gguf = files as? GGUFFiles { return try GGUFTokenizer(gguf).tokenizer() }
  return try openTokenizer(folder: files.path, ledger: files.ledger, notes: files.notes)
}

/// Opens the tokenizer of a folder: `tokenizer.json`, or `vocab.json` with `merges.txt`.
///
/// Throws `TokenizerError`, and `JSONError` for files that are not JSON.
public func openTokenizer(folder: String) throws -> any Tokenizer {
  try openTokenizer(folder: folder, ledger: SettingsLedger(), notes: ModelNotes())
}

/// The same with the settings taken into a model's ledger, whose owner accounts for them.
private func openTokenizer(folder: String, ledger: SettingsLedger, notes: ModelNotes) throws -> any Tokenizer {
  let configuration = try TokenizerConfiguration(folder: folder, ledger: ledger)
  let manager = FileManager.default
  let json = folder + "/tokenizer.json"
  if manager.fileExists(atPath: json) {
    return try TokenizerJSON(path: json, ledger: ledger).tokenizer(configuration: configuration)
  }
  let (vocabulary, merges) = (folder + "/vocab.json", folder + "/merges.txt")
  guard manager.fileExists(atPath: vocabulary), manager.fileExists(atPath: merges) else {
    let sentencePiece = folder + "/tokenizer.model"
    guard manager.fileExists(atPath: sentencePiece) else {
      throw TokenizerError.noTokenizer(
        path: folder, known: ["tokenizer.json", "vocab.json with merges.txt", "tokenizer.model"])
    }
    return try configuration.sentencePiece(sentencePiece, modelType: modelType(folder))
  }
  return try VocabularyAndMerges.tokenizer(
    vocabulary: vocabulary, merges: merges, files: VocabularyFiles(folder: folder), configuration: configuration)
}

/// `model_type` of a folder's config.json; nil where it has none.
private func modelType(_ folder: String) throws -> String? {
  let path = folder + "/config.json"
  guard FileManager.default.fileExists(atPath: path) else { return nil }
  return try ConfigFile(path: path).string("model_type")
}

/// Opens GPT-2's tokenizer from its two files, whatever they are called.
///
/// Throws `TokenizerError`, and `JSONError` for files that are not JSON.
public func openTokenizer(vocabulary: String, merges: String) throws -> any Tokenizer {
  try VocabularyAndMerges.tokenizer(vocabulary: vocabulary, merges: merges, files: nil, configuration: nil)
}
