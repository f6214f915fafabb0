import CCurl

/// libcurl, opened and made ready when it is first asked for, and kept.
///
/// It is opened by name: with all that it needs it is a quarter of the program's libraries, and commands that fetch nothing start without them.
final class CurlLibrary: @unchecked Sendable {
  /// Its functions, which any thread may call; nothing writes here once it is filled.
  let functions: UnsafePointer<strata_curl>

  /// The library of this process.
  static let shared = Result { () throws(HTTPTransfer.Failure) in try CurlLibrary(name: "libcurl.so.4") }

  /// - Throws: `HTTPTransfer.Failure` when there is no such library, or when it cannot be started.
  init(name: String) throws(HTTPTransfer.Failure) {
    let functions = UnsafeMutablePointer<strata_curl>.allocate(capacity: 1)
    functions.initialize(to: strata_curl())
    self.functions = UnsafePointer(functions)
    if let problem = strata_curl_open(name, functions) {
      throw HTTPTransfer.Failure(
        message: "\(name) cannot be opened (\(String(cString: problem))); install it (Debian: libcurl4)",
        isPassing: false)
    }
    guard functions.pointee.global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK else {
      throw HTTPTransfer.Failure(message: "libcurl cannot be started", isPassing: false)
    }
  }

  deinit { functions.deallocate() }
}
