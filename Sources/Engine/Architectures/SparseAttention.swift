/// Attention that looks at a number of chosen positions, as far as it looks at all of them.
///
/// A text of at most that many tokens is attended to as a whole, whatever would choose (DeepSeek V3.2's indexer), which then
/// need not run. Longer texts are refused by their length.
struct SparseAttention {
  /// The most positions that a query looks at.
  let reach: Int

  /// Reads the reach by the name of its setting; `names` are settings of what chooses.
  init(_ settings: ModelSettings, reach key: String, names: [String]) throws {
    self.init(settings, reach: try settings.requiredCount(gguf: "", config: key), names: names)
  }

  /// The same with a reach that the family reads.
  init(_ settings: ModelSettings, reach: Int, names: [String]) {
    self.reach = reach
    settings.changesNothing(config: names, because: "texts are short enough that all positions are chosen")
  }

  /// Passes over the tensors of what chooses in a block.
  func passOver(_ decoder: DecoderLayers, _ layer: Int, _ folder: String) {
    decoder.weights.passOver(
      prefix: decoder.name(layer, "", folder + "."),
      what: "it chooses the positions that are looked at in texts of more than \(reach) tokens")
  }

  /// The network, which describes texts up to the reach.
  func bound(_ network: Network, _ settings: ModelSettings) -> Network {
    var network = network
    network.longestDescribed = reach
    if settings.context > reach {
      settings.files.notes.add(
        "texts have at most \(reach) of the \(settings.context) tokens that the model takes: in longer ones its "
          + "attention leaves out positions, which is not followed", at: settings.files.path)
    }
    return network
  }
}
