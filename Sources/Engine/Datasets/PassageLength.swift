import Traces

/// How long passages of a corpus may be for a model that takes no longer texts.
struct PassageLength {
  let model: LanguageModel

  /// The shortest passages that can be asked for, in characters.
  private static let least = 100

  /// What to do about texts that are too long; `passage` is the length into which a file was cut, nil for texts of a column.
  ///
  /// - Throws: A tokenizer's error.
  func hint(_ request: DatasetRequest) throws -> String {
    let name = model.identity.name
    let longest = Self.rounded(try longest(request.items.map(\.prompt)))
    guard request.passage != nil else {
      return
        "texts of \(max(1, longest)) characters in the dataset '\(request.name)' fit \(name): shorten this one, or cut it"
    }
    guard longest >= Self.least else {
      return
        "no passages fit \(name): the shortest have \(Self.least) characters, and of '\(request.name)' \(max(1, longest)) would fit; "
        + "take a model that reads longer texts"
    }
    return "cut '\(request.name)' into passages that fit \(name): passage: \(longest) (--passage \(longest))"
  }

  /// The most characters of any piece of some texts, one after another, that is no more tokens than the model takes.
  private func longest(_ texts: [String]) throws -> Int {
    let tokenizer = model.tokenizer
    let added =
      try tokenizer.encode("a", addSpecialTokens: true).count - tokenizer.encode("a", addSpecialTokens: false).count
    // A piece has some more tokens than the text around it has in its place: words at its ends are cut in other ways.
    let tokens = model.context - added - max(4, model.context / 50)
    guard tokens > 2 else { return 0 }
    // ends[i] are the characters before token i.
    var ends = [0.0]
    for text in texts {
      let ids = try tokenizer.encode(text, addSpecialTokens: false)
      let lengths = ids.map { (tokenizer.bytes(of: $0) ?? []).reduce(0.0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
      // A tokenizer may change letters, or not know them.
      let sum = lengths.reduce(0, +)
      let scale = sum > 0 ? Double(text.unicodeScalars.count) / sum : 1
      var end = ends[ends.count - 1]
      for length in lengths {
        end += length * scale
        ends.append(end)
      }
      // What stands between two texts.
      ends.append(end + 1)
    }
    // Of one token more than fits, the first and the last may lie in a piece with one character each.
    var least = Double.infinity
    for first in ends.indices.dropLast(tokens + 1) { least = min(least, ends[first + tokens] - ends[first + 1]) }
    return least.isFinite ? Int(least) + 1 : Int(ends[ends.count - 1])
  }

  /// Two digits and zeros, not more than the number.
  private static func rounded(_ length: Int) -> Int {
    var unit = 1
    while length / unit >= 100 { unit *= 10 }
    return length / unit * unit
  }
}
