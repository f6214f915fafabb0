import Plot
import Testing
import Traces

@testable import Figures

/// Options by typed keys: how they are listed and read, and that every kind follows those that it lists.
@Suite struct OptionKeyTests {
  enum Fruit: String, CaseIterable {
    case apple, pear
  }

  struct SampleOptions: OptionKeys {
    let fruit = OptionKey("fruit", .word(of: Fruit.self), standard: .pear, doc: "A fruit.")
    let count = OptionKey("count", .integer(1...9), standard: 3, doc: "A count.")
    let share = OptionKey("share", .number(0...1), doc: "A share.")
    let place = OptionKey("place", .word(of: Fruit.self, or: 0...5), standard: .word(.apple), doc: "A place.")
    let map = OptionKey("map", .name(of: ColorMap.all, by: \.name), standard: .gnbu, doc: "A map.")
    let isRipe = OptionKey("is_ripe", .flag, standard: true, doc: "Whether it is ripe.")
  }

  func read(_ values: [String: OptionValue]) -> RecipeOptions<SampleOptions> { RecipeOptions(SampleOptions(), values) }

  @Test func optionsAreListedInTheOrderOfTheirKeysWithTheWordsOfSpecs() {
    let options = SampleOptions().all
    #expect(options.map(\.name) == ["fruit", "count", "share", "place", "map", "is_ripe"])
    #expect(
      options.map(\.values.expectation) == [
        "one of apple, pear", "an integer from 1 to 9", "a number from 0.0 to 1.0",
        "apple, pear or an integer from 0 to 5", "one of batlow, viridis, cividis, magma, lapaz, rdpu, gnbu",
        "true or false",
      ])
    #expect(
      options.map(\.standard) == [.text("pear"), .integer(3), nil, .text("apple"), .text("gnbu"), .flag(true)])
  }

  @Test func optionsThatAreNotSetHaveTheirStandard() {
    let options = read([:])
    #expect(options.fruit == .pear)
    #expect(options.count == 3)
    #expect(options.share == nil)
    #expect(options.map == .gnbu)
    #expect(options.isRipe)
    guard case .word(.apple) = options.place else {
      Issue.record("the place is \(options.place)")
      return
    }
  }

  @Test func optionsThatAreSetAreReadByTheirTypes() {
    let options = read([
      "fruit": .text("apple"), "count": .integer(7), "share": .integer(1), "place": .integer(2), "map": .text("lapaz"),
      "is_ripe": .flag(false),
    ])
    #expect(options.fruit == .apple)
    #expect(options.count == 7)
    #expect(options.share == 1)
    #expect(options.map == .lapaz)
    #expect(!options.isRipe)
    guard case .number(2) = options.place else {
      Issue.record("the place is \(options.place)")
      return
    }
  }

  @Test func whatAKeyWritesItReads() {
    let keys = SampleOptions()
    var options: [String: OptionValue] = [:]
    options[keys.fruit] = .apple
    options[keys.count] = 8
    options[keys.share] = 0.25
    options[keys.place] = .number(4)
    options[keys.map] = .magma
    options[keys.isRipe] = false
    #expect(
      options == [
        "fruit": .text("apple"), "count": .integer(8), "share": .number(0.25), "place": .integer(4),
        "map": .text("magma"), "is_ripe": .flag(false),
      ])
    #expect(options[keys.fruit] == .apple && options[keys.share] == 0.25 && options[keys.map] == .magma)
    options[keys.share] = nil
    #expect(options["share"] == nil && options.count == 5)
  }

  @Test func optionsOfAnotherKindAreAnError() throws {
    let options = try FigureKind.topTokens.parse([:])
    let error = #expect(throws: FigureError.optionsOfAnotherKind("top-tokens", kind: "profile")) {
      try FigureKind.profile.describe(FigureKind.profile.sample, options: options)
    }
    #expect(error?.message == "expected options of profile, found options of top-tokens")
  }

  @Test(arguments: FigureKind.all)
  func kindsThatJoinModelsHaveTheOptionThatSaysSo(kind: FigureKind) {
    let names = Set(kind.options.map(\.name))
    switch kind.takes {
    case .one, .several:
      #expect(!names.contains("together"))
      // Another `by` than that of datasets does not join models.
      #expect(!kind.takes.joins(["by": .text("model")]) || kind.takes == .several)
    case .oneOrMore:
      #expect((names.contains("together") || names.contains("between")) && !names.contains("by"))
    case .oneOrAllByModel: #expect(names.contains("by") && !names.contains("together"))
    }
  }

  @Test(arguments: FigureKind.all)
  func everyOptionOfAKindIsFollowed(kind: FigureKind) {
    // Some options count only beside a word of another, such as a limit beside the quantity that it limits.
    let besides: [[String: OptionValue]] =
      [[:]]
      + kind.options.flatMap { option in
        Self.samples(of: option.values).compactMap { value in
          if case .text = value { [option.name: value] } else { nil }
        }
      }
    for option in kind.options {
      let isFollowed = besides.contains { beside in
        guard beside[option.name] == nil else { return false }
        let before = Self.effects(of: kind, beside)
        return Self.samples(of: option.values).contains { value in
          let after = Self.effects(of: kind, beside.merging([option.name: value]) { $1 })
          return zip(before, after).contains { $0 != nil && $1 != nil && $0 != $1 }
        }
      }
      #expect(isFollowed, "no value of '\(option.name)' changes what \(kind.name) shows")
    }
  }

  /// Some values that an option takes.
  static func samples(of values: FigureSchema.Values) -> [OptionValue] {
    switch values {
    case .flag: [.flag(true), .flag(false)]
    case .integer(let range): [1, 2, range.lowerBound].filter(range.contains).map { .integer($0) }
    case .number(let range): [.number(range.lowerBound)]
    case .choice(let words): words.map { .text($0) }
    case .choiceOrInteger(let words, let range): words.map { .text($0) } + [.integer(range.lowerBound)]
    case .markedSets: [.sets([MarkedSet(name: "cities", words: [" London"])])]
    }
  }

  /// What options decide: the figure of one subject and of two models, and whether models share a figure.
  struct Effect: Equatable {
    var description: FigureDescription?
    var joins = false
  }

  static func effects(of kind: FigureKind, _ values: [String: OptionValue]) -> [Effect?] {
    func effect(_ numbers: [Numbers]) -> Effect? {
      (try? kind.describe(numbers, options: kind.parse(values))).map { Effect(description: $0) }
    }
    var other = SampleTraces.trace(layers: 3, columns: 2, name: "Other 1B", watch: [" is", " are"])
    other.logprob = other.logprob.map { $0.map { $0.map { $0 - 0.5 } } }
    let several: [Numbers] = kind.sample.first?.trace == nil ? kind.sample : kind.sample + [.trace(other)]
    let talk: [Numbers] = [.trace(ConversationFiguresTests.trace(answer: 4))]
    return [
      effect(kind.sample), effect(several), effect(talk), effect(talk + talk), Effect(joins: kind.takes.joins(values)),
    ]
  }
}
