import Synchronization

/// A setting of a model's files, and how it is used.
public struct SettingAccount: Sendable, Equatable {
  /// The five uses of a setting.
  public enum Outcome: Sendable, Equatable {
    /// A reader looked it up.
    case read
    /// It has no effect on the numbers, with the reason.
    case changesNothing(because: String)
    /// It is not read, and its value has no effect: null, false, empty.
    case asksForNothing
    /// It is not followed, and the user accepts that.
    case accepted
    /// It is not read, and not known to have no effect.
    case refused
  }

  /// The kind of file.
  public let file: SettingsFile
  /// The file.
  public let path: String
  /// Its place in the file.
  public let key: String
  /// The value in words.
  public let value: String
  /// How it is used.
  public var outcome: Outcome
}

/// Accounts for every setting of a model's files, as the weight loader does for tensors.
///
/// A setting is read by the family or the tokenizer, or it is on the list of settings without effect, or its value has none.
/// Any other is refused by name and value, because a setting that is not followed can change the numbers.
public final class SettingsLedger: Sendable {
  private struct State {
    var sources: [any SettingsSource] = []
    var reasons: [SettingsFile: [String: String]] = [:]
    var accepted: Set<String> = []
    var needed: Set<String> = []
    var nesting = ""
  }

  private let state = Mutex(State())

  /// No files yet.
  public init() {}

  /// Adds a file whose settings need an account.
  func add(_ source: any SettingsSource) { state.withLock { $0.sources.append(source) } }

  /// Declares that a setting has no effect in this model, with the condition that does not hold.
  func changesNothing(_ key: String, in file: SettingsFile, because reason: String) {
    state.withLock { $0.reasons[file, default: [:]][key] = reason }
  }

  /// Judges keys of a config.json below this prefix as if they had none: the language part of a multimodal model.
  func nest(_ prefix: String) { state.withLock { $0.nesting = prefix } }

  /// Refuses false under these keys of config.json where nothing reads them: the model has what they would switch off.
  func refuseFalse(_ keys: Set<String>) { state.withLock { $0.needed = keys } }

  /// Opens the model even if this setting is refused.
  func accept(_ key: String) { state.withLock { _ = $0.accepted.insert(key) } }

  /// The use of every setting, in the order of the files; `family` is the `model_type` or GGUF architecture.
  public func accounts(family: String) -> [SettingAccount] {
    let state = state.withLock { $0 }
    return state.sources.flatMap { source in
      let list = InertSettings.list(of: source.settingsFile, family: family)
      let isConfig = source.settingsFile == .config
      let prefix = isConfig ? state.nesting : ""
      return source.storedSettings.map { setting in
        let key = setting.key.hasPrefix(prefix) ? String(setting.key.dropFirst(prefix.count)) : setting.key
        return SettingAccount(
          file: source.settingsFile, path: source.settingsPath, key: setting.key, value: setting.value,
          outcome: outcome(
            setting, said: reason(setting.key, in: state.reasons[source.settingsFile] ?? [:]),
            listed: list.listing(key: key, value: setting.value),
            isNeeded: isConfig && state.needed.contains(key), isAccepted: state.accepted.contains(setting.key)))
      }
    }
  }

  /// The reason for a key, or for an object that contains it.
  private func reason(_ key: String, in reasons: [String: String]) -> String? {
    var place = Substring(key)
    while true {
      if let reason = reasons[String(place)] { return reason }
      guard let dot = place.lastIndex(of: ".") else { return nil }
      place = place[..<dot]
    }
  }

  private func outcome(
    _ setting: StoredSetting, said: String?, listed: InertSettings.Listing, isNeeded: Bool, isAccepted: Bool
  ) -> SettingAccount.Outcome {
    // A hidden setting was looked up and refused.
    if isAccepted { return .accepted }
    if let said { return .changesNothing(because: said) }
    if setting.wasRead { return .read }
    if isNeeded, setting.value == "false" { return .refused }
    switch listed {
    case .changesNothing(let reason): return .changesNothing(because: reason)
    // The list says which values have no effect, and null is none.
    case .otherValue where setting.value != "null": return .refused
    case .otherValue, .absent: return setting.asksForNothing ? .asksForNothing : .refused
    }
  }

  /// Checks that no setting is left over.
  ///
  /// Throws `LoadError.unreadSettings`, naming all of them.
  func finish(family: String, path: String) throws(LoadError) {
    let refused = accounts(family: family).filter { $0.outcome == .refused }
    guard refused.isEmpty else { throw .unreadSettings(refused, path: path) }
  }
}
