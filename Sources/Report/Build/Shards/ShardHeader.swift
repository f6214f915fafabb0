import Engine
import Files
import Foundation
import Models
import Spec
import Traces
import Words

/// The first line of a shard: which model ran, how, and for which part of which spec.
struct ShardHeader: Codable, Equatable {
  static let schemaName = "strata.shard/1"

  var schema = ShardHeader.schemaName
  /// Name of the spec.
  var spec: String
  /// "3/16".
  var shard: String
  /// The model's name in the spec.
  var name: String
  /// The build of the program that ran it.
  var program = StrataVersion.program
  var model: RecordedModel
  /// The name of the lens's file, for warnings.
  var lens: String?
  /// Files of chat templates beside the model.
  var chat: [FileRecord]?
  /// Whether words that figures of the spec mark are single tokens of the model.
  var words: [String: Bool]?
  /// The datasets of the spec whose items are in the shard.
  var datasets: [Dataset]?
  /// Lines that follow; nil while the shard is being made.
  var cells: Int?
  /// SHA-256 of all that follows; nil while the shard is being made.
  var sha256: String?

  /// What a dataset's summary needs besides its items.
  struct Dataset: Codable, Equatable, Hashable {
    var name: String
    var items: Int
    var groupColumns: [String]
    var firstToken: Bool
    var norm: Trace.Lens.Norm
    var resamples: Int
    var seed: UInt64
    var level: Double
    var patch: [Trace.Patching.Place]?
    var attribute: Bool?
    var form: DatasetSummary.Form?
    var score: DatasetSummary.Score?
    var keepsItems: Bool?
    var words: Bool?

    init(_ request: DatasetRequest) {
      name = request.name
      items = request.items.count
      groupColumns = request.groupColumns
      firstToken = request.firstToken
      norm = request.norm
      (resamples, seed, level) = (request.bootstrap.resamples, request.bootstrap.seed, request.bootstrap.level)
      patch = request.patch
      attribute = request.attribute
      (form, score, keepsItems, words) = (request.form, request.score, request.keepsItems, request.words)
    }

    /// Whether a summary can be made with its numbers.
    var isSound: Bool {
      (1...Int(Int32.max)).contains(items) && (1...100_000).contains(resamples) && level > 0 && level < 1
    }

    /// The request again, with items that ran.
    func request(_ items: [DatasetRequest.Item]) -> DatasetRequest {
      DatasetRequest(
        name: name, items: items, groupColumns: groupColumns, firstToken: firstToken, norm: norm,
        bootstrap: Bootstrap(resamples: resamples, seed: seed, level: level), patch: patch,
        attribute: attribute == true, form: form, score: score, keepsItems: keepsItems == true, words: words == true)
    }
  }

  /// Whether both are of one model that one build of the program opened in one way; the part and the spec may be others.
  func isOfOneRun(with other: ShardHeader) -> Bool {
    name == other.name && program == other.program && model == other.model && lens == other.lens && chat == other.chat
  }

  /// Whether the items of a dataset have targets of one token.
  func hasOneToken(_ name: String?) -> Bool {
    datasets?.first { $0.name == name }.map { $0.form == nil && $0.score == nil } ?? false
  }

  /// The line, with its end.
  func line() throws -> Data {
    try CompactJSON.line(self)
  }
}

/// A shard as it lies in a file.
struct ShardFile {
  /// As the user named it.
  let place: String
  let header: ShardHeader
  /// The lines after the first.
  let lines: [Data]

  private struct Schema: Decodable { var schema: String? }

  private static func hints(_ place: String) -> [String] {
    ["remove \(VisibleText.inline(place)), and make it again with strata trace: docs/cluster.md"]
  }

  /// Whether a file begins as a shard does.
  static func isShard(_ data: Data) -> Bool {
    guard let end = data.firstIndex(of: 0x0A) else { return false }
    return (try? JSONDecoder().decode(Schema.self, from: data[..<end]))?.schema == ShardHeader.schemaName
  }

  /// The first line of a shard; nil where there is none.
  static func header(of data: Data) -> ShardHeader? {
    guard let end = data.firstIndex(of: 0x0A), isShard(data) else { return nil }
    return try? JSONDecoder().decode(ShardHeader.self, from: data[..<end])
  }

  /// Reads a finished shard.
  ///
  /// - Throws: `Diagnostic` when it is no shard, was cut, or has other bytes than were written.
  init(_ data: Data, place: String) throws(Diagnostic) {
    self.place = place
    let hints = Self.hints(place)
    func wrong(_ message: String) -> Diagnostic {
      Diagnostic(place: place, message, hints: hints, category: .badInput)
    }
    guard Self.isShard(data), let end = data.firstIndex(of: 0x0A) else {
      throw wrong("expected a shard (\(ShardHeader.schemaName)), found something else")
    }
    do {
      header = try JSONDecoder().decode(ShardHeader.self, from: data[..<end])
    } catch {
      throw wrong("expected the first line of a shard, found one that lacks or confuses a key")
    }
    guard Shard(header.shard) != nil, header.datasets?.allSatisfy(\.isSound) != false else {
      throw wrong("expected the first line of a shard, found one with an impossible number")
    }
    let rest = data[data.index(after: end)...]
    guard let expected = header.sha256, let count = header.cells else {
      throw wrong("expected a finished shard, found one that is being made")
    }
    guard rest.isEmpty || rest.last == 0x0A else { throw wrong("expected whole lines, found the last one cut") }
    let found = rest.withUnsafeBytes { SHA256.hex(of: $0) }
    guard found == expected else {
      throw wrong("expected sha256 \(expected) of what follows the first line, found \(found)")
    }
    lines = rest.split(separator: 0x0A)
    guard lines.count == count else { throw wrong("expected \(count) cells, found \(lines.count)") }
  }

  /// The cell on a line, from 0.
  ///
  /// - Throws: `Diagnostic`.
  func cell(_ index: Int) throws(Diagnostic) -> ShardCell {
    let cell: ShardCell
    do {
      cell = try ShardCell.read(Data(lines[index]), path: self.line(index))
    } catch {
      throw Diagnostic(error)
    }
    if let numbers = cell.numbers, header.hasOneToken(cell.subject), let fault = numbers.foilFault() {
      throw Diagnostic(
        TraceFileError.malformed(
          path: self.line(index), schema: DatasetItem.schemaName, key: "numbers.\(fault.key)", reason: fault.reason))
    }
    // Shards come from elsewhere, and a digest is quickly made: their traces pass the checks of every foreign trace.
    for trace in [cell.trace, cell.logit].compactMap(\.self) {
      if let wrong = TraceCheck.diagnostic(of: trace, at: self.line(index), hints: Self.hints(place)) { throw wrong }
    }
    return cell
  }

  /// "shards/tiny-1-of-2.jsonl:3".
  func line(_ index: Int) -> String { "\(place):\(index + 2)" }
}
