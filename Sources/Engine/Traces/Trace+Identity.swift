/// What a trace says of its origin: digests, names, and where the prompt ends.
extension Trace {
  /// A value that cannot be right, by its key, and why.
  package typealias Fault = (key: String, reason: String)

  /// Digests that are none, names with characters that cannot be seen, a precision without a name, and a `prompt_length` that the tokens
  /// contradict.
  package func identityFaults() -> [Fault] {
    var faults = model.identityFaults() + lens.identityFaults()
    if let template = chat?.template {
      faults += Trace.digestFault("chat.template.sha256", template.sha256)
      faults += Trace.nameFault("chat.template.name", template.name)
    }
    faults += Trace.computeFault(compute)
    if let reason = promptFault() { faults.append(("prompt_length", reason)) }
    return faults
  }

  /// Why the prompt cannot have so many tokens; nil where it can.
  private func promptFault() -> String? {
    let more = tokens.count - promptLength
    if masks != nil { return more == 0 ? nil : "\(promptLength), expected \(tokens.count), all tokens of the text" }
    switch method {
    case .generate(let count), .sample(let count, _):
      // A text that ends early has fewer tokens than were asked for, the end of it among them.
      guard count == 0 ? more != 0 : !(1...count).contains(more) else { return nil }
      let least = tokens.count - count
      return count < 2
        ? "\(promptLength), expected \(least): \(count) of the \(tokens.count) tokens were generated"
        : "\(promptLength), expected \(least) to \(tokens.count - 1): at most \(count) of the \(tokens.count) tokens were generated"
    case .continuation(let text):
      if text.isEmpty != (more == 0) {
        return
          "\(promptLength) of \(tokens.count) tokens, expected \(text.isEmpty ? "all" : "fewer"), as 'method.continuation' says"
      }
      guard !isText(text, from: promptLength), let start = tokens.indices.first(where: { isText(text, from: $0) })
      else {
        return nil
      }
      return "\(promptLength), expected \(start): the tokens from there on are 'method.continuation'"
    }
  }

  /// Whether the tokens from one on spell a text to the byte.
  private func isText(_ text: String, from start: Int) -> Bool {
    var left = Substring(text).utf8
    for token in tokens[start...] {
      guard let own = token.text, left.starts(with: own.utf8) else { return false }
      left = left.dropFirst(own.utf8.count)
    }
    return left.isEmpty
  }

  /// The fault of a digest; none for 64 hexadecimal digits.
  static func digestFault(_ key: String, _ digest: String?) -> [Fault] {
    guard let digest, digest.utf8.count != 64 || !digest.allSatisfy(\.isHexDigit) else { return [] }
    return [(key, "'\(MessageText.short(digest, most: 100))', expected 64 hexadecimal digits")]
  }

  /// The fault of a name that is shown; none for a text of characters that can be seen.
  static func nameFault(_ key: String, _ name: String?) -> [Fault] {
    guard let found = name?.unicodeScalars.first(where: isUnseen) else { return [] }
    return [(key, "a name with \(Hex.codePoint(found)), expected one without control characters")]
  }

  /// The fault of a precision's name; none for a short name such as "f32".
  package static func computeFault(_ compute: String) -> [Fault] {
    func isOfName(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", " ": true
      default: false
      }
    }
    let scalars = compute.unicodeScalars
    guard scalars.count > 40 || scalars.allSatisfy({ $0 == " " }) || !scalars.allSatisfy(isOfName) else { return [] }
    return [
      (
        "compute",
        "'\(short(compute))', expected a name such as 'f32': letters, digits, '_', '-', '.' and spaces, at most 40 characters"
      )
    ]
  }

  /// Control characters, separators of lines, and marks that turn the direction of a text.
  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
  }
}

extension Trace.Model {
  /// The same of the model alone.
  package func identityFaults() -> [Trace.Fault] {
    var faults = Trace.digestFault("model.sha256", sha256)
    if name.isEmpty { faults.append(("model.name", "no characters, expected a name")) }
    let names = [
      ("name", name), ("architecture", architecture), ("weights", weights), ("license", license), ("source", source),
    ]
    for (key, text) in names { faults += Trace.nameFault("model.\(key)", text) }
    if let adapter {
      faults += Trace.digestFault("model.adapter.sha256", adapter.sha256)
      let names = [("name", adapter.name), ("base_model", adapter.baseModel), ("source", adapter.source)]
      for (key, text) in names { faults += Trace.nameFault("model.adapter.\(key)", text) }
    }
    return faults
  }
}

extension Trace.Lens {
  /// The same of the lens.
  package func identityFaults() -> [Trace.Fault] {
    Trace.digestFault("lens.sha256", sha256) + Trace.nameFault("lens.base_model", baseModel)
  }
}
