import Foundation
import SimdJSON

/// A parsed, read-only JSON text.
///
/// Parsing is simdjson's; walking it allocates nothing.
///
/// The layout of simdjson's tape is described in `strata_json.h`.
public final class JSONDocument: @unchecked Sendable {
  // Only the initialiser writes to it, so sharing it is safe.
  let tape: UnsafePointer<UInt64>
  fileprivate let strings: UnsafePointer<UInt8>
  private let handle: OpaquePointer
  /// The look-ups, if they are recorded.
  fileprivate let lookups: JSONLookups?

  /// The text's file, or the caller's name for it; for error messages.
  public let path: String

  /// Reads and parses a file of a model; `remembersLookups` records the members that readers look up.
  ///
  /// `NaN`, `Infinity` and `-Infinity`, which Python's json module writes, are real numbers. Throws `JSONError.unreadable`, also for a
  /// pipe or a device, for a link out of its folder and for a file of more than 64 MiB, or `.malformed`.
  public convenience init(path: String, remembersLookups: Bool = false) throws(JSONError) {
    try self.init(ModelFile(path, as: .settings), remembersLookups: remembersLookups)
  }

  /// The same for a file of any content.
  package convenience init(_ file: ModelFile, remembersLookups: Bool = false) throws(JSONError) {
    let place: String
    do throws(FileError) { place = try file.checked() } catch { throw JSONError(error) }
    var failure = strata_json_failure(system_error: 0, reason: nil, offset: -1)
    let handle = strata_json_load(place, &failure)
    try self.init(handle: handle, failure: failure, path: file.path, remembersLookups: remembersLookups)
  }

  /// Parses bytes, which are not needed afterwards; `path` is for error messages.
  ///
  /// Throws `JSONError.malformed`.
  public convenience init(bytes: UnsafeRawBufferPointer, path: String) throws(JSONError) {
    var failure = strata_json_failure(system_error: 0, reason: nil, offset: -1)
    let handle = strata_json_parse(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &failure)
    try self.init(handle: handle, failure: failure, path: path)
  }

  /// Parses a text; `path` is for error messages.
  ///
  /// Throws `JSONError.malformed`.
  public convenience init(text: String, path: String = "JSON text") throws(JSONError) {
    var failure = strata_json_failure(system_error: 0, reason: nil, offset: -1)
    let handle = Array(text.utf8).withUnsafeBufferPointer { strata_json_parse($0.baseAddress, $0.count, &failure) }
    try self.init(handle: handle, failure: failure, path: path)
  }

  private init(
    handle: OpaquePointer?, failure: strata_json_failure, path: String, remembersLookups: Bool = false
  ) throws(JSONError) {
    guard let handle, let tape = strata_json_tape(handle), let strings = strata_json_strings(handle) else {
      if failure.system_error != 0 {
        throw .unreadable(path: path, code: failure.system_error)
      }
      let reason = failure.reason.map { String(cString: $0) } ?? "no JSON"
      throw .malformed(path: path, reason: reason, offset: failure.offset < 0 ? nil : Int(failure.offset))
    }
    self.handle = handle
    self.tape = tape
    self.strings = strings
    self.path = path
    // The first word of the tape holds the index of the last.
    lookups = remembersLookups ? JSONLookups(words: Int(tape[0] & 0x00FF_FFFF_FFFF_FFFF) + 1) : nil
  }

  deinit { strata_json_free(handle) }

  /// The top value.
  public var root: JSONValue { JSONValue(document: self, index: 1) }
}

/// A value inside a `JSONDocument`, which it keeps alive.
///
/// Two words; free to copy.
public struct JSONValue: Sendable {
  /// The kinds of value JSON has, numbers split into whole and real ones.
  public enum Kind: String, Sendable {
    /// null.
    case null
    /// true or false.
    case bool
    /// A number without fraction or exponent.
    case integer
    /// Any other number.
    case real
    /// A text.
    case string
    /// A list of values.
    case array
    /// Keys with values.
    case object
  }

  fileprivate let document: JSONDocument
  let index: Int

  fileprivate var word: UInt64 { document.tape[index] }
  var tag: UInt8 { UInt8(truncatingIfNeeded: word >> 56) }
  fileprivate var payload: Int { Int(word & 0x00FF_FFFF_FFFF_FFFF) }

  /// Index of the value after this one; also where a container ends.
  fileprivate var next: Int {
    switch tag {
    case Tag.array, Tag.object: Int(word & 0xFFFF_FFFF)
    case Tag.signed, Tag.unsigned, Tag.real: index + 2
    default: index + 1
    }
  }

  enum Tag {
    static let array = UInt8(ascii: "[")
    static let object = UInt8(ascii: "{")
    static let string = UInt8(ascii: "\"")
    static let signed = UInt8(ascii: "l")
    static let unsigned = UInt8(ascii: "u")
    static let real = UInt8(ascii: "d")
    static let yes = UInt8(ascii: "t")
    static let no = UInt8(ascii: "f")
  }

  /// What kind of value this is.
  public var kind: Kind {
    switch tag {
    case Tag.array: .array
    case Tag.object: .object
    case Tag.string: .string
    case Tag.signed, Tag.unsigned: .integer
    case Tag.real: .real
    case Tag.yes, Tag.no: .bool
    default: .null
    }
  }

  /// Whether this is `null`.
  public var isNull: Bool { kind == .null }

