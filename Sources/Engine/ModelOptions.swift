import Traces

/// How to open a model, where its files leave a choice to the user.
public struct ModelOptions: Sendable, Equatable, Codable {
  /// Settings that may be left unfollowed.
  public var acceptedSettings: [String]
  /// Whether texts begin with BOS.
  public var bos: BOSChoice

  /// Whether the options leave every choice to the files.
  public var isPlain: Bool { self == ModelOptions() }

  /// As the files say.
  public init(acceptedSettings: [String] = [], bos: BOSChoice = .model) {
    self.acceptedSettings = acceptedSettings
    self.bos = bos
  }
}
