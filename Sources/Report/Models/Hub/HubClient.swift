import Engine
import Foundation
import Traces
import Words

/// Sends requests to a hub: redirects, tokens, retries, and a message for every refusal.
package struct HubClient: Sendable {
  package let settings: HubSettings
  /// Waits for a number of seconds.
  var pause: @Sendable (Double) -> Void = { Thread.sleep(forTimeInterval: $0) }

  /// The number of attempts before a request has failed.
  static let attempts = 5
  /// The longest wait that a server may ask for, seconds.
  static let longestWait = 120.0
  private static let mostRedirects = 8
  /// The largest answer that is read as a whole, bytes.
  private static let mostText = 32 << 20

  /// What the hub reports about a file without sending it.
  struct FileInfo: Sendable {
    var path: String
    /// SHA-256 of a large file, git's name of a small one.
    var etag: String
    var bytes: Int?
    /// Where to request it.
    var url: String
  }

  /// A repository at a revision.
  package struct Listing: Decodable, Sendable {
    var sha: String
    var siblings: [Sibling]?
    struct Sibling: Decodable, Sendable { var rfilename: String }

    /// Paths of its files; they become paths of the cache, and none may point outside it.
    package var paths: [String] { (siblings ?? []).map(\.rfilename).filter(HubCache.isInner) }
  }

  /// The files of a repository, and the commit its revision is.
  package func listing(_ reference: HubReference) throws -> Listing {
    let url =
      "\(settings.endpoint)/api/models/\(Self.escaped(reference.repository))/revision/\(Self.escaped(reference.wantedRevision, slash: false))"
    var body = Data()
    let response = try send(url, reference, mayRetry: true) { response, bytes in
      guard response.status == 200 else { return }
      body.append(contentsOf: bytes)
      guard body.count <= Self.mostText else {
        throw Diagnostic(place: reference.text, "the hub's list of files has no end", category: .network)
      }
    }
    guard response.status == 200 else { throw refusal(response, reference, file: nil) }
    guard let listing = try? JSONDecoder().decode(Listing.self, from: body), HubCache.isCommit(listing.sha) else {
      throw Diagnostic(
        place: reference.text, "expected the hub's description of a repository, found something else",
        hints: ["is HF_ENDPOINT a hub? it is \(settings.shownEndpoint)"], category: .network)
    }
    return listing
  }

  /// What the hub reports about a file, from the headers alone.
  func info(_ path: String, at commit: String, of reference: HubReference) throws -> FileInfo {
    let start = "\(settings.endpoint)/\(Self.escaped(reference.repository))/resolve/\(commit)/\(Self.escaped(path))"
    var url = start
    var found: HTTPTransfer.Response = .init()
    for _ in 0..<Self.mostRedirects {
      found = try send(url, reference, isHead: true, follows: false, mayRetry: true)
      // Within the hub a redirect leads to what describes the file; elsewhere, to the file.
      guard (301...308).contains(found.status), found["x-linked-etag"] == nil, let location = found["location"],
        let next = Self.address(location, from: url), isOwn(next)
      else { break }
      url = next
    }
    guard (200...399).contains(found.status) else { throw refusal(found, reference, file: path) }
    let etag = (found["x-linked-etag"] ?? found["etag"] ?? "").replacing("W/", with: "").replacing("\"", with: "")
    guard [40, 64].contains(etag.utf8.count), HubCache.isHex(etag) else {
      throw Diagnostic(
        place: reference.text, "expected a digest of '\(path)' from the hub, found '\(etag)'",
        hints: ["is HF_ENDPOINT a hub? it is \(settings.shownEndpoint)"], category: .network)
    }
    let size = found["x-linked-size"] ?? (found.status == 200 ? found["content-length"] : nil)
    return FileInfo(path: path, etag: etag, bytes: try size.map { try bytes($0, of: path, reference) }, url: start)
  }

  /// A larger file is a mistake; sums of smaller ones stay far from overflow.
  static let largestFile = 1 << 50

  /// The size in a header.
  private func bytes(_ text: String, of path: String, _ reference: HubReference) throws(Diagnostic) -> Int {
    if let bytes = Int(text), (0...Self.largestFile).contains(bytes) { return bytes }
    throw Diagnostic(
      place: reference.text, "expected the size of '\(path)' in bytes from the hub, found '\(text)'",
      hints: ["is HF_ENDPOINT a hub? it is \(settings.shownEndpoint)"], category: .network)
  }

  /// Sends a request and follows redirects; sends the token to the hub alone.
  ///
  /// - Parameters:
  ///   - mayRetry: Whether to send the request again when it failed before its body began to arrive.
  /// - Throws: `Diagnostic` of the category `network`, or what `receive` threw.
  func send(
    _ url: String, _ reference: HubReference, isHead: Bool = false, range start: Int = 0, follows: Bool = true,
    mayRetry: Bool, receive: ((HTTPTransfer.Response, UnsafeRawBufferPointer) throws -> Void)? = nil
  ) throws -> HTTPTransfer.Response {
    var url = url
    var redirects = 0
    var attempt = 1
    var hasBegun = false
    let body = receive.map { receive in
      { (response: HTTPTransfer.Response, bytes: UnsafeRawBufferPointer) in
        hasBegun = true
        try receive(response, bytes)
      }
    }
    while true {
      var headers = ["Accept-Encoding: identity"]
      if start > 0 { headers.append("Range: bytes=\(start)-") }
      if let token = settings.token, isOwn(url) {
        guard !settings.exposesToken else { throw exposedToken(reference) }
        headers.append("Authorization: Bearer \(token)")
      }
      let transfer = HTTPTransfer(url: url, isHead: isHead, headers: headers, patience: settings.patience)
      let response: HTTPTransfer.Response
      do {
        response = try transfer.perform(receive: body)
      } catch let failure as HTTPTransfer.Failure {
        let most = failure.hasNoConnection ? 2 : Self.attempts
        guard failure.isPassing, mayRetry, !hasBegun, attempt < most else { throw unreachable(failure, reference) }
        pause(Self.delay(after: attempt))
        attempt += 1
        continue
      }
      if follows, [301, 302, 303, 307, 308].contains(response.status), let location = response["location"] {
        redirects += 1
        guard redirects <= Self.mostRedirects, let next = Self.address(location, from: url) else {
          throw Diagnostic(
            place: reference.text, "the hub's redirects do not end", category: .network)
        }
        url = next
        continue
      }
      guard response.status == 429 || (500...599).contains(response.status), attempt < Self.attempts else {
        return response
      }
      let wait = response["retry-after"].flatMap(Double.init) ?? Self.delay(after: attempt)
      guard wait <= Self.longestWait else { return response }
      pause(max(0, wait))
      attempt += 1
    }
  }

  /// 1, 2, 4, 8 seconds.
  static func delay(after attempt: Int) -> Double { Double(1 << (attempt - 1)) }

  /// Whether an address is the hub's own: the same scheme, host and port.
  private func isOwn(_ url: String) -> Bool {
    guard let one = URLComponents(string: url), let other = URLComponents(string: settings.endpoint) else {
      return false
    }
    return one.scheme?.lowercased() == other.scheme?.lowercased() && one.host?.lowercased() == other.host?.lowercased()
      && one.port == other.port
  }

  /// An address that may be relative to another.
  private static func address(_ location: String, from url: String) -> String? {
    URL(string: location, relativeTo: URL(string: url))?.absoluteString
  }

  /// A path of an address, with all but unreserved characters percent-encoded.
  package static func escaped(_ path: String, slash: Bool = true) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~" + (slash ? "/" : "")
    return path.addingPercentEncoding(withAllowedCharacters: CharacterSet(charactersIn: letters)) ?? ""
  }
}

