/// Opens a model's files: a `.gguf` file.
///
/// - Throws: an `EngineError` when they are missing or damaged.
public func openModelFiles(path: String) throws -> any ModelFiles { try GGUFFiles(path: path) }
