/// A place within a block where values can be read, or replaced before they are used.
enum PartPlace: Hashable {
  /// What the heads of attention attended to, side by side, before the output projection.
  case heads
  /// Which experts' heads a token uses, and their shares: number and share of each, the best one first.
  case choice
  /// The output of attention.
  case attention
  /// The output of a recurrent layer.
  case recurrent
  /// What the mixer adds to the stream, before the block's factor: its output after a norm of its own.
  case mixerChange
  /// The stream with the mixer's share, before a norm of the stream.
  case mixed
  /// What the MLP adds to the stream, before the block's factor: its output after a norm of its own.
  case mlpChange
  /// The stream with the MLP's share, before a norm of the stream.
  case fed
  /// What a further input of the block adds.
  case perLayer
}
