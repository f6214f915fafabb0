import Foundation

/// Takes the values of a trace or a summary out of its JSON.
///
/// A value that is not what it must be is an error with its place, with what was expected and what was found. Memory is
/// reserved for values that are in the file, never by a number that the file states.
struct FieldReader {
  let digits: JSONDigits

  /// Reads a file whose top object names one of some schemas.
  ///
  /// - Throws: `TraceFileError` for the first fault.
  static func read<Value>(
    _ data: Data, schemas: [String], path: String, _ body: (FieldReader, JSONValue) throws(JSONError) -> Value
  ) throws(TraceFileError) -> Value {
    let read = data.withUnsafeBytes { whole -> Result<Value, TraceFileError> in
      // Some editors begin UTF-8 with a byte order mark.
      let start = whole.starts(with: "\u{FEFF}".utf8) ? 3 : 0
      let bytes = UnsafeRawBufferPointer(rebasing: whole[start...])
      do throws(JSONError) {
        let document = try JSONDocument(bytes: bytes, path: path)
        let found = try Fields(document.root).string("schema")
        guard schemas.contains(found) else {
          return .failure(.unknownSchema(path: path, found: found, expected: schemas))
        }
        return .success(try body(FieldReader(digits: JSONDigits(document, bytes: bytes)), document.root))
      } catch {
        return .failure(TraceFileError(error, schema: schemas.first ?? "", path: path, bytes: bytes, start: start))
      }
    }
    return try read.get()
  }

  /// The members of an object, taken by their keys; other members are ignored.
  struct Fields {
    /// The object itself.
    let object: JSONValue

    /// Throws when the value is no object, and when it has a key twice: it would be a guess which of the values counts.
    init(_ value: JSONValue) throws(JSONError) {
      guard value.kind == .object else { throw value.wrongKind(expected: "an object") }
      try value.requireUniqueKeys()
      object = value
    }

    /// The value of a key; nil when it is absent.
    private func find(_ key: String) -> JSONValue? {
      var name = key
      return name.withUTF8 { wanted in
        object.unmarkedMembers?.first { isSame($0.keyUTF8, wanted) }?.value
      }
    }

    private func isSame(_ key: UnsafeRawBufferPointer, _ wanted: UnsafeBufferPointer<UInt8>) -> Bool {
      guard key.count == wanted.count, let one = key.baseAddress, let other = wanted.baseAddress else { return false }
      return memcmp(one, other, key.count) == 0
    }

    /// The value of a key.
    func value(_ key: String) throws(JSONError) -> JSONValue {
      guard let value = find(key) else {
        throw .missingKey(path: object.path, location: object.location, key: key)
      }
      return value
    }

    /// The value of a key as `read` takes it; nil when it is absent or null.
    func optional<Value>(
      _ key: String, _ read: (JSONValue) throws(JSONError) -> Value
    ) throws(JSONError) -> Value? {
      guard let value = find(key), !value.isNull else { return nil }
      return try read(value)
    }

    /// The string of a key.
    func string(_ key: String) throws(JSONError) -> String { try value(key).requireString() }
    /// The whole number of a key.
    func whole(_ key: String) throws(JSONError) -> Int { try FieldReader.whole(try value(key)) }
    /// The word of a key.
    func word<Word>(_ key: String) throws(JSONError) -> Word
    where Word: RawRepresentable & CaseIterable, Word.RawValue == String {
      try FieldReader.word(try value(key))
    }
  }

  /// A string.
  func string(_ value: JSONValue) throws(JSONError) -> String { try value.requireString() }

  /// A whole number, which other programs also write as `2.0`.
  func whole(_ value: JSONValue) throws(JSONError) -> Int { try Self.whole(value) }

  /// The same, or null.
  func wholeOrNull(_ value: JSONValue) throws(JSONError) -> Int? {
    value.isNull ? nil : try Self.whole(value, expected: "a whole number or null")
  }

  private static func whole(_ value: JSONValue, expected: String = "a whole number") throws(JSONError) -> Int {
    if let whole = value.integer { return whole }
    // Beyond 2^53 float64 has lost digits.
    guard let real = value.real, abs(real) <= 0x1p53, let whole = Int(exactly: real) else {
      throw value.wrongKind(expected: expected)
    }
    return whole
  }

  /// A number in float64.
  func double(_ value: JSONValue) throws(JSONError) -> Double {
    guard let number = digits.double(value) else { throw value.wrongKind(expected: "a number") }
    return number
  }

  /// The nearest float32 to a number.
  func float(_ value: JSONValue) throws(JSONError) -> Float { try float(value, expected: "a number") }

  /// The same, or null.
  func floatOrNull(_ value: JSONValue) throws(JSONError) -> Float? {
    value.isNull ? nil : try float(value, expected: "a number or null")
  }

  private func float(_ value: JSONValue, expected: String) throws(JSONError) -> Float {
    guard let number = digits.float(value) else { throw value.wrongKind(expected: expected) }
    guard number.isFinite else { throw value.wrongKind(expected: "a number within float32") }
    return number
  }

  /// One of a few words.
  func word<Word>(_ value: JSONValue) throws(JSONError) -> Word
  where Word: RawRepresentable & CaseIterable, Word.RawValue == String { try Self.word(value) }

  private static func word<Word>(_ value: JSONValue) throws(JSONError) -> Word
  where Word: RawRepresentable & CaseIterable, Word.RawValue == String {
    guard let word = value.string.flatMap(Word.init) else {
      throw value.wrongKind(expected: Word.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or "))
    }
    return word
  }

  /// All values of an array, each as `one` takes it.
  func list<Value>(
    _ value: JSONValue, _ one: (JSONValue) throws(JSONError) -> Value
  ) throws(JSONError) -> [Value] {
    let elements = try value.requireElements()
    var values: [Value] = []
    values.reserveCapacity(value.count ?? 0)
    for element in elements { values.append(try one(element)) }
    return values
  }

  /// An array of arrays, each value as `one` takes it.
  func matrix<Value>(
    _ value: JSONValue, _ one: (JSONValue) throws(JSONError) -> Value
  ) throws(JSONError) -> [[Value]] {
    try list(value) { row throws(JSONError) in try list(row, one) }
  }
}
