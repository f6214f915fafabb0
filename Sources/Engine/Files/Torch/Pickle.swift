// Python's pickle protocol, as its pickletools module documents it. A pickle is a program; this reader runs only the part of
// the language that builds values, and the three calls that make PyTorch's tensors. Anything else is an error.

/// A value of a pickle.
///
/// Nested values are released recursively, so tuples have a depth limit, and the pickle keeps lists and dictionaries, which
/// can be filled in any order.
indirect enum PickleValue {
  case none
  case flag(Bool)
  case integer(Int)
  /// A whole number beyond 64 bits, as its little-endian bytes.
  case large([UInt8])
  case real(Double)
  case text(String)
  case tuple([PickleValue], depth: Int)
  case list(Box<[PickleValue]>)
  case dictionary(Box<[(key: PickleValue, value: PickleValue)]>)
  /// A class or function by name; never looked up.
  case global(String)
  /// An object outside the pickle: PyTorch's storages.
  case external([PickleValue], depth: Int)
  case tensor(TorchTensor)

  /// A container that is filled after it was stored under a number.
  final class Box<Content> {
    var content: Content
    init(_ content: Content) { self.content = content }
  }

  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
  var tuple: [PickleValue]? { if case .tuple(let value, _) = self { value } else { nil } }

  /// Depth of nested tuples; lists and dictionaries do not count.
  fileprivate var depth: Int {
    switch self {
    case .tuple(_, let depth), .external(_, let depth): depth
    default: 0
    }
  }
}

/// The value of a pickle, with every list and dictionary in it.
final class Pickle {
  let root: PickleValue
  private let containers: PickleContainers

  fileprivate init(_ root: PickleValue, _ containers: PickleContainers) {
    (self.root, self.containers) = (root, containers)
  }
}

/// Keeps lists and dictionaries and empties them one by one at the end: they may be nested a million levels deep, or
/// contain themselves.
private final class PickleContainers {
  private var lists: [PickleValue.Box<[PickleValue]>] = []
  private var dictionaries: [PickleValue.Box<[(key: PickleValue, value: PickleValue)]>] = []

  func list() -> PickleValue {
    let box = PickleValue.Box<[PickleValue]>([])
    lists.append(box)
    return .list(box)
  }

  func dictionary(of entries: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
    let box = PickleValue.Box(entries)
    dictionaries.append(box)
    return .dictionary(box)
  }

  deinit {
    for box in lists { box.content = [] }
    for box in dictionaries { box.content = [] }
  }
}

/// A pickle's description of a tensor: storage, offset, strides.
struct TorchTensor {
  /// Name of the storage's class: "torch.FloatStorage".
  var type: String
  /// Name of the archive's entry that holds the values.
  var storage: String
  /// In values.
  var offset: Int
  var shape: [Int]
  var strides: [Int]
}

/// Builds the value of a pickle without running any code.
struct PickleReader {
  private let path: String
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private let containers = PickleContainers()
  private var instructions = 0
  private var value = PickleValue.none
  /// The classes of the storages it mentions, by their keys.
  private(set) var storageTypes: [String: String] = [:]

  /// The most instructions of a pickle; a tensor takes about thirty.
  private static let mostInstructions = 1 << 22
  /// The deepest nesting of tuples; tensors need three.
  private static let deepest = 64

  /// Runs the pickle at `start`, and moves `start` past its end; `path` is for messages.
  ///
  /// - Throws: `TorchError.forbidden` for anything that would call code, `TorchError.badPickle` for damage.
  init(running bytes: UnsafeRawBufferPointer, from start: inout Int, path: String) throws(TorchError) {
    self.bytes = bytes
    self.path = path
    offset = start
    var code = UInt8(try number(1))
    while code != UInt8(ascii: ".") {
      instructions += 1
      guard instructions <= PickleReader.mostInstructions else {
        throw bad("more than \(PickleReader.mostInstructions) instructions")
      }
      try run(code)
      code = UInt8(try number(1))
    }
    value = try pop()
    start = offset
  }

  /// The value of the pickle.
  var result: Pickle { Pickle(value, containers) }

