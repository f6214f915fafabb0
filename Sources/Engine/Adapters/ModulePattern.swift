import CPCRE2

/// A regular expression over names of modules in an adapter's configuration (Python's `re`), matched by PCRE2.
final class ModulePattern: @unchecked Sendable {
  /// How much of a name must match.
  enum Extent {
    /// All of it, as `re.fullmatch`.
    case whole
    /// Its beginning, as `re.match`.
    case beginning
  }

  private let source: String
  private let key: String
  private let path: String
  // Matching does not change compiled code, so sharing it is safe.
  private let code: OpaquePointer

  /// The most steps of a match: names are short, and a pattern that needs more is malicious.
  private static let limit: UInt32 = 100_000

  /// Compiles an expression; `key` and `path` are its place, for messages.
  ///
  /// Throws `AdapterError.badPattern`.
  init(_ source: String, _ extent: Extent, key: String, path: String) throws(AdapterError) {
    var errorCode: Int32 = 0
    var errorOffset = 0
    let ends: UInt32 = extent == .whole ? PCRE2_ENDANCHORED : 0
    let options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_ANCHORED | ends
    let code = Array(source.utf8).withUnsafeBufferPointer {
      pcre2_compile_8($0.baseAddress, $0.count, options, &errorCode, &errorOffset, nil)
    }
    guard let code else {
      throw .badPattern(path: path, key: key, pattern: source, reason: ModulePattern.words(for: errorCode))
    }
    self.source = source
    self.key = key
    self.path = path
    self.code = code
  }

  deinit { pcre2_code_free_8(code) }

  /// Whether a name matches.
  ///
  /// Throws `AdapterError.badPattern` when matching takes too many steps.
  func matches(_ name: String) throws(AdapterError) -> Bool { try match(name, group: nil) != nil }

  /// The text of a named group in a match; nil without a match.
  ///
  /// Throws `AdapterError.badPattern` when matching takes too many steps.
  func group(_ group: String, in name: String) throws(AdapterError) -> String? { try match(name, group: group) }

  private func match(_ name: String, group: String?) throws(AdapterError) -> String? {
    let data = pcre2_match_data_create_from_pattern_8(code, nil)
    let context = pcre2_match_context_create_8(nil)
    defer {
      pcre2_match_data_free_8(data)
      pcre2_match_context_free_8(context)
    }
    pcre2_set_match_limit_8(context, ModulePattern.limit)
    let bytes = Array(name.utf8)
    let result = bytes.withUnsafeBufferPointer { pcre2_match_8(code, $0.baseAddress, $0.count, 0, 0, data, context) }
    if result == PCRE2_ERROR_NOMATCH { return nil }
    guard result >= 0, let vector = pcre2_get_ovector_pointer_8(data) else {
      throw .badPattern(path: path, key: key, pattern: source, reason: ModulePattern.words(for: result))
    }
    guard let group else { return name }
    let number = Int(pcre2_substring_number_from_name_8(code, group))
    guard number > 0, vector[2 * number] <= vector[2 * number + 1], vector[2 * number + 1] <= bytes.count else {
      return nil
    }
    return String(decoding: bytes[vector[2 * number]..<vector[2 * number + 1]], as: UTF8.self)
  }

  private static func words(for error: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(error, &buffer, buffer.count)
    return count < 0 ? "error \(error)" : String(decoding: buffer.prefix(Int(count)), as: UTF8.self)
  }
}
