import Traces

// Which keys of a dataset go together.

extension SpecReader {
  /// Reports keys of a dataset that are without effect beside others, or need one that is missing.
  mutating func requireTogether(_ fields: SpecFields) {
    typealias Key = SpecSection.Dataset
    func isGiven(_ key: some SpecRow) -> Bool { fields.entries[key.name] != nil }
    func isSet(_ key: SpecKey<SpecFlag>) -> Bool { fields[key]?.value.scalar?.string == "true" }
    let name = fields.called
    if let given = fields[Key.of], !isGiven(Key.source) {
      report(
        given, "\(name) has of without source, so no states are put in",
        ["name the column of the texts from which states are taken: source: source"])
    }
    for given in [fields[Key.source], isSet(Key.attribute) ? fields[Key.attribute] : nil].compactMap(\.self)
    where !isGiven(Key.foil) {
      report(
        given, "\(name) has \(given.key) without foil, so there is no difference of logits",
        ["name the column of the words that targets are compared with: foil: foil"])
    }
    if let given = fields[Key.file], isGiven(Key.corpus) {
      report(given, "\(name) has file and corpus, and one is read", ["leave out one of them"])
    }
    if let given = fields[Key.passage], !isGiven(Key.corpus) {
      report(given, "\(name) has passage without corpus, and lines of a file are not cut", ["leave out passage"])
    }
    let ofWords: [SpecEntry?] = [
      fields[Key.prompt], fields[Key.target], fields[Key.firstToken], fields[Key.source], fields[Key.of],
      isSet(Key.attribute) ? fields[Key.attribute] : nil,
    ]
    if isGiven(Key.corpus) {
      let ofColumns = [fields[Key.sentence], fields[Key.foil], fields[Key.score], fields[Key.group], fields[Key.pair]]
      for given in (ofWords + ofColumns).compactMap(\.self) {
        report(given, "\(name) is a corpus, which has no \(given.key)", ["leave it out, or read a file with columns"])
      }
      return refuseWords(fields)
    }
    if isGiven(Key.sentence) {
      for given in ofWords.compactMap(\.self) {
        report(
          given, "\(name) has whole sentences, which have no \(given.key)",
          ["leave out \(given.key), or name the columns of prompts and words: prompt: prompt, target: target"])
      }
      if let given = fields[Key.score], !isGiven(Key.foil) {
        report(
          given, "\(name) has score without foil: single sentences are counted token by token",
          ["leave it out, or name the column of the sentences to compare with: foil: sentence_bad"])
      }
    } else if isGiven(Key.score) {
      for given in [
        isSet(Key.firstToken) ? fields[Key.firstToken] : nil, fields[Key.source],
        isSet(Key.attribute) ? fields[Key.attribute] : nil,
      ].compactMap(\.self) {
        report(
          given, "\(name) has \(given.key) and score: \(given.key) is about one token, score about several",
          ["leave out one of them"])
      }
    }
    if let given = fields[Key.pair], !isGiven(Key.group) {
      report(
        given, "\(name) has pair without group, so there is nothing to compare",
        ["name the group's column: group: kind"])
    }
    refuseWords(fields)
  }

  private mutating func refuseWords(_ fields: SpecFields) {
    typealias Key = SpecSection.Dataset
    guard let given = fields[Key.words], given.value.scalar?.string == "true" else { return }
    guard fields[Key.corpus] == nil, fields[Key.sentence] == nil || fields[Key.foil] != nil else { return }
    report(
      given, "\(fields.called) has words, and the surprisal of words is that of whole texts",
      ["name a corpus, or sentence: COLUMN without foil, with all sentences in one column"])
  }
}