extension HubClient {
  /// The problem when everybody on the way to the hub could read the token.
  private func exposedToken(_ reference: HubReference) -> Diagnostic {
    Diagnostic(
      place: reference.text,
      "expected an address with https for a token, found \(settings.shownEndpoint), where everybody on the way can read it",
      hints: [
        "use https, or unset HF_TOKEN, or set HF_HUB_DISABLE_IMPLICIT_TOKEN=1 for a token that is kept in a file",
        "STRATA_ALLOW_HTTP_TOKEN=1 sends it nonetheless",
      ], category: .network)
  }

  /// The problem when no answer arrived.
  func unreachable(_ failure: HTTPTransfer.Failure, _ reference: HubReference) -> Diagnostic {
    failure.problem
      ?? Diagnostic(
        place: reference.text, "cannot reach \(settings.shownEndpoint): \(failure.message)",
        hints: [
          "check the network, or set HF_ENDPOINT to a mirror; the next attempt continues the download where it stopped"
        ], category: .network)
  }

  /// The problem that an error answer states, with advice.
  func refusal(_ response: HTTPTransfer.Response, _ reference: HubReference, file: String?) -> Diagnostic {
    let page = "\(settings.shownEndpoint)/\(reference.repository)"
    let has = settings.token == nil ? "no token was sent" : "the token that was sent does not give access"
    let tokenHint =
      settings.token == nil
      ? "set HF_TOKEN to an access token of an account that may read it" : "is the token in HF_TOKEN the right one?"
    func problem(_ message: String, _ hints: [String], _ category: ErrorCategory = .badInput) -> Diagnostic {
      Diagnostic(place: reference.text, message, hints: hints, category: category)
    }
    switch (response.status, response["x-error-code"]) {
    case (_, "GatedRepo"?):
      return problem(
        "the model is gated, and \(has)",
        ["accept its terms at \(page), then " + tokenHint.replacing("is the", with: "check: is the")])
    case (_, "RevisionNotFound"?):
      return problem(
        "there is no revision '\(reference.wantedRevision)'", ["\(page)/tree/main lists branches and commits"])
    case (_, "EntryNotFound"?):
      return problem("there is no file '\(file ?? "")' at this revision", ["\(page)/tree/main lists the files"])
    case (401, _), (_, "RepoNotFound"?):
      return problem(
        "there is no such model on \(settings.shownEndpoint), or it is private (\(has))",
        ["check the name; for a private model, " + tokenHint])
    case (403, _): return problem("the hub forbids it (403): \(has)", ["look at \(page); " + tokenHint])
    case (404, _):
      return problem(
        file.map { "there is no file '\($0)' (404)" } ?? "there is no such model on \(settings.shownEndpoint) (404)",
        ["check the name at \(page)"])
    case (429, _):
      return problem(
        "the hub asks to wait (429)", ["try again later, or set HF_TOKEN: accounts may ask more often"], .network)
    default:
      return problem(
        "the hub answered \(response.status)", ["try again later, or set HF_ENDPOINT to a mirror"], .network)
    }
  }
}
