import CCurl
import Engine
import Foundation
import Words

/// One HTTP request through libcurl; redirects are returned to the caller, not followed.
struct HTTPTransfer {
  /// The address.
  var url: String
  /// Whether to request only the headers.
  var isHead = false
  /// "Name: value".
  var headers: [String] = []
  /// Seconds for a connection to be established, and the longest pause without any byte.
  var patience = 10

  /// What a server answered.
  struct Response: Sendable {
    var status = 0
    /// By lower-case name.
    var headers: [String: String] = [:]

    /// A header's value.
    subscript(_ name: String) -> String? { headers[name] }
  }

  /// No complete answer arrived.
  struct Failure: Error {
    /// In libcurl's words.
    var message: String
    /// Whether the same request may succeed later.
    var isPassing: Bool
    /// Whether no connection could be made, which the user should learn soon.
    var hasNoConnection = false
    /// What is to be said of it, where that is known already.
    var problem: Diagnostic?
  }

  /// Sends the request.
  ///
  /// - Parameter receive: Receives the body in pieces; the transfer ends when it throws.
  /// - Throws: `Failure`, or what `receive` threw.
  func perform(receive: ((Response, UnsafeRawBufferPointer) throws -> Void)? = nil) throws -> Response {
    let curl = try CurlLibrary.shared.get().functions
    guard let handle = curl.pointee.easy_init() else {
      throw Failure(message: "libcurl cannot be started", isPassing: false)
    }
    defer { curl.pointee.easy_cleanup(handle) }
    let list = headers.reduce(nil as UnsafeMutablePointer<curl_slist>?) { curl.pointee.slist_append($0, $1) }
    defer { curl.pointee.slist_free_all(list) }
    let context = Context(receive)
    let pointer = Unmanaged.passUnretained(context).toOpaque()
    var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    let code = reason.withUnsafeMutableBufferPointer { reason -> CURLcode in
      strata_curl_set_text(curl, handle, CURLOPT_URL, url)
      strata_curl_set_text(curl, handle, CURLOPT_ERRORBUFFER, reason.baseAddress)
      strata_curl_set_text(curl, handle, CURLOPT_USERAGENT, StrataVersion.tool.replacing(" ", with: "/"))
      strata_curl_set_text(curl, handle, CURLOPT_PROTOCOLS_STR, "http,https")
      if let trusted = TrustedCertificates.current.file { strata_curl_set_text(curl, handle, CURLOPT_CAINFO, trusted) }
      strata_curl_set_list(curl, handle, CURLOPT_HTTPHEADER, list)
      strata_curl_set_number(curl, handle, CURLOPT_NOBODY, isHead ? 1 : 0)
      strata_curl_set_number(curl, handle, CURLOPT_NOSIGNAL, 1)
      strata_curl_set_number(curl, handle, CURLOPT_FOLLOWLOCATION, 0)
      strata_curl_set_number(curl, handle, CURLOPT_CONNECTTIMEOUT, patience)
      strata_curl_set_number(curl, handle, CURLOPT_LOW_SPEED_LIMIT, 1)
      strata_curl_set_number(curl, handle, CURLOPT_LOW_SPEED_TIME, patience)
      strata_curl_set_receivers(curl, handle, Context.body, Context.head, pointer)
      return curl.pointee.easy_perform(handle)
    }
    if let error = context.error { throw error }
    guard code == CURLE_OK else {
      let said = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      // libcurl says the same of a header beyond its limit.
      let known =
        code == CURLE_OUT_OF_MEMORY
        ? "the answer's header is too large, or memory is short"
        : curl.pointee.easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
      throw Failure(
        message: said.isEmpty ? known : said,
        isPassing: Self.passing.contains(code),
        hasNoConnection: code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT)
    }
    context.response.status = strata_curl_get_number(curl, handle, CURLINFO_RESPONSE_CODE)
    return context.response
  }

  /// Failures that may pass: of a name server, a connection, or an answer that was cut off.
  private static let passing: [CURLcode] = [
    CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING,
    CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2_STREAM, CURLE_HTTP2,
  ]

  /// The state of libcurl's callbacks.
  private final class Context {
    var response = Response()
    var error: (any Error)?
    private let receive: ((Response, UnsafeRawBufferPointer) throws -> Void)?

    init(_ receive: ((Response, UnsafeRawBufferPointer) throws -> Void)?) { self.receive = receive }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> Context? {
      pointer.map { Unmanaged<Context>.fromOpaque($0).takeUnretainedValue() }
    }

    static let head: strata_curl_receiver = { bytes, size, count, pointer in
      guard let bytes, let context = Context.from(pointer) else { return 0 }
      let raw = UnsafeRawBufferPointer(start: bytes, count: size * count)
      let line = String(decoding: raw, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      if line.hasPrefix("HTTP/") {
        // An interim answer, such as "100 Continue", is dropped.
        context.response = Response(status: Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0)
      } else if let colon = line.firstIndex(of: ":") {
        let name = line[..<colon].lowercased()
        context.response.headers[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      }
      return size * count
    }

    static let body: strata_curl_receiver = { bytes, size, count, pointer in
      guard let bytes, let context = Context.from(pointer) else { return 0 }
      do {
        try context.receive?(context.response, UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
      } catch {
        context.error = error
        // Returning fewer bytes than given makes libcurl stop.
        return 0
      }
    }
  }
}
