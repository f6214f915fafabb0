import Foundation

/// The hub's address, token and cache, from the environment variables of huggingface_hub.
package struct HubSettings: Sendable {
  /// Address without a slash at its end.
  package var endpoint: String
  /// Sent to `endpoint` and to no other host.
  package var token: String?
  /// Whether the token may travel without encryption.
  var allowsPlainToken: Bool
  /// Whether fetching is off.
  package var isOffline: Bool
  /// The cache that huggingface_hub and llama.cpp use as well.
  package var cache: URL
  /// Seconds without a byte until a transfer has failed.
  var patience: Int
  /// Whether the cache holds copies instead of links.
  var hasNoLinks: Bool

  package init(environment: [String: String]) {
    func value(_ names: String...) -> String? { names.compactMap { environment[$0] }.first { !$0.isEmpty } }
    func flag(_ name: String) -> Bool { ["1", "ON", "YES", "TRUE"].contains(environment[name]?.uppercased() ?? "") }
    func folder(_ path: String) -> URL {
      let home = environment["HOME"] ?? NSHomeDirectory()
      return URL(fileURLWithPath: path.hasPrefix("~/") ? home + path.dropFirst() : path, isDirectory: true)
    }
    var address = value("HF_ENDPOINT") ?? "https://huggingface.co"
    while address.hasSuffix("/") { address.removeLast() }
    endpoint = address
    let home =
      value("HF_HOME").map(folder)
      ?? (value("XDG_CACHE_HOME").map(folder) ?? folder("~/.cache")).appending(
        path: "huggingface", directoryHint: .isDirectory)
    cache =
      value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE").map(folder)
      ?? home.appending(path: "hub", directoryHint: .isDirectory)
    allowsPlainToken = flag("STRATA_ALLOW_HTTP_TOKEN")
    isOffline = flag("HF_HUB_OFFLINE") || flag("TRANSFORMERS_OFFLINE")
    patience = max(1, value("HF_HUB_DOWNLOAD_TIMEOUT").flatMap(Int.init) ?? 10)
    hasNoLinks = flag("HF_HUB_DISABLE_SYMLINKS")
    let file = value("HF_TOKEN_PATH").map(folder) ?? home.appending(path: "token")
    let kept = flag("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? nil : try? String(contentsOf: file, encoding: .utf8)
    let token = (value("HF_TOKEN") ?? kept)?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    // A line break in it would end the header.
    self.token = token.isEmpty || !token.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? nil : token
  }

  /// The address as messages show it: without a name and a password in it.
  package var shownEndpoint: String {
    guard let scheme = endpoint.range(of: "://") else { return endpoint }
    let host = endpoint[scheme.upperBound...].prefix { $0 != "/" }
    guard let sign = host.lastIndex(of: "@") else { return endpoint }
    return String(endpoint[..<scheme.upperBound] + endpoint[endpoint.index(after: sign)...])
  }

  /// Whether a token sent to `endpoint` could be read on the way; what stays on this machine has no way.
  package var exposesToken: Bool {
    guard token != nil, !allowsPlainToken, let address = URLComponents(string: endpoint),
      address.scheme?.lowercased() != "https"
    else { return false }
    let host = address.host?.lowercased() ?? ""
    let isLoopback =
      host == "localhost" || host == "[::1]" || host == "::1"
      || host.hasPrefix("127.") && host.split(separator: ".").count == 4 && host.allSatisfy { $0.isNumber || $0 == "." }
    return !isLoopback
  }
}
