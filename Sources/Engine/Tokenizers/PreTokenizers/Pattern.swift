import CPCRE2

/// A compiled regular expression of a tokenizer, matched on UTF-8 bytes by PCRE2 with its just-in-time compiler.
///
/// Patterns are written for Oniguruma, as `tokenizers` uses it; `PatternTranslation` has the differences.
final class Pattern: @unchecked Sendable {
  /// The pattern in the tokenizer's file.
  let source: String
  // Matching does not change compiled code, so sharing it is safe; match data is made for each text.
  private let code: OpaquePointer

  /// Compiles `source`; `path` names the file it is from.
  ///
  /// Throws `TokenizerError.badPattern`.
  init(_ source: String, path: String) throws(TokenizerError) {
    let translated = try PatternTranslation.translate(source, path: path)
    var errorCode: Int32 = 0
    var errorOffset = 0
    let options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C
    let code = Array(translated.utf8).withUnsafeBufferPointer {
      pcre2_compile_8($0.baseAddress, $0.count, options, &errorCode, &errorOffset, nil)
    }
    guard let code else {
      throw .badPattern(path: path, pattern: source, reason: Pattern.words(for: errorCode))
    }
    // Without a just-in-time compiler the pattern is interpreted, with the same results.
    _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    self.source = source
    self.code = code
  }

  deinit { pcre2_code_free_8(code) }

  /// The matches in each of `pieces`, each matched as a separate text.
  ///
  /// Throws `TokenizerError.patternFailed` when a match takes too many steps.
  func matches(
    in text: UnsafeBufferPointer<UInt8>, pieces: [Range<Int>]
  ) throws(TokenizerError) -> [[Range<Int>]] {
    guard let base = text.baseAddress else { return pieces.map { _ in [] } }
    let data = pcre2_match_data_create_from_pattern_8(code, nil)
    let context = pcre2_match_context_create_8(nil)
    // The default of 32 kB is too small for long runs under alternations.
    let stack = pcre2_jit_stack_create_8(32 << 10, 16 << 20, nil)
    pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack))
    defer {
      pcre2_match_data_free_8(data)
      pcre2_match_context_free_8(context)
      pcre2_jit_stack_free_8(stack)
    }
    guard let vector = pcre2_get_ovector_pointer_8(data) else { return pieces.map { _ in [] } }
    var all: [[Range<Int>]] = []
    all.reserveCapacity(pieces.count)
    for piece in pieces {
      var found: [Range<Int>] = []
      var start = 0
      while start <= piece.count {
        // A `String` is valid UTF-8, and pieces end between characters.
        let result = pcre2_match_8(
          code, base + piece.lowerBound, piece.count, start, PCRE2_NO_UTF_CHECK, data, context)
        if result == PCRE2_ERROR_NOMATCH { break }
        guard result >= 0 else { throw .patternFailed(pattern: source, reason: Pattern.words(for: result)) }
        let (from, to) = (vector[0], max(vector[0], vector[1]))
        let match = piece.lowerBound + from..<piece.lowerBound + to
        // Oniguruma's iterator allows no empty match directly after another match.
        if !match.isEmpty || found.last?.upperBound != match.lowerBound { found.append(match) }
        start = to
        if to == from {
          // After an empty match, continue after the next character.
          start += 1
          while start < piece.count, text[piece.lowerBound + start] & 0xC0 == 0x80 { start += 1 }
        }
      }
      all.append(found)
    }
    return all
  }

  /// A text with every match replaced.
  ///
  /// Throws `TokenizerError.patternFailed`.
  func replaceMatches(in text: [UInt8], with replacement: [UInt8]) throws(TokenizerError) -> [UInt8] {
    // An empty text is not matched, as with Oniguruma.
    if text.isEmpty { return text }
    let found = try text.withUnsafeBufferPointer { bytes throws(TokenizerError) in
      try matches(in: bytes, pieces: [0..<bytes.count])
    }
    var result: [UInt8] = []
    var copied = 0
    for match in found.joined() {
      result += text[copied..<match.lowerBound]
      result += replacement
      copied = match.upperBound
    }
    return result + text[copied...]
  }

  private static func words(for error: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pcre2_get_error_message_8(error, &buffer, buffer.count)
    return count < 0 ? "error \(error)" : String(decoding: buffer.prefix(Int(count)), as: UTF8.self)
  }
}
