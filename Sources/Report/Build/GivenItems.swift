import Engine
import Traces
import Words

/// What a summary shows of the items that it is of.
///
/// Which of two words was the target and which the foil shows in no mean: `items_sha256` tells it, or the numbers of items.
struct GivenItems {
  let summary: DatasetSummary
  /// The items that the spec asks about.
  let request: DatasetRequest
  /// Their file, for messages.
  let file: String

  /// The values of a group column with other numbers of items than the file has; nil where all are the same, or nobody asked.
  ///
  /// Columns that the summary lacks are not looked at.
  var groupFault: String? {
    for (place, column) in request.groupColumns.enumerated() {
      let found = summary.groups.filter { $0.column == column }
      guard !found.isEmpty else { continue }
      let values = request.items.compactMap { $0.groups.indices.contains(place) ? $0.groups[place] : nil }
      let expected = Dictionary(grouping: values, by: \.self).mapValues(\.count)
      for value in (values + found.compactMap(\.value)).uniqued {
        let count = found.first { $0.value == value }?.items ?? 0
        guard count != expected[value, default: 0] else { continue }
        return
          "groups: expected \(Wording.count(expected[value, default: 0], "item")) of \(VisibleText.excerpt(of: column, count: 40)) "
          + "'\(VisibleText.excerpt(of: value, count: 40))' as in '\(file)', found \(Wording.grouped(count))"
      }
    }
    return nil
  }

  /// Whether the sources of patched runs are a part of what the summary was asked.
  var hasSources: Bool { summary.groups.first?.patching != nil }

  /// Whether the texts of all items can be compared with those of the file.
  var isComparable: Bool {
    summary.groups.first?.itemsSHA256 != nil
      && DatasetSummary.Group.digest(of: request.items, hasSources: hasSources) != nil
  }

  /// What digests of the items say is otherwise than in the file; nil where nothing is, or where nothing is known.
  ///
  /// Groups by columns that the spec does not name are not looked at.
  var digestFault: String? {
    func isOther(_ group: DatasetSummary.Group, _ items: [DatasetRequest.Item]) -> Bool {
      guard let found = group.itemsSHA256,
        let expected = DatasetSummary.Group.digest(of: items, hasSources: hasSources)
      else { return false }
      return found != expected
    }
    guard let all = summary.groups.first else { return nil }
    if isOther(all, request.items) {
      let what = hasSources ? "texts, targets, foils or sources" : "texts, targets or foils"
      return "items: expected those of '\(file)', found others, whose \(what) differ"
    }
    for group in summary.groups {
      guard let column = group.column, let place = request.groupColumns.firstIndex(of: column) else { continue }
      let members = request.items.filter { $0.groups.indices.contains(place) && $0.groups[place] == group.value }
      guard isOther(group, members) else { continue }
      return "groups: expected the items of \(VisibleText.excerpt(of: column, count: 40)) "
        + "'\(VisibleText.excerpt(of: group.value ?? "", count: 40))' as in '\(file)', found others"
    }
    let pairs = request.items.compactMap(\.pair)
    if let found = summary.items?.pairs, pairs.count == found.count, pairs != found {
      return "pair: expected the pairs of '\(file)', found others"
    }
    return nil
  }

  /// The first text whose words are others than those of the file; nil where none is, or where there are no words.
  ///
  /// Tokenizers change texts (case, accents, words that they do not know), so a text is another where not one plain word is the same.
  var wordFault: String? {
    guard let words = summary.words, words.count == request.items.count else { return nil }
    for (index, item) in request.items.enumerated() {
      let (own, found) = (Self.plain([item.prompt]), Self.plain(words[index].texts))
      guard min(own.count, found.count) >= 3, own.isDisjoint(with: found) else { continue }
      let text = words[index].texts.joined(separator: " ")
      return
        "words: expected those of '\(file)', found '\(VisibleText.excerpt(of: text, count: 40))' as item \(index + 1)"
    }
    return nil
  }

  /// The words of texts that are letters of ASCII alone, in small letters.
  private static func plain(_ texts: [String]) -> Set<String> {
    Set(
      texts.flatMap { $0.lowercased().split { !($0.isASCII && $0.isLetter) }.map(String.init) }
        .filter { $0.count > 1 && $0 != "unk" })
  }
}
