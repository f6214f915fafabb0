import Words

/// What a search finds the overview's links by.
///
/// Captions of one kind, and of one model, say the same for the most part. These words stand once on the page, at the choices
/// of the filter, and each link has the rest.
struct SearchWords {
  /// The words that the captions of all figures of a kind have, by kind.
  private(set) var kinds: [String: [String]] = [:]
  /// The words that the captions of all figures of a model have, by the model's name.
  private(set) var models: [String: [String]] = [:]

  init(_ figures: [GalleryManifest.Figure]) {
    for figure in figures {
      let words = Self.words(figure.caption)
      let names = figure.models.isEmpty ? [figure.model] : figure.models
      Self.keep(words, in: &kinds, of: figure.kind)
      for name in names { Self.keep(words, in: &models, of: name) }
    }
  }

  private static func keep(_ words: [String], in common: inout [String: [String]], of name: String) {
    guard let earlier = common[name] else {
      common[name] = words
      return
    }
    let own = Set(words)
    common[name] = earlier.filter(own.contains)
  }

  /// The words of a figure's caption that the page has nowhere else.
  /// - Parameter besides: The texts around the link, which a search looks through too.
  func of(_ figure: GalleryManifest.Figure, besides: [String]) -> String {
    let names = figure.models.isEmpty ? [figure.model] : figure.models
    let common = (kinds[figure.kind] ?? []) + names.flatMap { models[$0] ?? [] }
    let known = Set(common).union(besides.flatMap(Self.words))
    return Self.words(figure.caption).filter { !known.contains($0) }.joined(separator: " ")
  }

  /// The words of a text without the punctuation around them, each once.
  private static func words(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map { String($0.trimming(Self.punctuation)) }.filter { !$0.isEmpty }
      .uniqued
  }

  private static let punctuation = Set("“”‘’\"'.,;:()[]!?…")
}

extension Substring {
  /// Without the characters of a set at both ends.
  fileprivate func trimming(_ characters: Set<Character>) -> Substring {
    var rest = self
    while let first = rest.first, characters.contains(first) { rest.removeFirst() }
    while let last = rest.last, characters.contains(last) { rest.removeLast() }
    return rest
  }
}
