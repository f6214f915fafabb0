import Foundation

/// Reads traces through simdjson, an order of magnitude faster than Foundation's decoder.
///
/// It reads the plain form of this program's own traces. Any other form, valid or not, is left to the decoder, so that
/// accepted inputs, their values and all messages are the decoder's.
enum TraceReader {
  /// The trace, not yet checked; nil when the decoder must read it.
  static func trace(_ data: Data) -> Trace? {
    data.withUnsafeBytes { bytes in
      guard !hasNegativeZero(bytes), let document = try? JSONDocument(bytes: bytes, path: "") else { return nil }
      return try? trace(document.root)
    }
  }

  /// Another form than the plain one.
  private struct Unusual: Error {}

  /// `-0` as a whole number, whose sign simdjson drops; not as an exponent, as in `1e-05`.
  private static func hasNegativeZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var place = 0
    while place + 1 < bytes.count {
      if bytes[place] == UInt8(ascii: "-"), bytes[place + 1] == UInt8(ascii: "0"),
        place + 2 >= bytes.count || !".eE".utf8.contains(bytes[place + 2]),
        place == 0 || !"eE".utf8.contains(bytes[place - 1])
      {
        return true
      }
      place += 1
    }
    return false
  }

  private static func trace(_ root: JSONValue) throws(Unusual) -> Trace {
    let keys = try Members(root)
    guard try keys.string("schema") == Trace.schemaName else { throw Unusual() }
    var trace = Trace(
      model: try model(try keys.value("model")), lens: try lens(try keys.value("lens")),
      prompt: try keys.string("prompt"), promptLength: try keys.integer("prompt_length"),
      method: try method(try keys.value("method")), tokens: try list(try keys.value("tokens"), token),
      rows: try list(try keys.value("rows"), row), columns: try list(try keys.value("columns"), column),
      rank: try ranks(try keys.value("rank")), logprob: try reals(try keys.value("logprob")),
      top: try top(try keys.value("top")), watch: try list(try keys.value("watch"), watch),
      entropy: try reals(try keys.value("entropy")), kl: try reals(try keys.value("kl")),
      texts: try texts(try keys.value("texts")))
    trace.compute = try keys.string("compute")
    return trace
  }

  // MARK: Objects

  private static func model(_ value: JSONValue) throws(Unusual) -> Trace.Model {
    let keys = try Members(value)
    return Trace.Model(
      name: try keys.string("name"), architecture: try keys.string("architecture"), layers: try keys.integer("layers"),
      width: try keys.integer("width"), vocabulary: try keys.integer("vocabulary"),
      padding: try keys.optional("padding", integer), weights: try keys.string("weights"),
      sha256: try keys.string("sha256"), license: try keys.optional("license", string),
      source: try keys.optional("source", string),
      acceptedSettings: try keys.optional("accepted_settings") { list throws(Unusual) in
        try self.list(list) { one throws(Unusual) in
          let keys = try Members(one)
          return Trace.Model.AcceptedSetting(
            name: try keys.string("name"), value: try keys.string("value"), file: try keys.string("file"))
        }
      },
      bos: try keys.optional("bos") { word throws(Unusual) in
        guard let choice = BOSChoice(rawValue: try string(word)) else { throw Unusual() }
        return choice
      },
      adapter: try keys.optional("adapter", adapter))
  }

  private static func adapter(_ value: JSONValue) throws(Unusual) -> Trace.Adapter {
    let keys = try Members(value)
    guard let alpha = try keys.value("alpha").real else { throw Unusual() }
    return Trace.Adapter(
      name: try keys.string("name"), sha256: try keys.string("sha256"), rank: try keys.integer("rank"), alpha: alpha,
      baseModel: try keys.optional("base_model", string), source: try keys.optional("source", string))
  }

  private static func lens(_ value: JSONValue) throws(Unusual) -> Trace.Lens {
    let keys = try Members(value)
    guard let kind = Trace.Lens.Kind(rawValue: try keys.string("kind")),
      let norm = Trace.Lens.Norm(rawValue: try keys.string("norm"))
    else { throw Unusual() }
    return Trace.Lens(
      kind: kind, norm: norm, baseModel: try keys.optional("base_model", string),
      sha256: try keys.optional("sha256", string))
  }

  private static func method(_ value: JSONValue) throws(Unusual) -> Trace.Method {
    let keys = try Members(value)
    if let count = try keys.optional("generate", integer) { return .generate(count) }
    return .continuation(try keys.string("continuation"))
  }

  private static func token(_ value: JSONValue) throws(Unusual) -> Trace.Token {
    let keys = try Members(value)
    return Trace.Token(
      id: try keys.integer("id"), text: try keys.optional("text", string), bytes: try keys.optional("bytes", string))
  }

  private static func row(_ value: JSONValue) throws(Unusual) -> Trace.Row {
    let keys = try Members(value)
    guard let point = Trace.Row.Point(rawValue: try keys.string("point")) else { throw Unusual() }
    return Trace.Row(layer: try keys.integer("layer"), point: point)
  }

  private static func column(_ value: JSONValue) throws(Unusual) -> Trace.Column {
    let keys = try Members(value)
    return Trace.Column(position: try keys.integer("position"), target: try keys.optional("target", integer))
  }

  private static func top(_ value: JSONValue) throws(Unusual) -> Trace.Top {
    let keys = try Members(value)
    func matrices<Value>(
      _ key: String, _ one: (JSONValue) throws(Unusual) -> Value
    ) throws(Unusual) -> [[[Value]]] {
      try list(try keys.value(key)) { row throws(Unusual) in
        try list(row) { cell throws(Unusual) in try list(cell, one) }
      }
    }
    return Trace.Top(
      k: try keys.integer("k"), ids: try matrices("ids", integer), logprobs: try matrices("logprobs", real))
  }

  private static func watch(_ value: JSONValue) throws(Unusual) -> Trace.Watch {
    let keys = try Members(value)
    var watch = Trace.Watch(
      id: 0, text: try keys.string("text"), rank: try ranks(try keys.value("rank")),
      logprob: try reals(try keys.value("logprob")))
    watch.id = try keys.optional("id", integer)
    watch.ids = try keys.optional("ids") { ids throws(Unusual) in try list(ids, integer) }
    watch.texts = try keys.optional("texts") { texts throws(Unusual) in try list(texts, text) }
    watch.firstOf = try keys.optional("first_of") { words throws(Unusual) in
      try list(words) { member throws(Unusual) in try list(member, string) }
    }
    return watch
  }

  private static func texts(_ value: JSONValue) throws(Unusual) -> [Int: Trace.TokenText] {
    guard let members = value.members else { throw Unusual() }
    var texts: [Int: Trace.TokenText] = [:]
    for member in members {
      guard let id = Int(member.key), texts.updateValue(try text(member.value), forKey: id) == nil else {
        throw Unusual()
      }
    }
    return texts
  }

  private static func text(_ value: JSONValue) throws(Unusual) -> Trace.TokenText {
    if let text = value.string { return .text(text) }
    return .bytes(try Members(value).string("bytes"))
  }

  // MARK: Matrices and numbers

  private static func ranks(_ value: JSONValue) throws(Unusual) -> [[Int?]] {
    try list(value) { row throws(Unusual) in
      try list(row) { one throws(Unusual) -> Int? in one.isNull ? nil : try integer(one) }
    }
  }

  private static func reals(_ value: JSONValue) throws(Unusual) -> [[Float?]] {
    try list(value) { row throws(Unusual) in
      try list(row) { one throws(Unusual) -> Float? in one.isNull ? nil : try real(one) }
    }
  }

  private static func list<Value>(
    _ value: JSONValue, _ one: (JSONValue) throws(Unusual) -> Value
  ) throws(Unusual) -> [Value] {
    guard let elements = value.elements else { throw Unusual() }
    var values: [Value] = []
    values.reserveCapacity(value.count ?? 0)
    for element in elements { values.append(try one(element)) }
    return values
  }

  private static func integer(_ value: JSONValue) throws(Unusual) -> Int {
    guard let integer = value.integer else { throw Unusual() }
    return integer
  }

  /// The nearest float32 to the written number, if the nearest float64 rounds to it.
  private static func real(_ value: JSONValue) throws(Unusual) -> Float {
    guard let wide = value.real else { throw Unusual() }
    if wide == 0 { return Float(wide) }
    // Halfway between two float32 numbers the lost digits decide; subnormal numbers have more such places.
    let isHalfway = wide.bitPattern & 0x1FFF_FFFF == 0x1000_0000
    guard !isHalfway, abs(wide) >= Double(Float.leastNormalMagnitude), abs(wide) < 0x1p53 else { throw Unusual() }
    return Float(wide)
  }

  private static func string(_ value: JSONValue) throws(Unusual) -> String {
    guard let string = value.string else { throw Unusual() }
    return string
  }

  /// The members of an object none of whose keys is repeated.
  private struct Members {
    private var values: [String: JSONValue] = [:]

    init(_ object: JSONValue) throws(Unusual) {
      guard let members = object.members else { throw Unusual() }
      for member in members {
        guard values.updateValue(member.value, forKey: member.key) == nil else { throw Unusual() }
      }
    }

    func value(_ key: String) throws(Unusual) -> JSONValue {
      guard let value = values[key] else { throw Unusual() }
      return value
    }

    func string(_ key: String) throws(Unusual) -> String { try TraceReader.string(try value(key)) }

    func integer(_ key: String) throws(Unusual) -> Int { try TraceReader.integer(try value(key)) }

    /// nil for a key that is absent or null.
    func optional<Value>(
      _ key: String, _ read: (JSONValue) throws(Unusual) -> Value
    ) throws(Unusual) -> Value? {
      guard let value = values[key], !value.isNull else { return nil }
      return try read(value)
    }
  }
}
