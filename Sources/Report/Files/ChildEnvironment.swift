/// The variables that another program is given: those that it needs, never the whole environment of this one, which may hold tokens.
package struct ChildEnvironment: Sendable {
  package private(set) var variables: [String: String]

  /// A locale and the system's programs, for a program that works on its input alone.
  package static let plain = ChildEnvironment(variables: ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"])

  /// What pip needs to reach its index: the user's pip settings, proxies and certificates.
  package static func pip(from environment: [String: String], temporary: String) -> ChildEnvironment {
    let names: Set = [
      "PATH", "HOME", "XDG_CONFIG_HOME", "LANG", "LC_ALL", "LC_CTYPE", "http_proxy", "https_proxy", "all_proxy",
      "no_proxy",
      "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
      "CURL_CA_BUNDLE", "NETRC",
    ]
    var kept = environment.filter { names.contains($0.key) || $0.key.hasPrefix("PIP_") }
    kept["TMPDIR"] = temporary
    return ChildEnvironment(variables: kept)
  }
}