  /// The value of a pickle.
  ///
  /// - Throws: `TorchError.forbidden` for anything that would call code, `TorchError.badPickle` for damage.
  static func value(_ bytes: UnsafeRawBufferPointer, path: String) throws(TorchError) -> Pickle {
    var start = 0
    return try PickleReader(running: bytes, from: &start, path: path).result
  }

  private mutating func run(_ code: UInt8) throws(TorchError) {
    switch code {
    case 0x80: _ = try number(1)  // PROTO
    case 0x95: _ = try number(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.flag(true))
    case 0x89: stack.append(.flag(false))
    case UInt8(ascii: "K"): stack.append(.integer(try number(1)))
    case UInt8(ascii: "M"): stack.append(.integer(try number(2)))
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
    case 0x8A: stack.append(try long(try number(1)))
    case UInt8(ascii: "G"):
      stack.append(.real(Double(bitPattern: UInt64(bitPattern: Int64(try number(8))).byteSwapped)))
    case UInt8(ascii: "X"): stack.append(.text(try text(try number(4))))
    // Strings of Python 2.
    case UInt8(ascii: "U"): stack.append(.text(try text(try number(1))))
    case UInt8(ascii: "T"): stack.append(.text(try text(try number(4))))
    case 0x8C: stack.append(.text(try text(try number(1))))
    case UInt8(ascii: "c"): stack.append(.global(try line() + "." + (try line())))
    case 0x93: try stackGlobal()
    case UInt8(ascii: ")"): stack.append(.tuple([], depth: 1))
    case UInt8(ascii: "t"): stack.append(try tuple(try popMark()))
    case 0x85, 0x86, 0x87: stack.append(try tuple(try pop(Int(code) - 0x84)))
    case UInt8(ascii: "]"): stack.append(containers.list())
    case UInt8(ascii: "}"): stack.append(containers.dictionary())
    case UInt8(ascii: "a"): try append(try pop(1))
    case UInt8(ascii: "e"): try append(try popMark())
    case UInt8(ascii: "s"): try set(try pop(2))
    case UInt8(ascii: "u"): try set(try popMark())
    case UInt8(ascii: "q"): memo[try number(1)] = try top()
    case UInt8(ascii: "r"): memo[try number(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(try number(1))
    case UInt8(ascii: "j"): try recall(try number(4))
    case UInt8(ascii: "Q"): try external()
    case UInt8(ascii: "R"): try call()
    case UInt8(ascii: "b"): try build()
    default: throw bad("the instruction 0x\(String(code, radix: 16)) is not one that tensors are made of")
    }
  }

  private func tuple(_ values: [PickleValue]) throws(TorchError) -> PickleValue {
    let depth = 1 + (values.map(\.depth).max() ?? 0)
    guard depth <= PickleReader.deepest else {
      throw bad("tuples nested more than \(PickleReader.deepest) levels deep")
    }
    return .tuple(values, depth: depth)
  }

  /// The calls that make a state dictionary.
  private mutating func call() throws(TorchError) {
    guard case .tuple(let arguments, _) = try pop(), case .global(let name) = try pop() else {
      throw bad("a call without a function and its arguments")
    }
    switch name {
    case "collections.OrderedDict" where arguments.count <= 1:
      stack.append(containers.dictionary(of: try pairs(arguments.first)))
    case "torch._utils._rebuild_tensor_v2": stack.append(.tensor(try tensor(arguments)))
    case "torch._utils._rebuild_parameter":
      guard let first = arguments.first, case .tensor = first else { throw bad("a parameter that is not a tensor") }
      stack.append(first)
    default: throw .forbidden(path: path, name: name)
    }
  }

  /// The initial entries of an ordered dictionary, which Python 2 wrote as a list of pairs.
  private func pairs(_ list: PickleValue?) throws(TorchError) -> [(key: PickleValue, value: PickleValue)] {
    guard let list else { return [] }
    guard case .list(let box) = list else { throw bad("a dictionary made of something other than a list") }
    var entries: [(key: PickleValue, value: PickleValue)] = []
    for pair in box.content {
      var parts = pair.tuple
      if case .list(let inner) = pair { parts = inner.content }
      guard let parts, parts.count == 2 else { throw bad("an entry of a dictionary that is not a pair") }
      entries.append((parts[0], parts[1]))
    }
    return entries
  }

  /// A storage: its class and key are recorded, for files that keep nothing else of it.
  private mutating func external() throws(TorchError) {
    let value = try pop()
    let parts = value.tuple ?? []
    if parts.count >= 3, case .global(let type) = parts[1], let key = parts[2].text { storageTypes[key] = type }
    // It replaces the tuple, with the same depth.
    stack.append(.external(parts, depth: value.depth))
  }

  private func tensor(_ arguments: [PickleValue]) throws(TorchError) -> TorchTensor {
    guard arguments.count >= 4, case .external(let storage, _) = arguments[0], storage.count >= 3,
      storage[0].text == "storage", case .global(let type) = storage[1], let key = storage[2].text,
      let offset = arguments[1].integer, let shape = arguments[2].tuple, let strides = arguments[3].tuple
    else { throw bad("a tensor with an unknown description") }
    return TorchTensor(
      type: type, storage: key, offset: offset, shape: shape.compactMap(\.integer),
      strides: strides.compactMap(\.integer))
  }

  /// The state of an ordered dictionary holds only version numbers of modules, which are not needed.
  private mutating func build() throws(TorchError) {
    _ = try pop()
    guard case .dictionary = try top() else { throw bad("a state for something other than a dictionary") }
  }

  private mutating func append(_ values: [PickleValue]) throws(TorchError) {
    guard case .list(let box) = try top() else { throw bad("an element for something other than a list") }
    box.content += values
  }

  private mutating func set(_ values: [PickleValue]) throws(TorchError) {
    guard case .dictionary(let box) = try top(), values.count % 2 == 0 else {
      throw bad("an entry for something other than a dictionary")
    }
    for i in stride(from: 0, to: values.count, by: 2) { box.content.append((values[i], values[i + 1])) }
  }

  private mutating func stackGlobal() throws(TorchError) {
    let names = try pop(2)
    guard let module = names[0].text, let name = names[1].text else { throw bad("a name that is not text") }
    stack.append(.global(module + "." + name))
  }

  private mutating func recall(_ index: Int) throws(TorchError) {
    guard let value = memo[index] else { throw bad("the value \(index) was never stored") }
    stack.append(value)
  }

  private func top() throws(TorchError) -> PickleValue {
    guard let value = stack.last else { throw bad("a value is missing") }
    return value
  }

  private mutating func pop() throws(TorchError) -> PickleValue { try pop(1)[0] }

  private mutating func pop(_ count: Int) throws(TorchError) -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else { throw bad("a value is missing") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(TorchError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw bad("a mark is missing") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  /// A little-endian number of the given bytes, not negative below eight.
  private mutating func number(_ count: Int) throws(TorchError) -> Int {
    let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(bitPattern: UInt(value))
  }

  /// A little-endian two's complement number.
  private mutating func long(_ count: Int) throws(TorchError) -> PickleValue {
    guard count <= 8 else { return .large(Array(try take(count))) }
    guard count > 0 else { return .integer(0) }
    let unused = 64 - 8 * count
    return .integer((try number(count) << unused) >> unused)
  }

  private mutating func text(_ count: Int) throws(TorchError) -> String {
    let start = offset
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw .badPickle(path: path, offset: start, reason: "text that is not UTF-8")
    }
    return text
  }

  /// The text up to the end of the line.
  private mutating func line() throws(TorchError) -> String {
    guard let end = bytes[offset...].firstIndex(of: 0x0A) else { throw bad("a line without an end") }
    let text = String(decoding: bytes[offset..<end], as: UTF8.self)
    offset = end + 1
    return text
  }

  private mutating func take(_ count: Int) throws(TorchError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - offset else { throw bad("it ends early") }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  private func bad(_ reason: String) -> TorchError { .badPickle(path: path, offset: offset, reason: reason) }
}
