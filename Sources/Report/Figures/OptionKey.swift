/// An option of a kind of figure, with the type of its values.
///
/// A recipe reads an option through its key, so that a misspelt name does not compile. `Value` is optional where the option has no standard.
package struct OptionKey<Value: Sendable>: Sendable {
  /// As specs see it.
  package let option: FigureSchema.Option
  private let standard: Value
  private let read: @Sendable (OptionValue) -> Value?
  private let write: @Sendable (Value) -> OptionValue?

  /// An option with a standard.
  package init(_ name: String, _ form: OptionForm<Value>, standard: Value, doc: String) {
    option = FigureSchema.Option(name: name, values: form.values, standard: form.write(standard), doc: doc)
    self.standard = standard
    read = form.read
    write = form.write
  }

  /// An option without a standard: nil where it is not set.
  package init<Wrapped>(_ name: String, _ form: OptionForm<Wrapped>, doc: String) where Value == Wrapped? {
    option = FigureSchema.Option(name: name, values: form.values, doc: doc)
    standard = nil
    read = { form.read($0).map { $0 } }
    write = { $0.map(form.write) }
  }

  /// Its value among options by name; the standard where it is not set.
  package func value(in options: [String: OptionValue]) -> Value {
    options[option.name].flatMap(option.values.accept).flatMap(read) ?? standard
  }

  /// The value as written in a spec; nil for "not set".
  func written(_ value: Value) -> OptionValue? { write(value) }
}

extension [String: OptionValue] {
  /// The value of an option: its standard where it is not set.
  package subscript<Typed>(key: OptionKey<Typed>) -> Typed {
    get { key.value(in: self) }
    set { self[key.option.name] = key.written(newValue) }
  }
}

/// The values that an option takes, with the type by which recipes read them.
package struct OptionForm<Value: Sendable>: Sendable {
  /// As specs see them.
  let values: FigureSchema.Values
  /// The value of an option; nil when it is none of these.
  let read: @Sendable (OptionValue) -> Value?
  /// The value as written in a spec.
  let write: @Sendable (Value) -> OptionValue
}

extension OptionForm where Value == Bool {
  /// true or false.
  package static var flag: OptionForm {
    OptionForm(values: .flag, read: { if case .flag(let flag) = $0 { flag } else { nil } }, write: { .flag($0) })
  }
}

extension OptionForm where Value == Int {
  /// A whole number of a range.
  package static func integer(_ range: ClosedRange<Int>) -> OptionForm {
    OptionForm(
      values: .integer(range), read: { if case .integer(let number) = $0 { number } else { nil } },
      write: { .integer($0) })
  }
}

extension OptionForm where Value == Double {
  /// A number of a range.
  package static func number(_ range: ClosedRange<Double>) -> OptionForm {
    OptionForm(
      values: .number(range), read: { if case .number(let number) = $0 { number } else { nil } },
      write: { .number($0) })
  }
}

extension OptionForm where Value: RawRepresentable<String> & CaseIterable {
  /// One of the words of an enumeration.
  package static func word(of words: Value.Type) -> OptionForm {
    OptionForm(
      values: .choice(words.allCases.map(\.rawValue)),
      read: { if case .text(let word) = $0 { Value(rawValue: word) } else { nil } }, write: { .text($0.rawValue) })
  }
}

extension OptionForm {
  /// The name of an entry of a registry.
  package static func name(of entries: [Value], by name: @escaping @Sendable (Value) -> String) -> OptionForm {
    OptionForm(
      values: .choice(entries.map(name)),
      read: { value in entries.first { .text(name($0)) == value } }, write: { .text(name($0)) })
  }

  /// One of the words of an enumeration, or a whole number of a range.
  package static func word<Word>(of words: Word.Type, or range: ClosedRange<Int>) -> OptionForm
  where Value == WordOrNumber<Word> {
    OptionForm(
      values: .choiceOrInteger(words.allCases.map(\.rawValue), range),
      read: { value in
        switch value {
        case .text(let word): Word(rawValue: word).map { .word($0) }
        case .integer(let number): .number(number)
        default: nil
        }
      },
      write: { value in
        switch value {
        case .word(let word): .text(word.rawValue)
        case .number(let number): .integer(number)
        }
      })
  }
}

/// A word of an enumeration or a whole number.
package enum WordOrNumber<Word: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
  /// One of the words.
  case word(Word)
  /// A number.
  case number(Int)
}
