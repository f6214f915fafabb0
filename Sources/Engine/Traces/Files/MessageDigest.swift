import CCrypto

/// A digest of libcrypto, fed in pieces; lower-case hexadecimal.
final class MessageDigest {
  private let context: OpaquePointer?

  /// An empty digest of a kind such as `EVP_sha256()`.
  init(_ kind: OpaquePointer?) {
    context = EVP_MD_CTX_new()
    let started = EVP_DigestInit_ex(context, kind, nil)
    precondition(started == 1, "libcrypto cannot start a digest")
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes.
  func update(_ bytes: UnsafeRawBufferPointer) {
    let added = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(added == 1, "libcrypto cannot go on with a digest")
  }

  /// The digest of what was added; to be called once, at the end.
  func finishedBytes() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    let finished = EVP_DigestFinal_ex(context, &digest, &length)
    precondition(finished == 1, "libcrypto cannot finish a digest")
    return Array(digest.prefix(Int(length)))
  }

  /// The same in hexadecimal.
  func finish() -> String { Hex.digits(finishedBytes()) }
}

/// git's object id of a file's content: SHA-1 of "blob SIZE", a zero byte, and the content.
public final class GitBlobDigest {
  private let digest = MessageDigest(EVP_sha1())

  /// A digest of content of a number of bytes.
  public init(bytes: Int) { Array("blob \(bytes)\0".utf8).withUnsafeBytes { digest.update($0) } }

  /// Adds bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

  /// The digest of what was added; to be called once, at the end.
  public func finish() -> String { digest.finish() }
}