  /// The UTF-8 of a string without its escapes, nil for other kinds.
  ///
  /// Valid as long as the document lives.
  public var utf8: UnsafeRawBufferPointer? {
    guard tag == Tag.string else { return nil }
    let start = UnsafeRawPointer(document.strings + payload)
    let count = Int(start.loadUnaligned(as: UInt32.self))
    return UnsafeRawBufferPointer(start: start + 4, count: count)
  }

  /// A string, nil for other kinds.
  public var string: String? { utf8.map { String(decoding: $0, as: UTF8.self) } }

  /// A whole number that fits `Int`, nil for other values.
  public var integer: Int? {
    switch tag {
    case Tag.signed: Int(Int64(bitPattern: document.tape[index + 1]))
    case Tag.unsigned: Int(exactly: document.tape[index + 1])
    default: nil
    }
  }

  /// A whole number from 0 to 2^64 - 1, nil for other values.
  var unsigned: UInt64? { tag == Tag.unsigned ? document.tape[index + 1] : integer.flatMap(UInt64.init(exactly:)) }

  /// Any number, nil for other kinds.
  public var real: Double? {
    switch tag {
    case Tag.real: Double(bitPattern: document.tape[index + 1])
    case Tag.signed: Double(Int64(bitPattern: document.tape[index + 1]))
    case Tag.unsigned: Double(document.tape[index + 1])
    default: nil
    }
  }

  /// A truth value, nil for other kinds.
  public var bool: Bool? { tag == Tag.yes ? true : tag == Tag.no ? false : nil }

  /// The values of an array, nil for other kinds.
  public var elements: JSONElements? { kind == .array ? JSONElements(array: self) : nil }

  /// The keys and values of an object in the order of the file, nil for other kinds.
  ///
  /// All members then count as looked up.
  public var members: JSONMembers? {
    document.lookups?.markWhole(index)
    return unmarkedMembers
  }

  /// The same without counting as looked up, for descriptions and searches.
  package var unmarkedMembers: JSONMembers? { kind == .object ? JSONMembers(object: self) : nil }

  /// Whether a reader looked up this member of an object by its key; false if look-ups are not recorded.
  package var wasLookedUp: Bool { document.lookups?.contains(index) ?? false }

  /// Whether a reader went through all members of this object.
  package var wasTakenWhole: Bool { document.lookups?.containsWhole(index) ?? false }

  /// How many elements or members an array or object has, nil for other kinds.
  public var count: Int? {
    guard tag == Tag.array || tag == Tag.object else { return nil }
    let stored = Int((word >> 32) & 0xFF_FFFF)
    if stored < 0xFF_FFFF { return stored }
    // simdjson stops counting there.
    return elements?.reduce(0) { count, _ in count + 1 } ?? unmarkedMembers?.reduce(0) { count, _ in count + 1 }
  }

  /// The value of a key of an object, nil when it is absent or this is no object.
  ///
  /// Of a repeated key the last value, as in Python and Rust's serde. Takes time linear in the number of members.
  public subscript(key: String) -> JSONValue? {
    guard let members = unmarkedMembers else { return nil }
    var key = key
    let found = key.withUTF8 { wanted in
      var found: JSONValue?
      for member in members where member.keyUTF8.elementsEqual(wanted) { found = member.value }
      return found
    }
    if let found { document.lookups?.mark(found.index) }
    return found
  }

  /// Where this value is in its document, like `model.vocab[3]`; empty for the top value.
  ///
  /// Walks the document.
  public var location: String {
    var at = document.root
    var location = ""
    descent: while at.index != index {
      if let elements = at.elements {
        for (position, element) in elements.enumerated() where (element.index..<element.next).contains(index) {
          location += "[\(position)]"
          at = element
          continue descent
        }
      } else if let members = at.unmarkedMembers {
        for member in members where (member.value.index..<member.value.next).contains(index) {
          location += location.isEmpty ? member.key : ".\(member.key)"
          at = member.value
          continue descent
        }
      }
      break
    }
    return location
  }

  /// The file or name the document was opened with.
  public var path: String { document.path }
}

/// The values of a JSON array, in order.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
  private let document: JSONDocument
  private var index: Int
  private let end: Int

  fileprivate init(array: JSONValue) {
    document = array.document
    index = array.index + 1
    end = array.next - 1
  }

  /// The next value.
  public mutating func next() -> JSONValue? {
    guard index < end else { return nil }
    let value = JSONValue(document: document, index: index)
    index = value.next
    return value
  }
}

/// The members of a JSON object, in the order of the file.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
  private let document: JSONDocument
  private var index: Int
  private let end: Int

  /// A key with its value.
  public struct Member: Sendable {
    fileprivate let name: JSONValue
    /// The value.
    public let value: JSONValue
    /// The key.
    public var key: String { String(decoding: keyUTF8, as: UTF8.self) }
    /// The UTF-8 of the key; valid as long as the document lives.
    public var keyUTF8: UnsafeRawBufferPointer { name.utf8 ?? UnsafeRawBufferPointer(start: nil, count: 0) }
  }

  fileprivate init(object: JSONValue) {
    document = object.document
    index = object.index + 1
    end = object.next - 1
  }

  /// The next key with its value.
  public mutating func next() -> Member? {
    guard index < end else { return nil }
    let name = JSONValue(document: document, index: index)
    let value = JSONValue(document: document, index: index + 1)
    index = value.next
    return Member(name: name, value: value)
  }
}
