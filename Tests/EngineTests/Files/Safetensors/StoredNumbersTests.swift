import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Folders of Tests/Fixtures/stored (Tools/make_stored_number_fixtures.py).
@Suite("Folders with quantised weights, doubles and eight-bit floats")
struct StoredNumbersTests {
  static let models = ["fp8", "fp8-tensor", "compressed-channel", "f64", "f8", "deepseek4-fp4"]

  private func files(_ name: String) throws -> SafetensorsFiles {
    try SafetensorsFiles(folder: Fixtures.url("stored/\(name)/hf").path)
  }

  @Test(arguments: models) func everyTensorHasTheReferenceBits(_ name: String) throws {
    let digests = try JSONDecoder().decode(
      [String: String].self, from: Fixtures.data("stored/\(name)/digests.json"))
    let files = try files(name)
    #expect(files.tensors.keys.sorted() == digests.keys.sorted())
    for (tensor, digest) in digests {
      let values = try #require(files.tensors[tensor]).values
      #expect(values.withUnsafeBytes { SHA256.hex(of: $0) } == digest, "\(tensor)")
    }
  }

  @Test(arguments: models) func lensEqualsTheReference(_ name: String) throws {
    let expected = try JSONDecoder().decode(
      ExpectedModel.self, from: Fixtures.data("stored/\(name)/expected.json"))
    let model = try openModel(Fixtures.url("stored/\(name)/hf"), name: name)
    for norm in Trace.Lens.Norm.allCases {
      var comparison = LensComparison(tolerance: norm == .final ? expected.tolerance : expected.rawTolerance)
      for prompt in expected.prompts {
        let trace = try traceOne(
          model,
          TraceRequest(
            prompt: prompt.text, method: .generate(expected.generate), watch: [], topK: expected.top, columns: .all,
            norm: norm))
        #expect(trace.tokens.map(\.id) == prompt.ids + prompt.generated)
        comparison.compare(
          trace, columns: Array(trace.columns.indices), with: norm == .final ? prompt.normed : prompt.raw,
          context: "\(name), \(norm)")
      }
      print("\(name), norm \(norm.rawValue): \(comparison.summary)")
      #expect(comparison.disagreements == [])
    }
  }

  @Test func wholeBlocksStayEightBitsWide() throws {
    let tensors = try files("fp8").tensors
    #expect(tensors["model.layers.0.mlp.up_proj.weight"]?.format == .fp8)
    // Its rows are no multiple of 128.
    #expect(tensors["model.layers.0.mlp.down_proj.weight"]?.format == .f32)
    #expect(try files("fp8").notes.all.count == 1)
  }

  @Test func expertsInFP4StayFourBitsWide() throws {
    let files = try files("deepseek4-fp4")
    #expect(files.tensors["layers.0.ffn.experts.0.w1.weight"]?.format == .mxfp4)
    // Its scales are powers of two under another name.
    #expect(files.tensors["layers.0.ffn.shared_experts.w1.weight"]?.shape == [32, 64])
    #expect(files.otherTensors.isEmpty)
    #expect(files.notes.all.contains { $0.message.hasPrefix("weights are stored in FP8 and FP4") })
  }

  @Test func expertsInMXFP4HaveTheReferenceValues() throws {
    let files = try SafetensorsFiles(folder: Fixtures.url("stored/mxfp4").path)
    let tensor = try #require(files.tensors["experts.gate_up_proj"])
    #expect(tensor.shape == [2, 6, 64] && tensor.format == .mxfp4)
    #expect(files.otherTensors.isEmpty)
    let expected = try Fixtures.data("stored/mxfp4/values.float32").withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    }
    // The same numbers; the code of -0 is +0 in ggml's table, which no sum can tell apart.
    #expect(tensor.values == expected)
    #expect(try WeightLoader(files).stack("experts.gate_up_proj", 2, 6, 64).count == 2)
  }
}

/// What is refused, each with the right reason.
@Suite struct QuantizationErrorTests {
  private func open(_ settings: String) throws -> SafetensorsFiles {
    try withTemporaryFolder { folder in
      let config = #"{"model_type": "llama", "quantization_config": \#(settings)}"#
      let header = [
        RawSafetensors.tensor("a.weight", "F8_E4M3", [2, 2], 0..<4),
        RawSafetensors.tensor("a.weight_scale_inv", "F32", [2], 4..<12),
      ].joined(separator: ", ")
      try RawSafetensors.write(
        ["config.json": Array(config.utf8), "model.safetensors": RawSafetensors.file("{\(header)}", data: 12)],
        to: folder)
      return try SafetensorsFiles(folder: folder.path)
    }
  }

  private func message(_ settings: String) -> String? {
    do {
      _ = try open(settings)
      return nil
    } catch {
      return (error as? QuantizationError)?.message
    }
  }

