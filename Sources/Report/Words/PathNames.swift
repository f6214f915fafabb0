extension StringProtocol {
  /// The names between the slashes of a path, as the system finds them: by bytes.
  ///
  /// Swift's `split` reads characters, and a slash behind a letter that combines with what follows, such as U+0600, is no slash to it.
  package var pathNames: [String] {
    utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// A path without slashes at its end and without names in it that lead nowhere: "./a//b/./" is "./a/b".
  package var tidyPath: String {
    let kept = pathNames.enumerated().filter { !$0.element.isEmpty && ($0.offset == 0 || $0.element != ".") }
      .map(\.element)
    return (utf8.first == UInt8(ascii: "/") ? "/" : "") + kept.joined(separator: "/")
  }

  /// A name in the folder of this path.
  package func path(to name: String) -> String {
    let folder = tidyPath
    return folder == "/" ? folder + name : "\(folder)/\(name)"
  }

  /// Whether a path leads into a folder of git's own, where addresses and tokens are.
  package var leadsIntoGit: Bool { pathNames.contains { $0.lowercased() == ".git" } }

  /// Whether a path has a slash, by bytes.
  package var hasSlash: Bool { utf8.contains(UInt8(ascii: "/")) }
}
