import Foundation
import Traces

/// What a page may load and run: only its own style, script and pictures.
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
    "'sha256-\(Data(SHA256.bytes(of: text.utf8)).base64EncodedString())'"
  }
}
