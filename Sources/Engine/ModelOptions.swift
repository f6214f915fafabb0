import Traces

/// How a model is to be opened, where its files leave something to the user.
public struct ModelOptions: Sendable, Equatable, Codable {
  /// Settings that nobody follows and that do not keep the model from being opened.
  public var acceptedSettings: [String]
  /// Whether texts begin with BOS.
  public var bos: BOSChoice

  /// Whether they leave everything to the files.
  public var isPlain: Bool { self == ModelOptions() }

  /// As the files say.
  public init(acceptedSettings: [String] = [], bos: BOSChoice = .model) {
    self.acceptedSettings = acceptedSettings
    self.bos = bos
  }
}
