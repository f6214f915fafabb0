/// The version of the program, in one place.
public enum StrataVersion {
  /// Semantic version.
  public static let current = "0.1.0"
  /// "strata 0.1.0", as written in galleries.
  public static let tool = "strata \(current)"
}
