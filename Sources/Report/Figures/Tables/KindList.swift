import Plot

/// Kinds of figures and their options as text for people, or as the tables of the documentation.
public enum KindList {
  /// A line for each kind: its name and what it shows.
  public static var text: String {
    let width = FigureKind.all.map(\.name.count).max() ?? 0
    return FigureKind.all.map { kind in
      kind.name + String(repeating: " ", count: width - kind.name.count + 2) + kind.summary + "\n"
    }.joined()
  }

  /// One kind with its options.
  ///
  /// - Throws: `FigureError.unknownKind`.
  public static func text(of name: String) throws -> String {
    let kind = try FigureKind.named(name)
    return "\(kind.name): \(kind.summary)\n"
      + kind.options.map { option in
        "\n  \(option.name): \(option.values.described)"
          + (option.standard.map { " (\($0.plain))" } ?? "") + "\n      \(option.doc)\n"
      }.joined()
  }

  /// The table of its options, as in docs/figures.
  ///
  /// - Throws: `FigureError.unknownKind`.
  public static func markdown(of name: String) throws -> String {
    let rows = try FigureKind.named(name).options.map { option in
      "| `\(option.name)` | \(option.values.described) | \(option.standard?.plain ?? "not set") | \(option.doc) |\n"
    }
    return "| option | values | default | |\n|---|---|---|---|\n" + rows.joined()
  }
}

extension OptionValue {
  /// As in a spec, without quotes.
  fileprivate var plain: String { spelled.replacing("'", with: "") }
}

extension FigureSchema.Values {
  /// The values within a table.
  fileprivate var described: String {
    switch self {
    case .flag: "true, false"
    case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .number(let range):
      "\(OptionValue.number(range.lowerBound).short) to \(OptionValue.number(range.upperBound).short)"
    case .text: "a text"
    case .choice(let words): words.joined(separator: ", ")
    case .choiceOrInteger(let words, let range):
      "\(words.joined(separator: ", ")), or a number from \(range.lowerBound)"
    }
  }
}

extension OptionValue {
  /// A number without a needless fraction.
  fileprivate var short: String {
    if case .number(let number) = self, number == number.rounded() { return "\(Int(number))" }
    return spelled
  }
}
