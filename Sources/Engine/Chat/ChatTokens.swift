import Traces

/// The tokens of a rendered conversation and their roles.
struct ChatTokens {
  /// The whole prompt.
  var ids: [Int]
  /// The conversation with its spans.
  var conversation: Conversation

  /// Tokenizes a rendered text as transformers does after `apply_chat_template`: special tokens in it become their ids, and nothing is
  /// put before or behind it.
  ///
  /// Only the user's own choice about BOS adds one or takes it away; it is never doubled.
  init(_ text: String, _ chat: RenderedChat, tokenizer: any Tokenizer, bos: BOSChoice) throws {
    var ids = try tokenizer.encode(text, addSpecialTokens: false)
    conversation = chat.conversation
    var spans = ChatTokens.spans(
      chat.parts, ranges: ByteAlignment(pieces: ids.map { tokenizer.bytes(of: $0) ?? [] }, text: Array(text.utf8)))
    if bos == .yes, let token = tokenizer.bos, ids.first != token {
      ids.insert(token, at: 0)
      for index in spans.indices { spans[index].first += 1 }
      if !spans.isEmpty { spans.insert(.init(role: nil, first: 0, count: 1, template: true), at: 0) }
    } else if bos == .no, let token = tokenizer.bos, ids.first == token {
      ids.removeFirst()
      if let first = spans.first { if first.count == 1 { spans.removeFirst() } else { spans[0].count -= 1 } }
      for index in spans.indices where spans[index].first > 0 { spans[index].first -= 1 }
    }
    self.ids = ids
    conversation.spans = spans
  }

  /// Runs of tokens with the same role and origin; none where the parts of the text, or the bytes of the tokens, are not known.
  ///
  /// A token is content if it stands for any byte of a message's content, and else the template's.
  private static func spans(_ parts: [RenderedChat.Part], ranges: ByteAlignment) -> [Conversation.Span] {
    guard !parts.isEmpty, let ranges = ranges.ranges else { return [] }
    var ends: [Int] = []
    for part in parts { ends.append((ends.last ?? 0) + part.bytes) }
    var spans: [Conversation.Span] = []
    var last = -1
    var at = 0
    for (token, range) in ranges.enumerated() {
      while at < parts.count - 1, ends[at] <= range.lowerBound { at += 1 }
      var own = at
      if parts[own].template {
        var next = at
        while next < parts.count, ends[next] - parts[next].bytes < max(range.upperBound, range.lowerBound + 1) {
          if !parts[next].template, parts[next].bytes > 0 {
            own = next
            break
          }
          next += 1
        }
      }
      if own == last {
        spans[spans.count - 1].count += 1
      } else {
        let part = parts[own]
        spans.append(
          .init(role: part.role, message: part.message, first: token, count: 1, template: part.template))
      }
      last = own
    }
    return spans
  }
}

/// Which bytes of a text each of its tokens stands for.
///
/// Most tokens spell the text; where a tokenizer changed it (a space put before it, white space taken by a token beside it, characters
/// composed or unknown), the longest common subsequence of both decides.
struct ByteAlignment {
  /// In the order of the tokens; a token that stands for nothing has an empty range.
  ///
  /// nil when text and tokens differ too much.
  var ranges: [Range<Int>]?

  /// The most bytes, after equal beginnings and ends, that are compared.
  private static let most = 1 << 15

  init(pieces: [[UInt8]], text: [UInt8]) {
    let spelled = Array(pieces.joined())
    guard let places = Self.places(of: spelled, in: text) else { return }
    var found: [Range<Int>?] = []
    var from = 0
    for piece in pieces {
      let own = places[from..<(from + piece.count)].compactMap(\.self)
      from += piece.count
      found.append(own.first.flatMap { first in own.last.map { first..<($0 + 1) } })
    }
    // A token that spells nothing of the text stands for what its neighbours leave.
    var next = text.count
    var starts = [Int](repeating: next, count: found.count)
    for index in found.indices.reversed() {
      starts[index] = next
      if let range = found[index] { next = range.lowerBound }
    }
    var end = 0
    ranges = found.enumerated().map { index, range in
      let own = range ?? end..<max(end, starts[index])
      end = own.upperBound
      return own
    }
  }

  /// For every byte of the spelled tokens its place in the text; nil for a byte that the text does not have.
  private static func places(of spelled: [UInt8], in text: [UInt8]) -> [Int?]? {
    if spelled == text { return Array(0..<text.count) }
    var start = 0
    while start < min(spelled.count, text.count), spelled[start] == text[start] { start += 1 }
    var end = 0
    while end < min(spelled.count, text.count) - start,
      spelled[spelled.count - 1 - end] == text[text.count - 1 - end]
    {
      end += 1
    }
    let (own, other) = (spelled[start..<(spelled.count - end)], text[start..<(text.count - end)])
    guard max(own.count, other.count) <= most,
      let changed = CommonBytes.places(of: Array(own), in: Array(other))
    else { return nil }
    let places: [Int?] = Array(0..<start) + changed.map { $0.map { start + $0 } }
    return places + ((text.count - end)..<text.count).map { $0 }
  }
}
