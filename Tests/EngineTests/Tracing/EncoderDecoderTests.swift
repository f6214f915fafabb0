import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Encoder-decoder models")
struct EncoderDecoderTests {
  static let models = ["t5", "t5-v11"]

  private func request(
    _ text: String, decoder: String? = nil, generate: Int = 5, rows: TraceRequest.Rows = .blocks
  ) -> TraceRequest {
    TraceRequest(
      prompt: text, method: .generate(generate), watch: [.token("the")], topK: 5, columns: .all, rows: rows,
      decoder: decoder)
  }

  @Test("texts of the encoder and beginnings of the decoder change nothing of their neighbours", arguments: models)
  func batches(_ name: String) throws {
    let model = try ParityModel(name: name, kind: .safetensors).open()
    // The same text with other beginnings, the same beginnings after other texts, and one text twice.
    let requests = [
      request("The keys to the cabinet", decoder: "the key"), request("The keys to the cabinet", decoder: "the key is"),
      request("The keys", decoder: "the key"), request("a"), request("The keys to the cabinet", decoder: "the key"),
      request("in the city of London the doctor and the nurse are in the land", decoder: "the key", rows: .attention),
    ]
    let alone = try requests.map { try traceOne(model, $0).jsonData() }
    for threads in [1, 3] {
      #expect(try trace(model, requests, threads: threads).map { try $0.jsonData() } == alone)
    }
    #expect(try trace(model, requests.reversed(), threads: 2).map { try $0.jsonData() } == alone.reversed())
  }

  @Test("a text behind 300 others of the encoder is read as alone", arguments: models)
  func manyEncodedTexts(_ name: String) throws {
    let model = try ParityModel(name: name, kind: .safetensors).open()
    let texts = (0..<60).map { "the keys \($0) to the cabinet" } + [String(repeating: "the keys ", count: 200)]
    let together = try trace(model, texts.map { request($0, generate: 1) })
    for index in [0, 31, 59, 60] {
      #expect(try together[index].jsonData() == traceOne(model, request(texts[index], generate: 1)).jsonData())
    }
  }

  @Test("a generated text and the same text given have the same numbers", arguments: models)
  func generatedAndGiven(_ name: String) throws {
    let model = try ParityModel(name: name, kind: .safetensors).open()
    var asked = request("The keys to the cabinet", decoder: "the key", generate: 6)
    asked.columns = .generated
    let generated = try traceOne(model, asked)
    // The text begins with a space that every first token has, so the ids may differ: only equal ones compare.
    asked.method = .continuation(generated.tokens[generated.promptLength...].compactMap(\.text).joined())
    let given = try traceOne(model, asked)
    guard given.tokens == generated.tokens else {
      let shared = zip(given.tokens, generated.tokens).prefix { $0 == $1 }.count
      #expect(shared >= generated.promptLength)
      return
    }
    #expect(given.logprob == generated.logprob)
    #expect(given.top == generated.top)
  }

  @Test("what the encoder reads decides the decoder's words, and the trace says what it was")
  func theEncoderCounts() throws {
    let model = try ParityModel(name: "t5", kind: .safetensors).open()
    let one = try traceOne(model, request("The keys to the cabinet", decoder: "the key"))
    let other = try traceOne(model, request("in the city of London", decoder: "the key"))
    #expect(one.entropy != other.entropy)
    #expect(one.prompt == "The keys to the cabinet")
    #expect(one.encoder?.decoder == "the key")
    #expect(one.encoder?.tokens.last?.text == "</s>")
    #expect(one.tokens.first?.text == "<pad>")
    #expect(one.tokens.prefix(one.promptLength).dropFirst().compactMap(\.text).joined() == " the key")
    #expect(one.rows.count == model.layers + 1)
    #expect(try Trace.read(one.jsonData(), path: "t5.json") == one)
  }

  @Test("rows within a block come after cross attention")
  func attentionRows() throws {
    let model = try ParityModel(name: "t5-v11", kind: .safetensors).open()
    let trace = try traceOne(model, request("The keys", rows: .attention))
    #expect(trace.rows.map(\.point) == [.embedding] + (0..<3).flatMap { _ in [Trace.Row.Point.attention, .block] })
    let blocks = try traceOne(model, request("The keys"))
    #expect(trace.rank.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) == blocks.rank)
  }

