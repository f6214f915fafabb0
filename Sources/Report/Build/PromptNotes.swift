import Traces
import Words

/// What users should know about their prompts and watched words, as models read them.
enum PromptNotes {
  /// The notes about traces, each once, in order.
  static func of(_ traces: [Trace]) -> [String] {
    let bos = Set(traces.compactMap(\.repeatedBOS)).sorted()
    var joined: [String: String] = [:]
    for trace in traces {
      for (word, note) in trace.joinedWords where joined["\(trace.model.name)\u{0}\(word)"] == nil {
        joined["\(trace.model.name)\u{0}\(word)"] = note
      }
    }
    return bos + joined.sorted { $0.key < $1.key }.map(\.value)
  }
}

extension Trace {
  /// A note for every watched word that would continue the last word of the prompt: "is" after "cabinet".
  fileprivate var joinedWords: [(word: String, note: String)] {
    guard let end = prompt.unicodeScalars.last, Self.isSpaced(end) else { return [] }
    let last = String(prompt.split { $0.isWhitespace }.last ?? "")
    return watch.filter { !$0.isSet }.compactMap { watched in
      guard let first = watched.text.unicodeScalars.first, Self.isSpaced(first) else { return nil }
      let words = [last, watched.text, last + watched.text, " " + watched.text].map(TokenDisplay.line)
      return (
        watched.text,
        "\(model.name): the watched word '\(words[1])' begins without a space, so after '\(words[0])' it makes "
          + "'\(words[2])'; if it should be the next word, watch '\(words[3])'"
      )
    }
  }

  /// Whether a character is a letter of a script that writes spaces between words.
  private static func isSpaced(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic && !scalar.properties.isIdeographic
      && ![0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x312F].contains {
        $0.contains(Int(scalar.value))
      }
  }
}

extension Trace {
  /// A note about a prompt that spells out the BOS, which the tokenizer also puts before every text; nil for other prompts.
  var repeatedBOS: String? {
    guard tokens.count > 1, promptLength > 1, tokens[0].id == tokens[1].id, let bos = tokens[0].text, !bos.isEmpty,
      prompt.utf8.starts(with: bos.utf8), !prompt.utf8.dropFirst(bos.utf8.count).starts(with: bos.utf8)
    else { return nil }
    return RepeatedBOS.words(bos, model: model.name)
  }
}

enum RepeatedBOS {
  /// The note about a prompt that begins with a written BOS.
  static func words(_ bos: String, model: String) -> String {
    "\(model): a prompt begins with '\(bos)', which the tokenizer also puts before every text, so BOS occurs twice; "
      + "--bos no (bos: no in a spec) leaves out the tokenizer's"
  }
}
