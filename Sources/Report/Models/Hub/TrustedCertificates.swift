import Files
import Foundation

/// The certificate authorities that connections are checked against.
package struct TrustedCertificates {
  /// A file of certificates, nil where libcurl's own choice stands.
  package var file: String?

  /// Where systems keep theirs: Debian, Arch and Alpine; Fedora and RHEL; SUSE; others.
  static let systems = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
  ]

  /// `SSL_CERT_FILE`, else what this machine trusts, else the certificates that came with the program.
  package init(
    environment: [String: String] = ProcessInfo.processInfo.environment, systems: [String] = Self.systems,
    own: URL? = Installation.file("ca-certificates.crt")
  ) {
    if let named = environment["SSL_CERT_FILE"], !named.isEmpty {
      file = named
    } else {
      file = systems.first { FileState(path: $0)?.isFolder == false } ?? own?.path
    }
  }

  /// Those of this process.
  package static let current = TrustedCertificates()
}
