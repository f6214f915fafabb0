extension ModelFiles {
  /// One SHA-256 for everything that decides the model's numbers: `SHA256.combined` of the content files, whose names are
  /// relative to the folder.
  ///
  /// Reads every file in full; throws `FileError`.
  public func contentDigest() throws(FileError) -> String {
    var digests: [(name: String, digest: String)] = []
    for file in contentPaths { digests.append((contentName(of: file), try SHA256.hex(ofFile: file))) }
    return SHA256.combined(digests)
  }

  /// The name of a content file relative to the model's folder.
  public func contentName(of file: String) -> String {
    file.hasPrefix(path + "/") ? String(file.dropFirst(path.count + 1)) : file
  }
}
