import Traces

extension Trace.Row {
  /// The name on axes and in tables: "embedding", "5", "5 attn.", "5 mixer".
  package var name: String {
    switch point {
    case .embedding: "embedding"
    case .block: "\(layer)"
    case .attention: "\(layer) attn."
    case .mixer: "\(layer) mixer"
    }
  }

  /// The name within a sentence: "the embedding", "layer 5".
  package var phrase: String {
    switch point {
    case .embedding: "the embedding"
    case .block: "layer \(layer)"
    case .attention: "the attention of layer \(layer)"
    case .mixer: "the mixer of layer \(layer)"
    }
  }
}