  @Test("a decoder's text needs an encoder, and an encoder takes no conversation")
  func refusals() throws {
    let llama = try TinyModel.llama.open()
    #expect(throws: RunError.noDecoderBesideEncoder(model: "llama")) {
      try traceOne(llama, request("The keys", decoder: "the"))
    }
    let t5 = try ParityModel(name: "t5", kind: .safetensors).open()
    var asked = request("<s> The keys")
    asked.chat = .rendered(.given)
    #expect(throws: RunError.chatForEncoder(model: "t5")) { try traceOne(t5, asked) }
    #expect(throws: RunError.emptyPrompt(model: "t5")) { try traceOne(t5, request("")) }
  }

  @Test("an encoder alone is refused with advice")
  func encoderAlone() throws {
    let error = #expect(throws: LoadError.self) {
      try openEdited("t5") { files in
        files.tensors = files.tensors.filter { !$0.key.hasPrefix("decoder.") }
      }
    }
    #expect(error?.message == "expected a model with a decoder ('decoder.block.*'), found none")
    #expect(error?.hints.first?.contains("T5ForConditionalGeneration") == true)
  }

  @Test("copies of the table of tokens and the bias of a cross attention, as published files hold them, change nothing")
  func publishedCopies() throws {
    let model = try ParityModel(name: "t5", kind: .safetensors).open()
    let asked = request("The keys to the cabinet")
    let expected = try traceOne(model, asked)
    let published = try openEdited("t5") { files in
      let table = files.tensors["shared.weight"]
      for name in ["encoder.embed_tokens", "decoder.embed_tokens", "lm_head"] {
        files.set(name + ".weight", shape: table?.shape ?? [], files.values("shared.weight"))
      }
      files.set(
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", shape: [8, 3],
        Array(repeating: 1, count: 24))
    }
    #expect(try traceOne(published, asked).logprob == expected.logprob)
    let renamed = try openEdited("t5") { files in
      files.set(
        "decoder.embed_tokens.weight", shape: files.tensors["shared.weight"]?.shape ?? [], files.values("shared.weight")
      )
      files.tensors["shared.weight"] = nil
    }
    #expect(try traceOne(renamed, asked).logprob == expected.logprob)
  }

  @Test("the scale of the decoder's outputs follows the setting of ties, or its own")
  func scaledOutputs() throws {
    let scaled = try openEdited("t5") { _ in }.network.output.head.scale
    #expect(scaled == 0.25)
    #expect(try openEdited("t5") { $0.settings["scale_decoder_outputs"] = false }.network.output.head.scale == 1)
    let untied = try openEdited("t5") { files in
      files.settings["tie_word_embeddings"] = false
      files.set("lm_head.weight", shape: files.tensors["shared.weight"]?.shape ?? [], files.values("shared.weight"))
    }
    #expect(untied.network.output.head.scale == 1)
    #expect(try openEdited("t5-v11") { _ in }.network.output.head.scale == 1)
  }

  @Test("a GGUF file without a head of its own does not say whether outputs are scaled, and is refused")
  func tiedGGUF() throws {
    func open(_ edit: (EditedFiles) -> Void) throws -> LanguageModel {
      let files = EditedFiles(try openModelFiles(path: Fixtures.url("models/mt5/mt5.gguf").path))
      edit(files)
      return try LanguageModel(files, identity: ModelIdentity(name: "mt5", sha256: ""))
    }
    #expect(try ParityModel(name: "mt5", kind: .gguf).open().network.output.head.scale == 1)
    let tied = #expect(throws: LoadError.self) { try open { $0.tensors["output.weight"] = nil } }
    #expect(tied?.message == "expected a model with a head of its own ('output.weight'), found none")
    #expect(tied?.hints.first?.contains("llama.cpp does not") == true)
    let encoder = #expect(throws: LoadError.self) {
      try open { files in files.tensors = files.tensors.filter { !$0.key.hasPrefix("dec.") } }
    }
    #expect(encoder?.message == "expected a model with a decoder ('dec.blk.*'), found none")
  }

  @Test("the buckets of distances are those of transformers")
  func buckets() {
    func buckets(_ count: Int, _ farthest: Int, twoSided: Bool) -> [Int] {
      let all = PositionBuckets(
        values: [Float](repeating: 0, count: count), heads: 1, farthest: farthest, isTwoSided: twoSided)
      return [-200, -128, -100, -64, -20, -16, -9, -8, -7, -1, 0, 1, 7, 8, 9, 16, 20, 64, 100, 128, 200].map(all.bucket)
    }
    // T5Attention._relative_position_bucket of transformers 5.24.
    #expect(
      buckets(32, 128, twoSided: true)
        == [15, 15, 15, 14, 10, 10, 8, 8, 7, 1, 0, 17, 23, 24, 24, 26, 26, 30, 31, 31, 31])
    #expect(
      buckets(32, 128, twoSided: false)
        == [31, 31, 30, 26, 17, 16, 9, 8, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(
      buckets(8, 20, twoSided: true) == [3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 0, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7])
  }
}
