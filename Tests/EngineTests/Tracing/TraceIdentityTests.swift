import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// What a trace says of its origin can be right: digests, names, and the number of tokens of the prompt.
@Suite struct TraceIdentityTests {
  private func trace(_ method: Trace.Method) throws -> Trace {
    let path = Fixtures.url("models/llama/hf").path
    let files = try openModelFiles(path: path)
    let model = try LanguageModel(files, identity: try ModelIdentity(name: "m", contentOf: files))
    return try traceOne(model, TraceRequest(prompt: "the keys to", method: method))
  }

  private func keys(_ trace: Trace) -> [String] { trace.identityFaults().map(\.key) }

  @Test func tracesOfTheProgramAreGood() throws {
    for method in [Trace.Method.generate(2), .generate(0), .continuation(" the cat")] {
      #expect(keys(try trace(method)) == [])
    }
  }

  @Test func aTextThatEndsEarlyIsGood() throws {
    let files = try openModelFiles(path: Fixtures.url("models/xlstm/hf").path)
    let model = try LanguageModel(files, identity: try ModelIdentity(name: "m", contentOf: files))
    let text = "The keys to the cabinet are in the city of London, 1 2 3"
    let trace = try traceOne(model, TraceRequest(prompt: text, method: .generate(8)))
    #expect(trace.tokens.count - trace.promptLength < 8)
    #expect(keys(trace) == [])
  }

  @Test func aDigestHas64Digits() throws {
    let good = try trace(.generate(1))
    for digest in ["xyz", "", String(repeating: "0", count: 63), String(repeating: "g", count: 64)] {
      var trace = good
      trace.model.sha256 = digest
      #expect(trace.identityFaults().first?.reason == "'\(digest)', expected 64 hexadecimal digits")
      trace = good
      trace.model.adapter = Trace.Adapter(name: "a", sha256: digest, rank: 1, alpha: 1)
      trace.lens = Trace.Lens(kind: .tuned, norm: .final, sha256: digest)
      #expect(keys(trace) == ["model.adapter.sha256", "lens.sha256"])
    }
  }

  @Test func namesHaveNoControlCharacters() throws {
    let good = try trace(.generate(1))
    for (name, code) in [("\u{1B}[2J", "U+001B"), ("a\nb", "U+000A"), ("a\u{202E}b", "U+202E"), ("\u{2028}", "U+2028")]
    {
      var trace = good
      trace.model.name = name
      trace.model.source = name
      #expect(keys(trace) == ["model.name", "model.source"])
      #expect(trace.identityFaults().first?.reason == "a name with \(code), expected one without control characters")
    }
    var trace = good
    trace.model.name = "日本語 é (1.5B)"
    #expect(keys(trace) == [])
    trace.model.name = ""
    #expect(keys(trace) == ["model.name"])
  }

  @Test func thePromptHasAsManyTokensAsTheRestLeaves() throws {
    for (method, lengths) in [
      (Trace.Method.generate(2), [-1, 2]), (.generate(0), [-1]), (.continuation(" the cat"), [-1, 1]),
    ] {
      let good = try trace(method)
      for more in lengths {
        var trace = good
        trace.promptLength += more
        #expect(keys(trace) == ["prompt_length"], "\(method) \(more)")
      }
    }
  }
}
