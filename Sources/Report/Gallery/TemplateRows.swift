import Mustache

/// A list whose elements are made when a template comes to them: the records of thousands of rows take far more memory than their text.
package struct TemplateRows {
  private let count: Int
  private let row: (Int) -> TemplateValue

  /// - Parameter row: Makes the element of an index below `count`, as often as a template asks.
  init(count: Int, row: @escaping (Int) -> TemplateValue) {
    self.count = count
    self.row = row
  }

  /// A row for each element of a collection.
  static func of<Element>(_ elements: [Element], _ row: @escaping (Element) -> TemplateValue) -> TemplateValue {
    .rows(TemplateRows(count: elements.count) { row(elements[$0]) })
  }

  /// The list as the template engine takes it.
  var context: Any { Contexts(rows: self) }

  /// The elements one after another, for sections.
  private struct Contexts: MustacheSequence, MustacheTransformable {
    let rows: TemplateRows

    func makeIterator() -> AnyIterator<Any> {
      var next = 0
      return AnyIterator {
        guard next < rows.count else { return nil }
        defer { next += 1 }
        return rows.row(next).context
      }
    }

    /// What templates ask of any list: `count(rows)`, `reversed(rows)`.
    func transform(_ name: String) -> Any? {
      switch name {
      case "count": rows.count
      case "empty": rows.count == 0
      default: Array(self).transform(name)
      }
    }
  }
}

extension TemplateRows: Equatable {
  /// Whether all elements are equal.
  package static func == (one: TemplateRows, other: TemplateRows) -> Bool {
    one.count == other.count && (0..<one.count).allSatisfy { one.row($0) == other.row($0) }
  }
}
