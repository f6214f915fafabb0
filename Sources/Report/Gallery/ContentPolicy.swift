import Engine
import Foundation

/// What a page may load and run: its own style, script and pictures, and nothing else.
enum ContentPolicy {
  /// The content-security policy of a page; a page in one file names its style and script by their digests.
  static func of(style: String, script: String, isSingle: Bool) -> String {
    let rest = "base-uri 'none'; form-action 'none'"
    guard isSingle else {
      return "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; \(rest)"
    }
    return "default-src 'none'; img-src data:; style-src \(source(style)); script-src \(source(script)); \(rest)"
  }

  /// "'sha256-…'".
  private static func source(_ text: String) -> String {
    let hex = Array(SHA256.hex(of: text.utf8).utf8)
    let bytes = stride(from: 0, to: hex.count - 1, by: 2).compactMap {
      UInt8(String(decoding: hex[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
    return "'sha256-\(Data(bytes).base64EncodedString())'"
  }
}