  @Test(arguments: [
    (#"{"quant_method": "bitsandbytes", "load_in_4bit": true}"#, "'bitsandbytes' (4 bits)"),
    (#"{"load_in_8bit": true}"#, "'bitsandbytes' (8 bits)"),
    (#"{"quant_method": "gptq", "bits": 4}"#, "'gptq' (4 bits)"),
    (#"{"quant_method": "hqq"}"#, "'hqq'"),
    (#"{"quant_method": "something new"}"#, "'something new'"),
  ])
  func methodsThatAreNotReadAreNamed(_ settings: String, _ expected: String) {
    #expect(message(settings) == "the weights are quantised with \(expected), which is not supported")
  }

  @Test(arguments: [
    (#"{"quant_method": "fp8", "weight_block_size": [0, 1]}"#, "quantization_config.weight_block_size"),
    (#"{"quant_method": "fp8", "fmt": "e5m2"}"#, "quantization_config.fmt"),
    (#"{"quant_method": "fp8", "modules_to_not_convert": ["a"]}"#, "quantization_config.modules_to_not_convert"),
    (#"{"quant_method": "compressed-tensors", "format": "pack-quantized"}"#, "quantization_config.format"),
  ])
  func valuesThatCannotBeFollowedAreNamed(_ settings: String, _ key: String) {
    #expect(message(settings)?.hasPrefix("setting '\(key)' is ") == true)
  }

  /// A folder with one tensor and its scales.
  private func message(
    _ settings: String, more: String = "", _ dtype: String, _ shape: [Int], scale: (name: String, dtype: String),
    _ scaleShape: [Int], data: [UInt8]
  ) throws -> String? {
    try withTemporaryFolder { folder in
      let config = #"{"model_type": "llama"\#(more), "quantization_config": \#(settings)}"#
      let count = shape.reduce(1, *)
      let header = [
        RawSafetensors.tensor("a.weight", dtype, shape, 0..<count),
        RawSafetensors.tensor(scale.name, scale.dtype, scaleShape, count..<data.count),
      ].joined(separator: ", ")
      try RawSafetensors.write(
        ["config.json": Array(config.utf8), "model.safetensors": RawSafetensors.file("{\(header)}", bytes: data)],
        to: folder)
      do {
        _ = try SafetensorsFiles(folder: folder.path)
        return nil
      } catch let error as QuantizationError {
        return error.message
      }
    }
  }

  @Test(arguments: [
    (#"{"quant_method": "fp8", "expert_dtype": "fp4"}"#, "", "F8_E8M0", [2, 1], UInt8(127), String?.none),
    (#"{"quant_method": "fp8"}"#, #", "expert_dtype": "fp4""#, "U8", [2, 1], 127, nil),
    (
      #"{"quant_method": "fp8"}"#, "", "F8_E8M0", [2, 1], 127,
      "setting 'quantization_config.expert_dtype' is 'fp8', but 'a.weight' is stored as I8, expected 'fp4'"
    ),
    (
      #"{"quant_method": "fp8", "expert_dtype": "fp6"}"#, "", "F8_E8M0", [2, 1], 127,
      "setting 'quantization_config.expert_dtype' is 'fp6', expected 'fp8' or 'fp4'"
    ),
    (
      #"{"quant_method": "fp8"}"#, #", "expert_dtype": "fp6""#, "F8_E8M0", [2, 1], 127,
      "setting 'expert_dtype' is 'fp6', expected 'fp8' or 'fp4'"
    ),
    (
      #"{"quant_method": "fp8", "expert_dtype": "fp4"}"#, "", "F8_E8M0", [1, 2], 127,
      "tensor 'a.scale' is of shape [1, 2], expected a scale for 32 values of 'a.weight', two in each of its bytes of shape [2, 16]"
    ),
    (
      #"{"quant_method": "fp8", "expert_dtype": "fp4"}"#, "", "F8_E8M0", [2, 1], 255,
      "tensor 'a.scale' holds nan (255) at value 0, expected finite scales"
    ),
    (
      #"{"quant_method": "fp8", "expert_dtype": "fp4"}"#, "", "F8_E5M2", [2, 1], 127,
      "tensor 'a.scale' is stored as F8_E5M2, expected F8_E8M0 or U8"
    ),
  ])
  func expertsInFP4(
    _ settings: String, _ more: String, _ dtype: String, _ shape: [Int], _ scale: UInt8, _ expected: String?
  ) throws {
    let found = try message(
      settings, more: more, "I8", [2, 16], scale: ("a.scale", dtype), shape,
      data: [UInt8](repeating: 0x21, count: 32) + [scale, scale])
    #expect(found == expected)
  }

  @Test(arguments: [("F8_E8M0", "a.scale"), ("U8", "a.weight_scale_inv"), ("F8_E8M0", "a.qscale_weight")])
  func scalesArePowersOfTwo(_ dtype: String, _ name: String) throws {
    func message(_ byte: UInt8) throws -> String? {
      try self.message(
        #"{"quant_method": "fp8"}"#, "F8_E4M3", [2, 2], scale: (name, dtype), [1, 1], data: [1, 2, 3, 4, byte])
    }
    #expect(try message(127) == nil)
    #expect(try message(0) == nil)
    #expect(try message(255) == "tensor '\(name)' holds nan at value 0, expected finite scales")
  }

  @Test func scalesMustFit() {
    #expect(
      message(#"{"quant_method": "fp8"}"#)
        == "tensor 'a.weight_scale_inv' is of shape [2], expected shape [1, 1] for 'a.weight' of shape [2, 2]")
    #expect(
      message(#"{"bits": 4}"#)
        == "setting 'quantization_config.quant_method' is missing: the weights are quantised by an unknown method")
  }
}
