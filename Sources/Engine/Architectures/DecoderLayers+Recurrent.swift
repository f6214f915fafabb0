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

  /// One convolution of queries, keys and values, which a published file holds as three, and one that transformers saved cuts into three
  /// of the same size.
  func joinedConvolution(
    _ layer: Int, _ folder: String, parts usual: [Int], kernel: Int, activation: Activation
  ) throws -> Convolution {
    func part(_ part: String, _ channels: Int) throws -> Convolution {
      try convolution(layer, "", "\(folder).\(part)", channels: channels, kernel: kernel, activation: activation)
    }
    let all = usual.reduce(0, +)
    guard weights.files.tensors.keys.contains(where: { $0.hasSuffix("_conv1d.weight") }) else {
      return try part("conv1d", all)
    }
    let letters = ["q", "k", "v"].map { "\($0)_conv1d" }
    let stored = letters.map { weights.files.tensors[name(layer, "", "\(folder).\($0).weight")]?.shape.first ?? 0 }
    // Two of them tell how all are cut, so that a missing or damaged one is named.
    let third = all / 3
    let isCut = third * 3 == all && stored.filter { $0 == third }.count >= 2
    let sizes = isCut ? [third, third, third] : usual
    let three = try zip(letters, sizes).map { try part($0, $1) }
    return Convolution(
      weights: (0..<kernel).flatMap { tap in
        three.flatMap { $0.weights[(tap * $0.channels)..<((tap + 1) * $0.channels)] }
      }, channels: all, kernel: kernel, activation: activation)
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
