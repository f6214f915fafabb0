import Traces

/// A folder whose `quantization_config` this engine does not support, or whose quantised tensors do not match it.
public enum QuantizationError: EngineError, Equatable {
  /// An unsupported method; `bits` if the settings state them.
  case unsupportedMethod(method: String, bits: Int?, path: String)
  /// A `quantization_config` without a method.
  case missingMethod(key: String, path: String)
  /// An unsupported value.
  case badSetting(key: String, path: String, found: String, expected: String)
  /// A quantised tensor without its scales, or scales without their tensor.
  case missingPart(tensor: String, part: String, path: String)
  /// Scales or blocks whose shape or type does not match their tensor.
  case badPart(tensor: String, path: String, found: String, expected: String)
  /// A scale that is not a finite number.
  case badScale(tensor: String, path: String, index: Int, value: String)

  /// The file.
  public var place: String {
    switch self {
    case .unsupportedMethod(_, _, let path), .missingMethod(_, let path), .badSetting(_, let path, _, _),
      .missingPart(_, _, let path), .badPart(_, let path, _, _), .badScale(_, let path, _, _):
      path
    }
  }

  /// What was expected and found.
  public var message: String {
    switch self {
    case .unsupportedMethod(let method, let bits, _):
      "the weights are quantised with '\(method)'" + (bits.map { " (\($0) bits)" } ?? "") + ", which is not supported"
    case .missingMethod(let key, _):
      "setting '\(key).quant_method' is missing: the weights are quantised by an unknown method"
    case .badSetting(let key, _, let found, let expected):
      "setting '\(key)' is \(found), expected \(expected)"
    case .missingPart(let tensor, let part, _):
      "tensor '\(tensor)' is quantised, but its '\(part)' is missing"
    case .badPart(let tensor, _, let found, let expected):
      "tensor '\(tensor)' is \(found), expected \(expected)"
    case .badScale(let tensor, _, let index, let value):
      "tensor '\(tensor)' holds \(value) at value \(index), expected finite scales"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .unsupportedMethod("bitsandbytes", _, _):
      [
        "load it with transformers and save it dequantised: model = AutoModelForCausalLM.from_pretrained(...); "
          + "model.dequantize(); model.save_pretrained(...)",
        "or use a GGUF of the model, or the repository it was quantised from",
      ]
    case .unsupportedMethod, .badSetting:
      [
        "use a GGUF of the model, or the repository it was quantised from",
        "supported: " + QuantizationScheme.all.map { "'\($0.method)'" }.joined(separator: ", "),
      ]
    case .missingMethod:
      ["transformers also needs it; is the config.json complete?"]
    case .missingPart, .badPart:
      ["the numbers would be wrong, so the model is refused; is the folder complete, and is it what it says it is?"]
    case .badScale:
      ["the file is damaged, or its conversion went wrong; fetch or convert it again"]
    }
  }
}
