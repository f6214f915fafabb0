extension DatasetSummary {
  /// What the items of a dataset are, where they are no prompts with one word after them.
  public enum Form: String, Codable, Hashable, Sendable, CaseIterable {
    /// Two sentences each: which of them is likelier?
    case sentences
    /// Texts, of which every token after the first is predicted.
    case corpus
  }

  /// How the log-probabilities of the tokens of one text become one number.
  public enum Score: String, Codable, Hashable, Sendable, CaseIterable {
    /// Their sum: the log-probability of the text.
    case sum
    /// Their mean: the sum over the number of tokens.
    case mean
  }

  /// What a corpus shows beside the log-probability of its tokens: `logprob` and `top1` of its group are shares of tokens.
  public struct Corpus: Encodable, Equatable, Sendable {
    /// Tokens that are predicted.
    public var tokens: Int
    /// UTF-8 bytes of these tokens.
    public var bytes: Int
    /// Bits that the text takes for each byte: comparable between tokenizers.
    public var bitsPerByte: Curve
    /// Mean divergence of the row from the last one, KL(last || row), in nats.
    public var kl: Curve
    /// Mean entropy of the row's distribution, in nats.
    public var entropy: Curve
    /// Share of tokens before which the row and the last one have the same best token.
    public var agreement: Curve

    /// From its parts.
    package init(
      tokens: Int, bytes: Int, bitsPerByte: Curve, kl: Curve, entropy: Curve, agreement: Curve
    ) {
      self.tokens = tokens
      self.bytes = bytes
      self.bitsPerByte = bitsPerByte
      self.kl = kl
      self.entropy = entropy
      self.agreement = agreement
    }

    enum CodingKeys: String, CodingKey {
      case tokens, bytes, kl, entropy, agreement
      case bitsPerByte = "bits_per_byte"
    }
  }

  /// The numbers of each item, where they are kept: what paired comparisons are made of.
  public struct Items: Encodable, Equatable, Sendable {
    /// SHA-256 of the items' texts, so that only numbers of the same items are compared.
    public var sha256: String
    /// Values of the group columns. [item][column]
    public var groups: [[String]]
    /// What items of two groups that belong together share; nil without such a column. [item]
    public var pairs: [String]?
    /// 1 where the item counts as right, 0.5 for equal logits or probabilities; nil for a corpus. [row][item]
    public var right: [[Double]]?
    /// Log-probability of the target, the sentence, or the whole text. [row][item]
    public var logprob: [[Float]]
    /// Bytes of the predicted tokens of a text; nil for what is no corpus. [item]
    public var bytes: [Int]?

    /// From its parts.
    package init(
      sha256: String, groups: [[String]], pairs: [String]?, right: [[Double]]?, logprob: [[Float]], bytes: [Int]?
    ) {
      self.sha256 = sha256
      self.groups = groups
      self.pairs = pairs
      self.right = right
      self.logprob = logprob
      self.bytes = bytes
    }
  }
}

extension DatasetItem {
  /// The sums over the predicted tokens of a text.
  public struct Passage: Encodable, Equatable, Sendable {
    /// Tokens that are predicted.
    public var tokens: Int
    /// UTF-8 bytes of these tokens.
    public var bytes: Int
    /// Sum of the divergences from the last row, in nats. [row]
    public var kl: [Float]
    /// Sum of the entropies, in nats. [row]
    public var entropy: [Float]
    /// Tokens before which the row and the last one have the same best token. [row]
    public var agreement: [Int]
    /// Tokens of rank 1. [row]
    public var first: [Int]

    /// From its parts.
    package init(tokens: Int, bytes: Int, kl: [Float], entropy: [Float], agreement: [Int], first: [Int]) {
      self.tokens = tokens
      self.bytes = bytes
      self.kl = kl
      self.entropy = entropy
      self.agreement = agreement
      self.first = first
    }
  }

  /// The surprisal of each word of a text.
  public struct Words: Encodable, Equatable, Sendable {
    /// The words: what stands between white space.
    public var texts: [String]
    /// Number of tokens of each word. [word]
    public var tokens: [Int]
    /// Minus the log-probability of the word's tokens, in nats; nil for a word whose first token is not predicted. [row][word]
    public var surprisal: [[Float?]]
    /// The same for the word with its end, the space before it not counted (Pimentel and Meister 2024). [row][word]
    public var corrected: [[Float?]]

    /// From its parts.
    package init(texts: [String], tokens: [Int], surprisal: [[Float?]], corrected: [[Float?]]) {
      self.texts = texts
      self.tokens = tokens
      self.surprisal = surprisal
      self.corrected = corrected
    }
  }
}
