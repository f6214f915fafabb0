import Traces

/// The use of a model's settings, even if they prevent opening it.
public struct SettingsReport: Sendable {
  /// Every setting, in the order of the files.
  public let accounts: [SettingAccount]
  /// Notes from opening.
  public let notes: [ModelNote]
  /// Why the model cannot be opened; nil when it can.
  public let problem: (any EngineError)?

  /// Opens a model as far as possible.
  ///
  /// - Throws: an `EngineError` when the files themselves cannot be read.
  public init(path: String, options: ModelOptions = ModelOptions()) throws {
    let files = try openModelFiles(path: path)
    var problem: (any EngineError)?
    do {
      _ = try LanguageModel(files, identity: ModelIdentity(name: path, sha256: ""), options: options)
    } catch let error as any EngineError {
      problem = error
    }
    self.problem = problem
    notes = files.notes.all
    accounts = files.ledger.accounts(family: files.architecture).map { account in
      guard let key = SettingsReport.refusedKey(problem), key == account.key, account.file.isOfTheModel else {
        return account
      }
      // A reader looked it up but does not support it.
      var account = account
      account.outcome = .refused
      return account
    }
  }

  private static func refusedKey(_ problem: (any EngineError)?) -> String? {
    switch problem as? LoadError {
    case .badSetting(let key, _, _, _), .badSettingToAccept(let key, _, _, _): key
    default: nil
    }
  }
}

extension SettingsFile {
  /// Whether its settings are the network's rather than the tokenizer's.
  var isOfTheModel: Bool { self == .config || self == .gguf }
}
