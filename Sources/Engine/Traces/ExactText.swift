/// A text that equals another one byte for byte.
///
/// Swift takes é for equal to e with an accent behind it; a model has other tokens for one than for the other.
package struct ExactText: Hashable, Sendable {
  package let text: String

  /// A text as it is.
  package init(_ text: String) { self.text = text }

  package static func == (one: ExactText, other: ExactText) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}
