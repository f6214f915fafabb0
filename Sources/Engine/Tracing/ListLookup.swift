/// Proposes the tokens between the entries of a list: line breaks, bullets, and continued numbers.
///
/// A text is read as a sequence of items in which all words are equal. If its end has occurred before in that reading, the
/// tokens that followed are proposed up to the next words, with numbers advanced by their last step: "\n4." follows
/// "3. Bulgaria" if "\n3." followed "2. Belgium".
final class ListLookup {
  /// The number of tokens read at the end of a text.
  private static let window = 256
  /// The least number of equal items, and the most that are compared.
  private static let matched = 2...8

  /// A token's part in a text.
  private enum Kind {
    case digits(prefix: String, digits: String)
    case word
    case mark(breaksLine: Bool)
  }

  /// An item of a text.
  private enum Item {
    case number(Number)
    case word
    case mark(id: Int, breaksLine: Bool)

    /// Whether two items are equal for a list.
    func isLike(_ other: Item) -> Bool {
      switch (self, other) {
      case (.number, .number), (.word, .word): true
      case (.mark(let own, _), .mark(let id, _)): own == id
      default: false
      }
    }
  }

  /// A number, with the space before it if its first token has one.
  private struct Number {
    var prefix: String
    var digits: String
  }

  private let tokenizer: any Tokenizer
  private let words: WordTokens
  /// V, rows of the model: larger ids have no row.
  private let rows: Int
  private var kinds: [Int: Kind] = [:]
  private var spelled: [String: [Int]] = [:]

  /// A look-up in texts of this model.
  init(_ model: LanguageModel) {
    tokenizer = model.tokenizer
    rows = model.vocabulary
    words = WordTokens(tokenizer: model.tokenizer, model: model.identity.name)
  }

  /// Ids that may follow `ids`, at most `count`; empty if the text is not a list.
  func draft(after ids: [Int], count: Int) -> [Int] {
    var items = read(ids.suffix(Self.window))
    // A number at the end may be incomplete: it is proposed again, without its existing tokens.
    var begun: Number?
    if case .number(let number)? = items.last {
      begun = number
      items.removeLast()
    }
    guard let period = period(of: items) else { return [] }
    var draft: [Int] = []
    var isList = false
    while draft.count < count {
      switch items[items.count - period] {
      case .word: return isList ? draft : []
      case .mark(let id, let breaksLine):
        guard begun == nil else { return [] }
        isList = isList || breaksLine
        draft.append(id)
        items.append(items[items.count - period])
      case .number(let template):
        guard let next = next(template, items, period: period), let rest = rest(of: next, begun: begun) else {
          return isList ? draft : []
        }
        begun = nil
        isList = true
        draft += rest
        items.append(.number(next))
      }
    }
    return isList ? Array(draft.prefix(count)) : []
  }

  /// The number of items since the text last ended like this; nil if it never did.
  private func period(of items: [Item]) -> Int? {
    var best = (length: Self.matched.lowerBound - 1, end: 0)
    for end in stride(from: items.count - 1, to: 0, by: -1) {
      var length = 0
      while length < min(Self.matched.upperBound, end), items[end - 1 - length].isLike(items[items.count - 1 - length])
      {
        length += 1
      }
      if length > best.length { best = (length, end) }
      if length == Self.matched.upperBound { break }
    }
    return best.end > 0 ? items.count - best.end : nil
  }

  /// The number one period after `template`, with the same step as in the period before.
  private func next(_ template: Number, _ items: [Item], period: Int) -> Number? {
    let earlier = items.count - 2 * period
    guard earlier >= 0, case .number(let before) = items[earlier], let last = Int(template.digits),
      let first = Int(before.digits), 2 * last - first >= 0
    else { return nil }
    return Number(prefix: template.prefix, digits: String(2 * last - first))
  }

  /// Ids of a number without its existing tokens; nil if those differ.
  private func rest(of number: Number, begun: Number?) -> [Int]? {
    let whole = ids(of: number)
    guard let begun else { return whole.isEmpty ? nil : whole }
    let there = ids(of: begun)
    guard begun.prefix == number.prefix, whole.starts(with: there) else { return nil }
    return Array(whole.dropFirst(there.count))
  }

  /// The tokens of a number in the middle of a text; empty if it cannot be written.
  private func ids(of number: Number) -> [Int] {
    let text = number.prefix + number.digits
    if let known = spelled[text] { return known }
    var ids = (try? words.pieces(of: text)) ?? []
    if ids.contains(where: { $0 >= rows }) { ids = [] }
    spelled[text] = ids
    return ids
  }

  private func read(_ ids: ArraySlice<Int>) -> [Item] {
    var items: [Item] = []
    for id in ids {
      switch (kind(of: id), items.last) {
      case (.digits(let prefix, let digits), .number(let number)?)
      where prefix.isEmpty && number.digits.count + digits.count <= 9:
        items[items.count - 1] = .number(Number(prefix: number.prefix, digits: number.digits + digits))
      case (.digits(let prefix, let digits), _): items.append(.number(Number(prefix: prefix, digits: digits)))
      case (.word, .word?): break
      case (.word, _): items.append(.word)
      case (.mark(let breaksLine), _): items.append(.mark(id: id, breaksLine: breaksLine))
      }
    }
    return items
  }

  private func kind(of id: Int) -> Kind {
    if let known = kinds[id] { return known }
    let kind = Self.kind(of: tokenizer.text(of: id))
    kinds[id] = kind
    return kind
  }

  private static func kind(of text: String?) -> Kind {
    guard let text else { return .word }
    let prefix = text.prefix { $0 == " " }
    let rest = text.dropFirst(prefix.count)
    if (1...9).contains(rest.utf8.count), rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return .digits(prefix: String(prefix), digits: String(rest))
    }
    return text.contains(where: \.isLetter) ? .word : .mark(breaksLine: text.contains(where: \.isNewline))
  }
}
