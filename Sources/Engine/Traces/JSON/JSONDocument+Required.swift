/// Look-ups for readers of formats; an unexpected value is an error with its place.
extension JSONValue {
  /// The value of a key.
  ///
  /// Throws `JSONError.wrongKind` when this is no object, `.missingKey` when the key is absent.
  public func member(_ key: String) throws(JSONError) -> JSONValue {
    guard kind == .object else { throw wrongKind(expected: "an object") }
    guard let value = self[key] else { throw .missingKey(path: path, location: location, key: key) }
    return value
  }

  /// The value of a key, nil when it is absent or null.
  ///
  /// Throws `JSONError.wrongKind` when this is no object.
  public func optionalMember(_ key: String) throws(JSONError) -> JSONValue? {
    guard kind == .object else { throw wrongKind(expected: "an object") }
    guard let value = self[key], !value.isNull else { return nil }
    return value
  }

  /// This string.
  ///
  /// Throws `JSONError.wrongKind` for other kinds.
  public func requireString() throws(JSONError) -> String {
    guard let string else { throw wrongKind(expected: "a string") }
    return string
  }

  /// This whole number.
  ///
  /// Throws `JSONError.wrongKind` for other kinds, fractions, and numbers beyond 64 bits.
  public func requireInteger() throws(JSONError) -> Int {
    guard let integer else { throw wrongKind(expected: "a whole number") }
    return integer
  }

  /// This number.
  ///
  /// Throws `JSONError.wrongKind` for other kinds.
  public func requireReal() throws(JSONError) -> Double {
    guard let real else { throw wrongKind(expected: "a number") }
    return real
  }

  /// This truth value.
  ///
  /// Throws `JSONError.wrongKind` for other kinds.
  public func requireBool() throws(JSONError) -> Bool {
    guard let bool else { throw wrongKind(expected: "true or false") }
    return bool
  }

  /// The values of this array.
  ///
  /// Throws `JSONError.wrongKind` for other kinds.
  public func requireElements() throws(JSONError) -> JSONElements {
    guard let elements else { throw wrongKind(expected: "an array") }
    return elements
  }

  /// The members of this object.
  ///
  /// Throws `JSONError.wrongKind` for other kinds.
  public func requireMembers() throws(JSONError) -> JSONMembers {
    guard let members else { throw wrongKind(expected: "an object") }
    return members
  }

  /// Throws `JSONError.duplicateKey` when this object has a key twice (its members only, not theirs).
  public func requireUniqueKeys() throws(JSONError) {
    guard let members = unmarkedMembers, let count else { return }
    guard count > 16 else {
      // Most objects are small, and there are many of them.
      for (index, member) in members.enumerated() {
        for other in members.prefix(index) where other.keyUTF8.elementsEqual(member.keyUTF8) {
          throw .duplicateKey(path: path, location: location, key: member.key)
        }
      }
      return
    }
    // Of bytes: to a set of strings, canonically equivalent keys are the same.
    var seen = Set<[UInt8]>(minimumCapacity: count)
    for member in members where !seen.insert(Array(member.keyUTF8)).inserted {
      throw .duplicateKey(path: path, location: location, key: member.key)
    }
  }

  /// Throws `JSONError.duplicateKey` when this value, or any value inside of it, has a key twice.
  public func requireUniqueKeysThroughout() throws(JSONError) {
    try requireUniqueKeys()
    if let members = unmarkedMembers { for member in members { try member.value.requireUniqueKeysThroughout() } }
    if let elements { for element in elements { try element.requireUniqueKeysThroughout() } }
  }

  /// The error that says this value is of another kind than expected.
  public func wrongKind(expected: String) -> JSONError {
    .wrongKind(path: path, location: location, expected: expected, found: phrase)
  }

  /// This value in words, shortened, for error messages.
  private var phrase: String {
    switch kind {
    case .null: "null"
    case .bool: bool == true ? "true" : "false"
    case .integer: integer.map { "the number \($0)" } ?? "a number beyond 64 bits"
    case .real: "the number \(real ?? 0)"
    case .string: "the string '\((string ?? "").prefix(40))'"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
