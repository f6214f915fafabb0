import Foundation

/// Where the script of a text changes, as the pre-tokenizer `UnicodeScripts` of `tokenizers` sees it.
enum UnicodeScripts {
  private struct Run {
    var first: UInt32
    var last: UInt32
    var script: Int
  }

  /// Characters with a script, in order (`Tools/make_unicode_scripts.py`).
  private static let table: [Run] = {
    let data = Data(PackageResources.unicode_scripts_json)
    let rows = (try? JSONDecoder().decode([[UInt32]].self, from: data)) ?? []
    return rows.filter { $0.count == 3 }.map { Run(first: $0[0], last: $0[1], script: Int($0[2])) }
  }()

  /// The script of a character; nil for one that goes with any.
  static func script(of scalar: Unicode.Scalar) -> Int? {
    var (low, high) = (0, table.count)
    while low < high {
      let middle = (low + high) / 2
      if table[middle].last < scalar.value { low = middle + 1 } else { high = middle }
    }
    guard low < table.count, table[low].first <= scalar.value else { return nil }
    return table[low].script
  }

  /// The stretches of one script in a part of a text.
  ///
  /// What goes with any script stays with what is before it, and is dropped at the beginning, where nothing is: the first stretch starts at
  /// the first character with a script.
  static func runs(of bytes: [UInt8], in part: Range<Int>) -> [Range<Int>] {
    var starts: [Int] = []
    var last: Int?
    var at = part.lowerBound
    for scalar in String(decoding: bytes[part], as: UTF8.self).unicodeScalars {
      if let found = script(of: scalar) {
        if last != found { starts.append(at) }
        last = found
      }
      at += UTF8.width(scalar)
    }
    return zip(starts, starts.dropFirst() + [part.upperBound]).map { $0..<$1 }
  }
}
