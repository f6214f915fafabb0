import Files
import Foundation

/// What `findings.json` of a gallery says, as far as a check compares it.
struct FindingsFile: Decodable {
  var rows: [Row]

  struct Row: Decodable {
    var prompt: String
    var model: String
    var finding: String?
    var values: [String: Value]
  }

  /// A text or a number, as it is written.
  enum Value: Decodable, Equatable {
    case text(String)
    case number(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    var plain: String {
      switch self {
      case .text(let text): text
      case .number(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
      }
    }
  }

  /// The file of a gallery; nil when there is none that can be read.
  init?(in folder: URL) {
    guard let data = try? Data(contentsOf: folder.appending(path: "findings.json")),
      let file = try? JSONDecoder().decode(FindingsFile.self, from: data)
    else { return nil }
    self = file
  }

  private var byName: [String: Row] {
    Dictionary(rows.map { (Self.name($0), $0) }) { first, _ in first }
  }

  /// Groups of a dataset have rows of their own.
  private static func name(_ row: Row) -> String {
    [row.prompt, row.model, row.values["group"]?.plain ?? ""].joined(separator: "\u{0}")
  }

  /// What differs in a later file: sentences, and where these are the same, values.
  func changes(to other: FindingsFile) -> [FindingChange] {
    let (old, new) = (byName, other.byName)
    return (other.rows + rows.filter { new[Self.name($0)] == nil }).compactMap { row -> FindingChange? in
      let (before, after) = (old[Self.name(row)], new[Self.name(row)])
      let group = row.values["group"].map { $0.plain == "all" ? "" : "/\($0.plain)" } ?? ""
      var change = FindingChange(
        subject: row.prompt + group, model: row.model, before: before?.finding, after: after?.finding)
      guard let before, let after else { return change }
      let fields = Set(before.values.keys).union(after.values.keys).sorted()
        .filter { before.values[$0] != after.values[$0] }
      guard change.before == change.after else { return change }
      guard !fields.isEmpty else { return nil }
      func values(_ row: Row) -> String {
        fields.map { "\($0) \(row.values[$0]?.plain ?? "none")" }.joined(separator: ", ")
      }
      (change.before, change.after) = (values(before), values(after))
      return change
    }
  }
}
