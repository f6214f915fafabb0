/// How a model is to be opened, where its files leave something to the user.
public struct ModelOptions: Sendable, Equatable {
  /// Settings that nobody follows and that do not keep the model from being opened.
  public var acceptedSettings: [String]

  /// As the files say.
  public init(acceptedSettings: [String] = []) { self.acceptedSettings = acceptedSettings }
}
