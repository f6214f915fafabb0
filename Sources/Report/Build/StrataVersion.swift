import Engine

/// The version of the program, in one place.
public enum StrataVersion {
  /// Semantic version.
  public static let current = "0.1.0"
  /// "strata 0.1.0", as written in galleries.
  public static let tool = "strata \(current)"

  /// The very program that runs, for keys of caches: what another build of the same version computed is computed again.
  ///
  /// The linker's id of the executable file, else its SHA-256, or the version where the system does not show it.
  static let program =
    ProgramIdentity.buildID(ofFile: "/proc/self/exe") ?? (try? SHA256.hex(ofFile: "/proc/self/exe")) ?? current
}
