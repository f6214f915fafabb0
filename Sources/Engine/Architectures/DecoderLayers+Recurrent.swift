import Foundation

/// Parts of recurrent layers that several families have.
extension DecoderLayers {
  /// A causal convolution whose weights are stored [channels, 1, kernel] in a folder and [channels, kernel] in GGUF.
  func convolution(
    _ layer: Int, _ inGGUF: String, _ inFolder: String, channels: Int, kernel: Int,
    bias: WeightLoader.Bias = .absent, activation: Activation
  ) throws -> Convolution {
    let name = name(layer, inGGUF, inFolder)
    let stored = try weights.values(
      name + ".weight", shape: isGGUF ? [channels, kernel] : [channels, 1, kernel])
    var turned = [Float](repeating: 0, count: stored.count)
    for channel in 0..<channels {
      for j in 0..<kernel { turned[j * channels + channel] = stored[channel * kernel + j] }
    }
    return Convolution(
      weights: turned, bias: try weights.bias(name + ".bias", channels, bias), channels: channels, kernel: kernel,
      activation: activation)
  }

  /// Rates of decay, negative: stored as logarithms of their size in a folder, as they are in GGUF.
  func decays(_ name: String, shape: [Int]) throws -> [Float] {
    let stored = try weights.values(name, shape: shape)
    return isGGUF ? stored : stored.map { Float(-exp(Double($0))) }
  }
}

extension ModelSettings {
  /// `layer_types` of config.json by the given names; nil if it is absent.
  func layerKinds<Kind>(_ names: KeyValuePairs<String, Kind>) throws -> [Kind]? {
    guard let types = try strings(gguf: nil, config: "layer_types") else { return nil }
    let kinds = types.compactMap { type in names.first { $0.key == type }?.value }
    guard types.count == layers, kinds.count == layers else {
      throw refuse(
        gguf: nil, config: "layer_types", found: "\(types)",
        expected: "\(layers) of " + names.map { "'\($0.key)'" }.joined(separator: " and "))
    }
    return kinds
  }

  /// Refuses heads that do not share key heads equally.
  func requireSharedHeads(_ heads: Int, _ keyHeads: Int, gguf: String, config: String) throws {
    guard heads % keyHeads != 0 else { return }
    throw refuse(gguf: gguf, config: config, found: "\(keyHeads)", expected: "a divisor of the \(heads) value heads")
  }
}
