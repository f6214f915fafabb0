import Foundation

/// A line of a shard: what one model answered about one prompt, or about one item of a dataset.
package struct ShardCell: Encodable, Equatable, Sendable {
  package static let schemaName = "strata.cell/1"

  package var schema = ShardCell.schemaName
  /// Digest of the model and of what it was asked.
  package var key: String
  /// The id of the prompt or the dataset; nil for a text on which a lens is compared.
  package var subject: String?
  /// The place of the item in its dataset, from 0; nil for a prompt.
  package var item: Int?
  /// Values of the item's group columns.
  package var groups: [String]?
  /// The answer about a prompt.
  package var trace: Trace?
  /// The same through the logit lens, with which a Jacobian lens is compared.
  package var logit: Trace?
  /// The answer about an item.
  package var numbers: DatasetItem?
  /// Why there is no answer.
  package var problems: [Problem]?
  /// Why the watched words of the prompt are left out of the answer.
  package var unwatched: Problem?
  /// Whether words that notes may recommend are single tokens.
  package var words: [String: Bool]?

  package init(key: String, subject: String?, item: Int? = nil, groups: [String]? = nil) {
    self.key = key
    self.subject = subject
    self.item = item
    self.groups = groups
  }

  /// A diagnostic that travels.
  package struct Problem: Encodable, Equatable, Sendable {
    package var place: String?
    package var message: String
    package var hints: [String]
    package var category: Category
    /// Whether a conversation is the cause.
    package var conversation: Bool

    package init(place: String?, message: String, hints: [String], category: Category, conversation: Bool) {
      self.place = place
      self.message = message
      self.hints = hints
      self.category = category
      self.conversation = conversation
    }
  }

  /// The categories of errors by their names.
  package enum Category: String, Encodable, CaseIterable, Sendable {
    case usage
    case spec
    case input
    case network
    case fault
    case output

    package init(_ category: ErrorCategory) {
      self =
        switch category {
        case .usage: .usage
        case .badSpec: .spec
        case .badInput: .input
        case .network: .network
        case .internalFault: .fault
        case .cannotWrite: .output
        }
    }

    package var value: ErrorCategory {
      switch self {
      case .usage: .usage
      case .spec: .badSpec
      case .input: .badInput
      case .network: .network
      case .fault: .internalFault
      case .output: .cannotWrite
      }
    }
  }

  /// The line, with its end: keys sorted, numbers with as many digits as they need.
  ///
  /// - Throws: `EncodingError` for a number that is not finite.
  package func line() throws -> Data {
    try CompactJSON.line(self)
  }

  /// Reads a line; `path` is for messages.
  ///
  /// - Throws: `TraceFileError`.
  package static func read(_ line: Data, path: String) throws(TraceFileError) -> ShardCell {
    let cell = try FieldReader.read(line, schemas: [schemaName], path: path) { reader, root throws(JSONError) in
      try reader.shardCell(root)
    }
    if let fault = cell.fault() {
      throw .malformed(path: path, schema: schemaName, key: fault.key, reason: fault.reason)
    }
    return cell
  }

  private func fault() -> (key: String, reason: String)? {
    let answers = [trace != nil, numbers != nil, problems != nil].count { $0 }
    guard answers == 1 else { return ("", "expected one of 'trace', 'numbers' and 'problems', found \(answers)") }
    if problems?.isEmpty == true { return ("problems", "no problems, expected one or more") }
    if (item != nil) != (groups != nil) || (numbers != nil && item == nil) || (trace != nil && item != nil) {
      return ("item", "expected 'item' and 'groups' for items of datasets alone")
    }
    if let item, item < 0 { return ("item", "\(item), expected 0 or more") }
    for (key, trace) in [("trace", trace), ("logit", logit)] {
      if let fault = trace?.firstFault() { return ("\(key).\(fault.key)", fault.reason) }
    }
    return numbers?.fault().map { ("numbers.\($0.key)", $0.reason) }
  }
}

extension FieldReader {
  fileprivate func shardCell(_ root: JSONValue) throws(JSONError) -> ShardCell {
    let fields = try Fields(root)
    var cell = ShardCell(
      key: try fields.string("key"), subject: try fields.optional("subject", string),
      item: try fields.optional("item", whole),
      groups: try fields.optional("groups") { groups throws(JSONError) in try list(groups, string) })
    cell.trace = try fields.optional("trace", trace)
    cell.logit = try fields.optional("logit", trace)
    cell.numbers = try fields.optional("numbers", datasetItem)
    cell.problems = try fields.optional("problems") { problems throws(JSONError) in try list(problems, problem) }
    cell.unwatched = try fields.optional("unwatched", problem)
    cell.words = try fields.optional("words") { words throws(JSONError) in
      guard let members = words.members else { throw words.wrongKind(expected: "an object") }
      var found: [String: Bool] = [:]
      for member in members { found[member.key] = try member.value.requireBool() }
      return found
    }
    return cell
  }

  private func problem(_ value: JSONValue) throws(JSONError) -> ShardCell.Problem {
    let fields = try Fields(value)
    return ShardCell.Problem(
      place: try fields.optional("place", string), message: try fields.string("message"),
      hints: try list(try fields.value("hints"), string), category: try fields.word("category"),
      conversation: try fields.value("conversation").requireBool())
  }
}
