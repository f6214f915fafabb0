import Foundation
import Traces

/// Names for files and anchors: [a-z0-9-]+.
public enum Slug {
  /// The most characters of a name.
  package static let longest = 60

  /// The text in lower case with everything but letters and digits of ASCII turned into single dashes; accents are dropped.
  ///
  /// A text without any such character becomes "x" and a number from its hash, so that a slug is never empty.
  public static func make(_ text: String) -> String {
    var slug = ""
    for scalar in text.decomposedStringWithCanonicalMapping.lowercased().unicodeScalars {
      switch scalar {
      case "a"..."z", "0"..."9": slug.unicodeScalars.append(scalar)
      default:
        if scalar.properties.generalCategory == .nonspacingMark { continue }
        if !slug.isEmpty, slug.last != "-" { slug += "-" }
      }
    }
    while slug.last == "-" { slug.removeLast() }
    if slug.count > longest { slug = String(slug.prefix(50)) + "-" + SHA256.hex(of: text.utf8).prefix(8) }
    return slug.isEmpty ? "x" + SHA256.hex(of: text.utf8).prefix(8) : slug
  }

  /// Whether the text is already a slug: letters a-z, digits and single inner dashes.
  public static func isSlug(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= longest && make(text) == text
  }

  /// Slugs for several names; a number is added where two would be the same.
  public static func unique(_ names: [String]) -> [String] {
    var taken = Set<String>()
    return names.map { name in
      let base = make(name)
      var slug = base
      var number = 2
      while !taken.insert(slug).inserted {
        slug = "\(base)-\(number)"
        number += 1
      }
      return slug
    }
  }
}
