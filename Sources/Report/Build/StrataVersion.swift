import Engine

/// The version of the program, in one place.
public enum StrataVersion {
  /// Semantic version.
  public static let current = "0.1.0"
  /// "strata 0.1.0", as written in galleries.
  public static let tool = "strata \(current)"

  /// The very program that runs, for keys of caches: what another build of the same version computed is computed again.
  ///
  /// SHA-256 of the executable file, or the version where the system does not show it.
  static let program = (try? SHA256.hex(ofFile: "/proc/self/exe")) ?? current
}
