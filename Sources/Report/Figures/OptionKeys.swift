import Words

/// The options of a kind of figure: a stored property of type `OptionKey` for each, in the order in which they are listed.
package protocol OptionKeys: Sendable {}

/// A key whatever the type of its values.
package protocol AnyOptionKey {
  /// The type of its values.
  associatedtype Value
  /// As specs see it.
  var option: FigureSchema.Option { get }
  /// Its value among options by name; the standard where it is not set.
  func value(in options: [String: OptionValue]) -> Value
}

extension OptionKey: AnyOptionKey {}

extension OptionKeys {
  /// The options as specs see them.
  ///
  /// They are found by reflection, so that no option can be readable and missing in the list.
  var all: [FigureSchema.Option] {
    Mirror(reflecting: self).children.compactMap { ($0.value as? any AnyOptionKey)?.option }
  }
}

/// The options of a figure as its recipe reads them: `options.embedding` is a `Bool`, and what the kind does not declare does not compile.
@dynamicMemberLookup
package struct RecipeOptions<Keys: OptionKeys>: Sendable {
  private let keys: Keys
  private let values: [String: OptionValue]
  /// The training steps of the traces, where all are of checkpoints of one run; nil for other traces.
  package let steps: [TrainingStep]?

  /// Options by name, those of a kind.
  init(_ keys: Keys, _ values: [String: OptionValue], steps: [TrainingStep]? = nil) {
    self.keys = keys
    self.values = values
    self.steps = steps
  }

  /// The value of an option: its standard where it is not set.
  package subscript<Key: AnyOptionKey>(dynamicMember key: KeyPath<Keys, Key>) -> Key.Value {
    keys[keyPath: key].value(in: values)
  }
}
