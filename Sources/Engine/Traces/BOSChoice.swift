/// Whether texts begin with BOS.
public enum BOSChoice: String, Sendable, CaseIterable, Codable {
  /// With it.
  case yes
  /// Without it.
  case no
  /// As the model's files say.
  case model
}
