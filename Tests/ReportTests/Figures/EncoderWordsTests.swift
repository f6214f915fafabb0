import Traces
import Testing

@testable import Figures
@testable import Findings
@testable import Words

/// Captions of models with an encoder say what is read and what is predicted.
@Suite struct EncoderWordsTests {
  /// A trace of a model that fills in six masks, the words "next" and "is" watched.
  private var masked: Trace {
    var trace = SampleTraces.trace(layers: 3, columns: 6, texts: [.text(" London")], watch: [" is", " are"])
    trace.masks = Array(1...6)
    trace.columns = (1...6).map { Trace.Column(position: $0, target: 1000) }
    (trace.promptLength, trace.method) = (trace.tokens.count, .generate(0))
    return trace
  }

  /// The same of an encoder-decoder model, whose decoder began with two tokens.
  private func encoded(decoder: String?) -> Trace {
    var trace = SampleTraces.trace(layers: 3, columns: 6, texts: [.text(" London")], watch: [" is", " are"])
    trace.encoder = Trace.EncoderText(tokens: [.init(id: 7, text: "Heathrow", bytes: nil)], decoder: decoder)
    return trace
  }

  /// Parts and patched runs of models with an encoder are refused.
  private var kinds: [FigureKind] {
    FigureKind.all.filter { ![.dataset, .attribution, .patching].contains($0.needs) }
  }

  private func words(_ description: FigureDescription) -> [String] {
    [description.title, description.caption.text, description.alt, description.finding ?? ""]
  }

  @Test func noFigureOfAMaskedModelSpeaksOfTheNextToken() throws {
    for kind in kinds {
      let description = try kind.describe(masked, options: try kind.parse([:]))
      for text in words(description) {
        #expect(!text.contains(/next|____|after the prompt|final norm/), "\(kind.name): \(text)")
      }
    }
  }

  @Test func bothViewsOfAMaskedModelSpeakOfTheMask() throws {
    func caption(_ kind: String) throws -> String {
      let kind = try FigureKind.named(kind)
      return try kind.describe(masked, options: try kind.parse([:])).caption.text
    }
    #expect(try caption("token-ranks").contains("as the masked token of “Heathrow airport is located in the city of”"))
    #expect(try caption("top-tokens").contains("The most probable masked tokens"))
    #expect(try caption("lens-grid").contains("The masked token that every layer"))
    #expect(try caption("token-strip").contains("of the model’s choice there"))
    #expect(try caption("rank-heatmap").contains("logit lens through the head for masked tokens"))
  }

  @Test func theOutputOfAMaskedModelIsWhatItPutsAtTheMasks() throws {
    let findings = try #require(TraceFindings(masked))
    #expect(findings.output.map(\.position) == Array(1...6))
    #expect(findings.isMasked)
    var one = masked
    one.watch = []
    one.masks = [3]
    one.columns = [Trace.Column(position: 3, target: 1000)]
    for row in one.rows.indices {
      one.rank[row] = [1]
      one.logprob[row] = [-0.5]
      one.entropy[row] = [1]
      one.kl[row] = [0]
      one.top.ids[row] = [one.top.ids[row][0]]
      one.top.logprobs[row] = [one.top.logprobs[row][0]]
    }
    #expect(TraceFindings(one)?.sentence?.contains("is the most probable masked token") == true)
  }

  @Test func theModelIsSaidToBeAMaskedOne() {
    #expect(Wording.masks([encoded(decoder: nil)]) == [])
    #expect(
      Wording.masks([masked]) == [
        "Sample 135M is a masked language model: every position sees the whole text, the state at a mask is read through its head "
          + "for masked tokens and predicts the token at the mask itself, and the output there is its own choice."
      ])
  }

  @Test func anArrowStandsBetweenEncoderAndDecoder() throws {
    #expect(encoded(decoder: nil).promptLine == "Heathrow airport is located in the city of →")
    #expect(encoded(decoder: "Das Haus").promptLine == "Heathrow airport is located in the city of → Das Haus")
    for kind in kinds {
      let trace = encoded(decoder: "Das Haus")
      let drawn = try FigureRecipes().draw(kind.name, [trace], options: [:], style: FigureStyle())
      let caption = drawn.caption
      #expect(
        caption.contains("Sample 135M is an encoder-decoder model: its encoder reads the text before “→”"),
        "\(kind.name)")
      #expect(caption.contains("→ Das Haus"), "\(kind.name): \(caption)")
    }
    #expect(Wording.encoders([masked]) == [])
    #expect(
      Wording.method(.generate(2), decoder: "Das") == "the decoder begins with “Das”; 2 tokens generated, greedily")
    #expect(Wording.method(.generate(0), decoder: nil) == nil)
  }
}
