import Foundation

/// The settings that are known to have no effect on the numbers, with reasons: `inert-settings.json`.
///
/// The file is data, so that a script can compare it with what transformers' modelling code reads
/// (`Tools/check_inert_settings.py`).
enum InertSettings {
  /// The list for one kind of file and one family.
  struct List: Sendable {
    fileprivate var exact: [String: Entry] = [:]
    fileprivate var prefixes: [(prefix: String, entry: Entry)] = []

    /// Exact keys and beginnings of keys.
    var count: Int { exact.count + prefixes.count }

    /// What the list says of a setting with this value.
    func listing(key: String, value: String) -> Listing {
      // Indices of lists are ignored.
      let key = key.contains("[") ? key.replacing(/\[\d+\]/, with: "[*]") : key
      let entry = exact[key] ?? prefixes.first { key.hasPrefix($0.prefix) }?.entry
      guard let entry else { return .absent }
      return entry.values?.contains(value) ?? true ? .changesNothing(because: entry.reason) : .otherValue
    }
  }

  /// What the list says of a setting.
  enum Listing: Sendable, Equatable {
    /// It has no effect, with the reason.
    case changesNothing(because: String)
    /// It has none only with other values.
    case otherValue
    /// It is not on the list.
    case absent
  }

  /// Keys with a reason.
  fileprivate struct Entry: Sendable, Decodable {
    /// Exact keys, or beginnings of keys that end with `*`; `{arch}` stands for the architecture of a GGUF file.
    var keys: [String]
    var reason: String
    /// The families to which it applies (`model_type`, or GGUF architecture); nil for all.
    var families: [String]?
    /// The values without effect, as messages show them; nil for all.
    var values: [String]?
  }

  private static let entries: [String: [Entry]] = {
    let data = Data(PackageResources.inert_settings_json)
    // The file is part of the program; a test reads it.
    return (try? JSONDecoder().decode([String: [Entry]].self, from: data)) ?? [:]
  }()

  /// The list for a kind of file.
  static func list(of file: SettingsFile, family: String) -> List {
    var list = List()
    for entry in entries[file.rawValue] ?? [] where entry.families?.contains(family) ?? true {
      for key in entry.keys {
        let key = key.replacing("{arch}", with: family)
        if key.hasSuffix("*") && !key.hasSuffix("[*]") {
          list.prefixes.append((String(key.dropLast()), entry))
        } else {
          list.exact[key] = entry
        }
      }
    }
    return list
  }
}
