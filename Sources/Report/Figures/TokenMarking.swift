import Plot
import Traces
import Words

/// Words of one name whose cells a figure frames.
public struct MarkedSet: Equatable, Hashable, Sendable, Codable {
  /// As in the legend.
  public var name: String
  /// The exact texts of tokens.
  public var words: [String]

  /// Words under a name.
  public init(name: String, words: [String]) {
    self.name = name
    self.words = words
  }

  /// The option of figures that names them.
  package static let option = "mark"
  /// The most sets of a figure: each has a look of its own.
  package static let most = FrameLook.all.count
}

extension OptionKey where Value == [MarkedSet]? {
  /// The words whose cells are framed.
  static var mark: OptionKey {
    OptionKey(
      MarkedSet.option, .markedSets,
      doc:
        "Frames cells by their token: names with one word or several each, such as {answers: [\" London\"], French: [\" Paris\", \" le\"]}."
    )
  }
}

extension OptionForm where Value == [MarkedSet] {
  /// Names with their words.
  static var markedSets: OptionForm {
    OptionForm(
      values: .markedSets, read: { if case .sets(let sets) = $0 { sets } else { nil } }, write: { .sets($0) })
  }
}

/// Which tokens of a trace belong to which marked set.
struct TokenMarking {
  private let sets: [MarkedSet]
  private let places: [Int: Int]

  init?(_ sets: [MarkedSet]?, of trace: Trace) {
    guard let sets, !sets.isEmpty else { return nil }
    self.sets = sets
    var numbers: [String: Int] = [:]
    for (number, set) in sets.enumerated() { for word in set.words { numbers[word] = number } }
    var places: [Int: Int] = [:]
    for (id, text) in trace.texts { if case .text(let text) = text { places[id] = numbers[text] } }
    self.places = places
  }

  /// The frames of a grid of tokens.
  func frames(_ ids: [[Int?]]) -> FrameSets {
    FrameSets(names: sets.map(\.name), sets: ids.map { $0.map { $0.flatMap { places[$0] } } })
  }

  /// What captions say of the sets, with how many cells each frames.
  var caption: Caption.Frames {
    Caption.Frames(
      sets: sets.map { set in
        let words = set.words.prefix(6).map { "“\(TokenDisplay.label($0))”" }
        let more = set.words.count - words.count
        return
          "\(VisibleText.inline(set.name)) (\((words + (more > 0 ? ["and \(more) more"] : [])).joined(separator: ", ")))"
      })
  }
}
