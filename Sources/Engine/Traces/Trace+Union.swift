extension Trace {
  /// Everything that two traces of one question have; nil where a number that both have differs.
  ///
  /// One may watch other words than the other, and one alone may say what the parts of the model add or what patched runs gave.
  package func united(with other: Trace) -> Trace? {
    func both<Value: Equatable>(_ mine: Value?, _ its: Value?) -> (agree: Bool, value: Value?) {
      (mine == nil || its == nil || mine == its, mine ?? its)
    }
    let parts = both(attribution, other.attribution)
    let patches = both(patching, other.patching)
    let found = both(automatic, other.automatic)
    guard parts.agree, patches.agree, found.agree, let watch = unitedWatch(with: other, found.value) else { return nil }
    var texts = texts
    for (id, text) in other.texts {
      guard texts[id] == nil || texts[id] == text else { return nil }
      texts[id] = text
    }
    func filled(_ trace: Trace) -> Trace {
      var trace = trace
      (trace.watch, trace.texts, trace.automatic) = (watch, texts, found.value)
      (trace.attribution, trace.patching) = (parts.value, patches.value)
      return trace
    }
    // All that is left has to be equal.
    let mine = filled(self)
    return mine == filled(other) ? mine : nil
  }

  /// The watched tokens of both, those that a first run found behind the others; nil where the numbers of one differ.
  ///
  /// Where each has words that the other lacks, they are ordered by their texts, so that nothing depends on which trace is the first.
  private func unitedWatch(with other: Trace, _ found: Automatic?) -> [Watch]? {
    func isSame(_ one: Watch, _ another: Watch) -> Bool {
      one.text == another.text && one.id == another.id && one.ids == another.ids
    }
    let added = other.watch.filter { entry in !watch.contains { isSame($0, entry) } }
    let own = watch.filter { entry in !other.watch.contains { isSame($0, entry) } }
    for entry in watch where other.watch.contains(where: { isSame($0, entry) && $0 != entry }) { return nil }
    var all = added.isEmpty ? watch : own.isEmpty ? other.watch : watch + added
    if !added.isEmpty, !own.isEmpty { all.sort { ($0.text, $0.id ?? -1) < ($1.text, $1.id ?? -1) } }
    guard let ids = found?.ids else { return all }
    let last = ids.compactMap { id in all.first { $0.ids == nil && $0.id == id } }
    return all.filter { entry in !last.contains { isSame($0, entry) } } + last
  }
}

extension Numbers {
  /// Everything that two answers to one question say; nil where they contradict.
  package func united(with other: Numbers) -> Numbers? {
    if case .trace(let one) = self, case .trace(let another) = other {
      return one.united(with: another).map { .trace($0) }
    }
    if case .summary(let one) = self, case .summary(let another) = other {
      return one.united(with: another).map { .summary($0) }
    }
    return nil
  }
}

extension DatasetSummary {
  /// The same summary with the digests of items that either has; nil where a number differs.
  fileprivate func united(with other: DatasetSummary) -> DatasetSummary? {
    var (one, another) = (self, other)
    for index in one.groups.indices where another.groups.indices.contains(index) {
      one.groups[index].itemsSHA256 = one.groups[index].itemsSHA256 ?? another.groups[index].itemsSHA256
      another.groups[index].itemsSHA256 = another.groups[index].itemsSHA256 ?? one.groups[index].itemsSHA256
    }
    return one == another ? one : nil
  }
}
