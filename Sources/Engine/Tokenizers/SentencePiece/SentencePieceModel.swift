import Traces

/// The content of a SentencePiece `tokenizer.model`.
///
/// A protobuf with the fields of sentencepiece's `sentencepiece_model.proto`; absent fields have the defaults of that file.
struct SentencePieceModel {
  /// A token of the vocabulary.
  struct Piece: Equatable {
    /// `SentencePiece.Type` of the proto.
    enum Kind: Int { case normal = 1, unknown, control, userDefined, unused, byte }
    var text: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    var score: Float = 0
    var kind = Kind.normal

    static func == (a: Piece, b: Piece) -> Bool {
      a.text.elementsEqual(b.text) && a.score == b.score && a.kind == b.kind
    }
  }

  /// `TrainerSpec.ModelType` of the proto.
  enum Algorithm: Int { case unigram = 1, bytePairs, word, character }

  /// The bytes that pieces and the map of characters point into.
  let map: MemoryMap
  private(set) var pieces: [Piece] = []
  private(set) var algorithm = Algorithm.unigram
  private(set) var fallsBackToBytes = false
  private(set) var unknownID = 0
  private(set) var beginID = 1
  private(set) var endID = 2
  private(set) var unknownPiece = "<unk>"
  private(set) var beginPiece = "<s>"
  private(set) var endPiece = "</s>"
  private(set) var addsDummyPrefix = true
  private(set) var removesExtraWhitespace = true
  private(set) var escapesWhitespace = true
  /// A compiled map of characters; empty for none.
  private(set) var charactersMap = UnsafeRawBufferPointer(start: nil, count: 0)
  private var hasSuffixWhitespace = false

  /// Reads a file.
  ///
  /// Throws `FileError` when it cannot be read, `TokenizerError.damaged` when it is not such a model.
  init(path: String) throws {
    map = try MemoryMap(ModelFile(path, as: .vocabulary))
    do {
      try read(map.bytes)
    } catch let fault as ProtobufReader.Fault {
      throw TokenizerError.damaged(
        path: path, expected: "\(fault.expected) at byte \(fault.offset) of a SentencePiece model", found: fault.found)
    }
    guard !pieces.isEmpty else {
      throw TokenizerError.damaged(path: path, expected: "the pieces of a SentencePiece model", found: "none")
    }
    guard algorithm == .unigram || algorithm == .bytePairs else {
      throw TokenizerError.unknownComponent(
        path: path, kind: "SentencePiece algorithm", name: "\(algorithm)", known: ["unigram", "bytePairs"])
    }
    guard !hasSuffixWhitespace else {
      throw TokenizerError.unsupportedSetting(
        path: path, component: "SentencePiece", setting: "treat_whitespace_as_suffix", found: "true", expected: "false")
    }
    guard !pieces.contains(where: { String(validating: $0.text, as: UTF8.self) == nil }) else {
      throw TokenizerError.damaged(path: path, expected: "pieces in UTF-8", found: "other bytes")
    }
  }

  // The numbers are those of the fields in sentencepiece_model.proto.

  private mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let message)): pieces.append(try piece(message, base: reader.offset - message.count))
      case (2, .bytes(let message)): try readTrainer(message, base: reader.offset - message.count)
      case (3, .bytes(let message)): try readNormalizer(message, base: reader.offset - message.count)
      default: break  // test data and the way back to text
      }
    }
  }

  private func piece(_ bytes: UnsafeRawBufferPointer, base: Int) throws -> Piece {
    var reader = ProtobufReader(bytes, base: base)
    var piece = Piece()
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .bytes(let text)): piece.text = text
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .varint(let number)):
        guard let kind = Piece.Kind(rawValue: Int(truncatingIfNeeded: number)) else {
          throw ProtobufReader.Fault(offset: reader.offset, expected: "a type of piece from 1 to 6", found: "\(number)")
        }
        piece.kind = kind
      default: break
      }
    }
    return piece
  }

  private mutating func readTrainer(_ bytes: UnsafeRawBufferPointer, base: Int) throws {
    var reader = ProtobufReader(bytes, base: base)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (3, .varint(let number)):
        guard let found = Algorithm(rawValue: Int(truncatingIfNeeded: number)) else {
          throw ProtobufReader.Fault(offset: reader.offset, expected: "a model type from 1 to 4", found: "\(number)")
        }
        algorithm = found
      case (24, .varint(let number)): hasSuffixWhitespace = number != 0
      case (35, .varint(let number)): fallsBackToBytes = number != 0
      case (40, .varint(let number)): unknownID = Int(truncatingIfNeeded: Int64(bitPattern: number))
      case (41, .varint(let number)): beginID = Int(truncatingIfNeeded: Int64(bitPattern: number))
      case (42, .varint(let number)): endID = Int(truncatingIfNeeded: Int64(bitPattern: number))
      case (45, .bytes(let text)): unknownPiece = String(decoding: text, as: UTF8.self)
      case (46, .bytes(let text)): beginPiece = String(decoding: text, as: UTF8.self)
      case (47, .bytes(let text)): endPiece = String(decoding: text, as: UTF8.self)
      default: break  // how it was trained
      }
    }
  }

  private mutating func readNormalizer(_ bytes: UnsafeRawBufferPointer, base: Int) throws {
    var reader = ProtobufReader(bytes, base: base)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (2, .bytes(let compiled)): charactersMap = compiled
      case (3, .varint(let number)): addsDummyPrefix = number != 0
      case (4, .varint(let number)): removesExtraWhitespace = number != 0
      case (5, .varint(let number)): escapesWhitespace = number != 0
      default: break  // the name, and the source that the map was compiled from
      }
    }
  }
}
