import CCrypto
import Foundation

/// SHA-256, fed in pieces.
final class SHA256Digest {
  private let context: OpaquePointer?

  init() {
    context = EVP_MD_CTX_new()
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  func update(_ data: Data) {
    data.withUnsafeBytes { update($0) }
  }

  /// The digest in hex; call once.
  func finish() -> String {
    var bytes = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    EVP_DigestFinal_ex(context, &bytes, nil)
    return bytes.map { byte in
      let hex = String(byte, radix: 16)
      return byte < 16 ? "0" + hex : hex
    }.joined()
  }

  /// The digest of bytes in memory, in hex.
  static func hex(of data: Data) -> String {
    let digest = SHA256Digest()
    digest.update(data)
    return digest.finish()
  }
}
