import Synchronization

/// What becomes of a setting of a model's files.
public struct SettingAccount: Sendable, Equatable {
  /// The five things that can become of a setting.
  public enum Outcome: Sendable, Equatable {
    /// A reader looked it up.
    case read
    /// It changes no number here, and why.
    case changesNothing(because: String)
    /// Nobody reads it, and its value asks for nothing: null, false, empty.
    case asksForNothing
    /// Nobody follows it, and the user accepts that.
    case accepted
    /// Nobody reads it, and it is not known to change nothing.
    case refused
  }

  /// The kind of file.
  public let file: SettingsFile
  /// The file.
  public let path: String
  /// Where it stands in the file.
  public let key: String
  /// The value in words.
  public let value: String
  /// What becomes of it.
  public var outcome: Outcome
}

/// Accounts for every setting of a model's files, as the weight loader does for tensors.
///
/// A setting is read by the family or the tokenizer, or it is on the list of those that change nothing, or its value asks
/// for nothing; any other is refused by name and value, because a setting that nobody follows gives other numbers.
public final class SettingsLedger: Sendable {
  private struct State {
    var sources: [any SettingsSource] = []
    var reasons: [SettingsFile: [String: String]] = [:]
    var accepted: Set<String> = []
    var nesting = ""
  }

  private let state = Mutex(State())

  /// No files yet.
  public init() {}

  /// Takes in a file whose settings are to be accounted for.
  func add(_ source: any SettingsSource) { state.withLock { $0.sources.append(source) } }

  /// Says that a setting changes nothing in this model, and why: the condition under which it would count does not hold.
  func changesNothing(_ key: String, in file: SettingsFile, because reason: String) {
    state.withLock { $0.reasons[file, default: [:]][key] = reason }
  }

  /// Has keys of a config.json below this prefix judged as they would be without it: those of the language part of a multimodal model.
  func nest(_ prefix: String) { state.withLock { $0.nesting = prefix } }

  /// Opens the model all the same when this setting is refused.
  func accept(_ key: String) { state.withLock { _ = $0.accepted.insert(key) } }

  /// What becomes of every setting, in the order of the files; `family` is the `model_type` or GGUF architecture.
  public func accounts(family: String) -> [SettingAccount] {
    let (sources, reasons, accepted, nesting) = state.withLock { ($0.sources, $0.reasons, $0.accepted, $0.nesting) }
    return sources.flatMap { source in
      let list = InertSettings.list(of: source.settingsFile, family: family)
      let prefix = source.settingsFile == .config ? nesting : ""
      return source.storedSettings.map { setting in
        SettingAccount(
          file: source.settingsFile, path: source.settingsPath, key: setting.key, value: setting.value,
          outcome: outcome(
            setting, said: reason(setting.key, in: reasons[source.settingsFile] ?? [:]),
            listed: list.reason(
              key: setting.key.hasPrefix(prefix) ? String(setting.key.dropFirst(prefix.count)) : setting.key,
              value: setting.value),
            isAccepted: accepted.contains(setting.key)))
      }
    }
  }

  /// The reason for a key, or for an object that it is in.
  private func reason(_ key: String, in reasons: [String: String]) -> String? {
    var place = Substring(key)
    while true {
      if let reason = reasons[String(place)] { return reason }
      guard let dot = place.lastIndex(of: ".") else { return nil }
      place = place[..<dot]
    }
  }

  private func outcome(
    _ setting: StoredSetting, said: String?, listed: String?, isAccepted: Bool
  ) -> SettingAccount.Outcome {
    // A hidden setting was looked up and refused.
    if isAccepted { return .accepted }
    if let said { return .changesNothing(because: said) }
    if setting.wasRead { return .read }
    if let listed { return .changesNothing(because: listed) }
    return setting.asksForNothing ? .asksForNothing : .refused
  }

  /// Checks that no setting is left over.
  ///
  /// Throws `LoadError.unreadSettings`, naming all of them.
  func finish(family: String, path: String) throws(LoadError) {
    let refused = accounts(family: family).filter { $0.outcome == .refused }
    guard refused.isEmpty else { throw .unreadSettings(refused, path: path) }
  }
}
