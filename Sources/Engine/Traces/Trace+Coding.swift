/// Traces are read by `FieldReader`; a gallery's manifest, which has the method too, is decodable.
extension Trace.Method: Codable {
  private enum Keys: String, CodingKey { case generate, decoding, continuation, sample }

  /// Reads one of its forms.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    if let count = try container.decodeIfPresent(Int.self, forKey: .generate) {
      let sampling = try container.decodeIfPresent(Sampling.self, forKey: .sample)
      self = sampling.map { .sample(count, $0) } ?? .generate(count)
    } else {
      self = .continuation(try container.decode(String.self, forKey: .continuation))
    }
  }

  /// Writes one of its forms.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    switch self {
    case .generate(let count):
      try container.encode(count, forKey: .generate)
      try container.encode("greedy", forKey: .decoding)
    case .sample(let count, let sampling):
      try container.encode(count, forKey: .generate)
      try container.encode("sample", forKey: .decoding)
      try container.encode(sampling, forKey: .sample)
    case .continuation(let text):
      try container.encode(text, forKey: .continuation)
    }
  }
}

extension Trace.TokenText: Encodable {
  private enum Keys: String, CodingKey { case bytes }

  /// Writes one of its forms.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .text(let text):
      var container = encoder.singleValueContainer()
      try container.encode(text)
    case .bytes(let hex):
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(hex, forKey: .bytes)
    }
  }
}
