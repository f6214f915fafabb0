import Traces

/// A model whose files are complete but not a model that this engine can run.
public enum LoadError: EngineError, Equatable {
  /// No registered family has this name; `advice` says which comes nearest.
  case unknownArchitecture(name: String, path: String, known: [String], advice: [String])
  /// A setting that the family needs is not in the files.
  case missingSetting(key: String, path: String)
  /// A setting has a value that the family does not compute.
  case badSetting(key: String, path: String, found: String, expected: String)
  /// The same, where the model opens, or gets as far as another setting, once this one counts as absent.
  case badSettingToAccept(key: String, path: String, found: String, expected: String)
  /// A conversation for a model that was made for no such thing; `kind` says what it is.
  case noConversation(kind: String, path: String, advice: [String])
  /// A tensor that the family needs is not in the files.
  case missingTensor(name: String, path: String)
  /// A needed tensor that the index lists but no file holds; `reason` states where it should be.
  case unfoundTensor(name: String, path: String, reason: String)
  /// The files hold a part of a model that cannot predict words without another; `advice` says which model to open.
  case missingPart(part: String, path: String, advice: String)
  /// The files hold tensors that the family does not use.
  case unusedTensors(names: [String], path: String)
  /// A tensor has another shape than the settings say.
  case badShape(tensor: String, path: String, found: [Int], expected: String)
  /// A weight is infinite or NaN.
  case nonFinite(tensor: String, path: String, index: String, value: String)
  /// A tensor of values that follow from the settings holds another one.
  case badValue(tensor: String, path: String, index: String, found: String, expected: String)
  /// Settings that are not read and not known to have no effect.
  case unreadSettings([SettingAccount], path: String)
  /// An accepted setting that is not refused.
  case nothingToAccept(key: String, path: String)

  /// The file or folder.
  public var place: String {
    switch self {
    case .unknownArchitecture(_, let path, _, _), .missingSetting(_, let path), .badSetting(_, let path, _, _),
      .badSettingToAccept(_, let path, _, _), .noConversation(_, let path, _), .missingTensor(_, let path),
      .unfoundTensor(_, let path, _), .unusedTensors(_, let path),
      .badShape(_, let path, _, _), .nonFinite(_, let path, _, _), .unreadSettings(_, let path),
      .nothingToAccept(_, let path), .missingPart(_, let path, _), .badValue(_, let path, _, _, _):
      path
    }
  }

  /// What was expected and found.
  public var message: String {
    switch self {
    case .unknownArchitecture(let name, _, _, _):
      "unknown architecture '\(MessageText.short(name))'"
    case .missingSetting(let key, _):
      "setting '\(key)' is missing"
    case .badSetting(let key, _, let found, let expected), .badSettingToAccept(let key, _, let found, let expected):
      "setting '\(MessageText.short(key))' is \(MessageText.short(found)), expected \(MessageText.short(expected, most: 1000))"
    case .missingTensor(let name, _):
      "tensor '\(name)' is missing"
    case .unfoundTensor(let name, _, let reason):
      "tensor '\(name)' is missing: \(reason)"
    case .noConversation(let kind, _, _):
      "expected a model that answers in conversations, found \(kind)"
    case .missingPart(let part, _, _):
      "expected a model with \(part), found none"
    case .unusedTensors(let names, _):
      names.count == 1
        ? "tensor \(MessageText.names(names)) is not part of this architecture"
        : "\(names.count) tensors are not part of this architecture: \(MessageText.names(names, most: 5))"
    case .badShape(let tensor, _, let found, let expected):
      "tensor '\(tensor)' has shape \(MessageText.numbers(found)), expected \(expected)"
    case .nonFinite(let tensor, _, let index, let value):
      "tensor '\(tensor)' holds \(value) at \(index), expected finite numbers"
    case .badValue(let tensor, _, let index, let found, let expected):
      "tensor '\(tensor)' holds \(found) at \(index), expected \(expected)"
    case .unreadSettings(let settings, _):
      (settings.count == 1 ? "1 setting is" : "\(settings.count) settings are")
        + " not followed: "
        + MessageText.list(settings.map { "'\(MessageText.short($0.key))' = \($0.value) in \($0.file.place)" })
    case .nothingToAccept(let key, _):
      "the setting '\(key)' cannot be accepted, because it is not refused"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .unknownArchitecture(let name, _, let known, let advice):
      advice + [NameDistance.hint(for: name, among: known)]
    case .noConversation(_, _, let advice): advice
    case .missingPart(_, _, let advice): [advice]
    case .missingTensor, .unusedTensors:
      ["the numbers would be wrong, so the model is refused; is the file complete, and is it what it says it is?"]
    case .unfoundTensor:
      ["the folder is incomplete, or its files are of different versions of the model; fetch it again"]
    case .nonFinite, .badValue:
      ["the file is damaged, or its conversion went wrong; fetch or convert it again"]
    case .unreadSettings(let settings, _):
      [
        "a setting that is not followed can change the numbers, so the model is refused",
        settings.count > MessageText.mostNames
          ? "with so many, this is hardly a model that the program knows; strata models show REF --settings lists them all"
          : "to open it anyway: "
            + settings.map { "--accept-setting \(MessageText.short($0.key))" }.joined(separator: " "),
      ]
    case .badSettingToAccept(let key, _, _, _):
      ["this opens the model as if the setting were absent: --accept-setting \(MessageText.short(key))"]
    case .nothingToAccept:
      ["strata models show REF --settings lists every setting and how it is used"]
    default: []
    }
  }
}

extension Float {
  /// The number as text; NaN has no sign and no payload.
  var plainDescription: String { isNaN ? "nan" : "\(self)" }
}
