import Engine
import Foundation
import Testing
import Traces

@testable import Spec
@testable import Words

/// Prompts for models with an encoder.
@Suite struct EncoderSpecTests {
  private func spec(_ prompt: String, figures: String = "[top-tokens]") throws -> ReportSpec {
    let yaml = "models: {a: smollm2-135m}\nprompts: [{id: one, \(prompt)}]\nfigures: \(figures)\n"
    return try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .test)
  }

  private func problem(_ prompt: String, figures: String = "[top-tokens]") -> String {
    #expect(throws: DiagnosticList.self) { try spec(prompt, figures: figures) }?.diagnostics.map(\.rendered)
      .joined(separator: "\n") ?? ""
  }

  @Test func theBeginningOfTheDecodersTextIsAsked() throws {
    let read = try spec("text: \"to German: house\", decoder: \"Das Haus\", generate: 2")
    #expect(read.prompts[0].decoder == "Das Haus")
    let request = read.request(forPrompt: 0, of: 0)
    #expect(request.prompt == "to German: house" && request.decoder == "Das Haus")
    #expect(try spec("text: A").prompts[0].decoder == nil)
  }

  @Test func aConversationHasNoDecoder() {
    for keys in ["chat: A", "rendered: A", "messages: [{role: user, content: A}]"] {
      #expect(problem("\(keys), decoder: B").contains("prompt 'one' has decoder with a conversation"))
    }
    #expect(problem("text: A, decoder: \"\"").contains("decoder of prompt 'one'"))
  }

  @Test func aMaskIsAnOutput() throws {
    #expect(problem("text: Paris", figures: "[rank-heatmap]").contains("rank-heatmap"))
    for mask in ["[MASK]", "<mask>"] {
      let read = try spec("text: \"the \(mask) and the \(mask)\"", figures: "[rank-heatmap]")
      #expect(read.prompts[0].masks == 2 && read.prompts[0].hasOutput)
    }
  }
}
