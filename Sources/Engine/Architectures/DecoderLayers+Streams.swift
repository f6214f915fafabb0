extension DecoderLayers {
  /// The numbers that a product of all normed streams of a token gives, of as many kinds as there are scales.
  ///
  /// - Parameter name: The whole name of one of the parts `fn`, `base` and `scale`.
  func streamMixture(
    streams: Int, numbers: Int, kinds: Int, name: (_ part: String) -> String
  ) throws -> StreamMixture {
    let all = streams * settings.width
    return StreamMixture(
      norm: plainNorm(width: all), projection: Projection(weights: try weights.matrix(name("fn"), numbers, all)),
      base: try streamVector(name("base"), numbers), scales: try streamVector(name("scale"), kinds))
  }

  /// A vector; zeros where the output alone is opened without it, whose states are those that the head reads.
  private func streamVector(_ name: String, _ count: Int) throws -> [Float] {
    if weights.files.isOutputAlone, !weights.contains(name) { return [Float](repeating: 0, count: count) }
    return try weights.vector(name, count)
  }
}

extension ModelSettings {
  /// A number of streams, or of steps between them, no larger than any model has.
  func streamCount(_ key: String, most: Int) throws -> Int {
    let found = try requiredCount(gguf: "", config: key)
    guard found <= most else {
      throw refuse(gguf: nil, config: key, found: "\(found)", expected: "1 to \(most)")
    }
    return found
  }
}
